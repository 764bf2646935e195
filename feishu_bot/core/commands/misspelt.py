"""The card that answers what looks like a command and is none."""

from __future__ import annotations

from feishu_bot.core.commands.buttons import command_button
from feishu_bot.core.views import Buttons, Paragraph, Say, View


def misspelt_card(word: str, nearest: str) -> View:
    """Says that there is no such command, and offers the nearest one, which may be empty."""
    buttons = [command_button(Say("button_help"), "/help")]
    if nearest not in ("", "/help"):
        buttons.insert(0, command_button(nearest, nearest, style="primary"))
    return View(
        title=Say("misspelt_title"),
        icon="🤔",
        colour="orange",
        blocks=(
            Paragraph(Say("misspelt", {"word": word, "nearest": nearest})),
            Paragraph(Say("misspelt_literally", {"word": word}), is_small=True),
            Buttons(tuple(buttons)),
        ),
    )
