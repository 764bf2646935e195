"""/help: what the bot can do, with a button for each command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from feishu_bot.core.clicks import Click, Clicked, Later, told
from feishu_bot.core.commands.buttons import RUN, command_button
from feishu_bot.core.commands.registry import Command, Commands, Request
from feishu_bot.core.models import Language
from feishu_bot.core.views import Block, Buttons, Folded, Paragraph, Row, Say, View

# Those that most people need, as buttons; the others are named in the list.
PRESSED = ("new", "roles", "model", "settings", "usage")
# What the list is for at first sight; everything else is folded.
FIRST = ("new", "clear", "retry", "stop", "roles", "system", "model", "mode", "settings")


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
        return {RUN: self.run}

    def help(self, request: Request) -> View:
        shown = {c.name: c for c in self._all if request.is_admin or not c.for_admins}
        buttons = tuple(
            command_button(Say(f"button_{name}"), shown[name].words[0], chat=request.chat_type)
            for name in PRESSED
            if name in shown
        )
        first = [shown[name] for name in FIRST if name in shown]
        others = [command for command in shown.values() if command.name not in FIRST]
        parts = (
            (Say("help_others"), [command for command in others if not command.for_admins]),
            (Say("help_admins"), [command for command in others if command.for_admins]),
        )
        blocks: tuple[Block, ...] = (
            Paragraph(Say("help_intro")),
            Buttons(buttons),
            *_rows(first, request.language),
            *(
                Folded(title=title, blocks=_rows(part, request.language))
                for title, part in parts
                if part
            ),
            Paragraph(Say("help_more"), is_small=True),
        )
        return View(title=Say("help_title"), icon="🎒", blocks=blocks)

    def run(self, click: Click) -> Clicked:
        """Press what could be typed."""
        text = click.value("text")
        self._later.put(click, "command", text)
        return told("command_started", command=text)


def _rows(commands: Sequence[Command], language: Language) -> tuple[Row, ...]:
    return tuple(
        Row(_call(command, language), Say(f"command_{command.name}"), leads=True)
        for command in commands
    )


def _call(command: Command, language: Language) -> str:
    """`/system · 角色扮演`: the first word, and for who reads it the first one without a slash."""
    name = command.words[0]
    plain = next((word for word in command.words if not word.startswith("/")), "")
    return f"{name} · {plain}" if plain and language == "zh" else name
