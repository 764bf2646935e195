"""/help: what the bot can do, with a button for each command."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, Later, told
from feishu_bot.core.commands.registry import Command, Commands, Request
from feishu_bot.core.views import Block, Button, Buttons, Paragraph, Row, Rule, Say, View

# Those that most people need, as buttons; the others are named in the list.
PRESSED = ("new", "roles", "model", "settings", "usage")


class Help:
    """Knows all commands, also those that are added after it."""

    def __init__(self, all_commands: Commands, later: Later) -> None:
        self._all = all_commands
        self._later = later

    @property
    def commands(self) -> tuple[Command, ...]:
        return (Command(name="help", words=("/help", "帮助", "/帮助"), run=self.help),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"run": self.run}

    def help(self, request: Request) -> View:
        shown = [c for c in self._all if request.is_admin or not c.for_admins]
        rows = tuple(Row(_call(command), Say(f"command_{command.name}")) for command in shown)
        buttons = tuple(
            Button(
                label=Say(f"button_{command.name}"),
                value={"act": "run", "text": command.words[0], "chat": request.chat_type},
            )
            for command in shown
            if command.name in PRESSED
        )
        blocks: tuple[Block, ...] = (Paragraph(Say("help_intro")), Buttons(buttons), Rule(), *rows)
        return View(
            title=Say("help_title"),
            icon="🎒",
            blocks=(*blocks, Rule(), Paragraph(Say("help_more"), is_small=True)),
        )

    def run(self, click: Click) -> Clicked:
        """Press what could be typed."""
        text = click.value("text")
        self._later.put(click, "command", text)
        return told("command_started", command=text)


def _call(command: Command) -> str:
    """`/system … · 角色扮演`: the first word, and the first one without a slash."""
    name = command.words[0] + (" …" if command.takes else "")
    plain = next((word for word in command.words if not word.startswith("/")), "")
    return f"{name} · {plain}" if plain else name
