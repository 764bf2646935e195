"""The card that answers what looks like a command and is none."""

from __future__ import annotations

from feishu_bot.core.views import Button, Buttons, Paragraph, Say, View


def misspelt_card(word: str, nearest: str) -> View:
    """Says that there is no such command, and offers the nearest one, which may be empty."""
    buttons = [Button(label=Say("button_help"), value={"act": "run", "text": "/help"})]
    if nearest not in ("", "/help"):
        run = {"act": "run", "text": nearest}
        buttons.insert(0, Button(label=nearest, value=run, style="primary"))
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
