"""The card that answers what looks like a command and is none."""

from __future__ import annotations

from feishu_bot.core.cards import Buttons, Card, Paragraph, Text
from feishu_bot.core.commands.buttons import command_button


def unknown_command_card(word: str, nearest: str) -> Card:
    """Says that there is no such command, and offers the nearest one, which may be empty."""
    buttons = [command_button(Text("button_help"), "/help")]
    if nearest not in ("", "/help"):
        buttons.insert(0, command_button(nearest, nearest, style="primary"))
    return Card(
        title=Text("misspelt_title"),
        icon="🤔",
        colour="orange",
        blocks=(
            Paragraph(Text("misspelt", {"word": word, "nearest": nearest})),
            Paragraph(Text("misspelt_literally", {"word": word}), is_small=True),
            Buttons(tuple(buttons)),
        ),
    )
