"""The button that runs a command, on any card; `CommandRunner.press` handles the click."""

from __future__ import annotations

from feishu_bot.core.cards import Button, Label, Style

RUN = "run"


def command_button(label: Label, text: str, *, chat: str = "", style: Style = "default") -> Button:
    """Does what sending `text` would. `chat` is the kind of chat, where the command asks for it."""
    value = {"act": RUN, "text": text, **({"chat": chat} if chat else {})}
    return Button(label=label, value=value, style=style)
