"""/help: what the bot can do, with a button for each command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Block, Buttons, Card, Collapsible, Field, Paragraph, Text
from feishu_bot.core.commands.buttons import RUN, command_button
from feishu_bot.core.commands.registry import Command, CommandContext, Commands
from feishu_bot.core.languages import Language
from feishu_bot.core.queue.enqueue import Enqueuer

# Those that most people need, as buttons; the others are named in the list.
BUTTONS = ("new", "roles", "model", "settings", "usage")
# What the list is for at first sight; everything else is folded.
TOP_COMMANDS = ("new", "clear", "retry", "stop", "roles", "system", "model", "mode", "settings")


class HelpCommands:
    """Knows all commands, also those that are added after it."""

    def __init__(self, all_commands: Commands, enqueuer: Enqueuer) -> None:
        self._all = all_commands
        self._enqueuer = enqueuer

    @property
    def commands(self) -> tuple[Command, ...]:
        return (Command(name="help", words=("/help", "帮助", "/帮助"), run=self.help),)

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {RUN: self.run}

    def help(self, request: CommandContext) -> Card:
        shown = {c.name: c for c in self._all if request.is_admin or not c.for_admins}
        buttons = tuple(
            command_button(Text(f"button_{name}"), shown[name].words[0], chat=request.chat_type)
            for name in BUTTONS
            if name in shown
        )
        first = [shown[name] for name in TOP_COMMANDS if name in shown]
        others = [command for command in shown.values() if command.name not in TOP_COMMANDS]
        parts = (
            (Text("help_others"), [command for command in others if not command.for_admins]),
            (Text("help_admins"), [command for command in others if command.for_admins]),
        )
        blocks: tuple[Block, ...] = (
            Paragraph(Text("help_intro")),
            Buttons(buttons),
            *_rows(first, request.language),
            *(
                Collapsible(title=title, blocks=_rows(part, request.language))
                for title, part in parts
                if part
            ),
            Paragraph(Text("help_more"), is_small=True),
        )
        return Card(title=Text("help_title"), icon="🎒", blocks=blocks)

    def run(self, click: CardClick) -> ClickResponse:
        """Press what could be typed."""
        text = click.value("text")
        self._enqueuer.put(click, "command", text)
        return toast("command_started", command=text)


def _rows(commands: Sequence[Command], language: Language) -> tuple[Field, ...]:
    return tuple(
        Field(_call(command, language), Text(f"command_{command.name}"), leads=True)
        for command in commands
    )


def _call(command: Command, language: Language) -> str:
    """`/system · 角色扮演`: the first word, and for who reads it the first one without a slash."""
    name = command.words[0]
    plain = next((word for word in command.words if not word.startswith("/")), "")
    return f"{name} · {plain}" if plain and language == "zh" else name
