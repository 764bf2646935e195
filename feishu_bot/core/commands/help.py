"""/help, and the card that answers what looks like a command and is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feishu_bot.core.cards import (
    Button,
    Buttons,
    Card,
    Collapsible,
    Field,
    Joined,
    Paragraph,
    Text,
)
from feishu_bot.core.commands.registry import Command, CommandContext, CommandGroup, command
from feishu_bot.core.text import shorten

# Those that most people need, as buttons; the others are named in the list.
BUTTONS = ("new", "roles", "model", "settings", "usage")
# What the list is for at first sight; everything else is folded.
TOP_COMMANDS = (
    "new",
    "clear",
    "history",
    "retry",
    "edit",
    "stop",
    "roles",
    "system",
    "model",
    "mode",
    "settings",
)

# What a button holds of what was typed behind a misspelt word, and what is read of it.
MAX_ARGUMENT = 1_000
LABEL_CHARS = 40


@dataclass(frozen=True)
class HelpCommands(CommandGroup):
    """Lists the commands that the reader may use.

    `is_running` says that a private chat is one running conversation.
    """

    is_running: bool

    @command("help", "/help", "帮助", "/帮助", "help", "/?")
    def help(self, context: CommandContext) -> Card:
        """Show what the bot can do."""
        known = (c for c in context.commands if context.is_admin or not c.for_admins)
        shown = {command.name: command for command in known if not command.is_alias}
        buttons = tuple(
            Button.command(Text(f"button_{name}"), shown[name].words[0], chat=context.chat_type)
            for name in (*BUTTONS, *(("lang",) if context.chat_type == "p2p" else ()))
            if name in shown
        )
        first = [shown[name] for name in TOP_COMMANDS if name in shown]
        others = [command for command in shown.values() if command.name not in TOP_COMMANDS]
        parts = (
            (Text("help_others"), _rows([one for one in others if not one.for_admins])),
            (Text("help_admins"), _lines([one for one in others if one.for_admins])),
        )
        folded = (Collapsible(title=title, blocks=part) for title, part in parts if part)
        ask, more = Paragraph(Text("help_intro")), Paragraph(Text("help_more"), is_small=True)
        go_on = Paragraph(Text(how_to_go_on(context.chat_type, is_running=self.is_running)))
        return Card(
            title=Text("help_title"),
            icon="🎒",
            blocks=(ask, go_on, Buttons(buttons), *_rows(first), *folded, more),
        )


def how_to_go_on(chat_type: str, *, is_running: bool, hears_all: bool = False) -> str:
    """The text that says how a conversation goes on in this kind of chat.

    In a group Feishu delivers a reply that doesn't mention the bot only with a scope of its own;
    `hears_all` says that it does.
    """
    if chat_type == "p2p":
        return "go_on_running" if is_running else "go_on_by_reply"
    return "go_on_without_mention" if hears_all else "go_on_in_group"


def unknown_command_card(word: str, nearest: str, argument: str = "") -> Card:
    """Says that there is no such command, and offers the nearest one, which may be empty.

    `argument` is what stood behind the word; it goes with the command that is offered.
    """
    # What is longer has no room on a button.
    argument = argument if len(argument) <= MAX_ARGUMENT else ""
    buttons = [Button.command(Text("button_help"), "/help")]
    if argument:
        buttons.append(Button.command(Text("button_literally"), f"/{word} {argument}"))
    if nearest not in ("", "/help"):
        meant = f"{nearest} {argument}".rstrip()
        label = shorten(meant, LABEL_CHARS)
        buttons.insert(0, Button.command(label, meant, style="primary"))
    blocks = (
        Paragraph(Text("misspelt", {"word": word, "nearest": nearest})),
        Paragraph(Text("misspelt_literally", {"word": word}), is_small=True),
        Buttons(tuple(buttons)),
    )
    return Card(title=Text("misspelt_title"), icon="🤔", colour="orange", blocks=blocks)


def _rows(commands: Sequence[Command]) -> tuple[Field, ...]:
    return tuple(
        Field(_call(command), Text(f"command_{command.name}"), leads=True) for command in commands
    )


def _lines(commands: Sequence[Command]) -> tuple[Paragraph, ...]:
    """Each on a line of its own: of a card's 200 elements a row of two columns takes seven."""
    return tuple(
        Paragraph(Joined((_call(command), Text(f"command_{command.name}")))) for command in commands
    )


def _call(command: Command) -> Text | str:
    """`/system · 角色扮演`: the first word, and in Chinese the first one without a slash."""
    name = command.words[0]
    plain = next((word for word in command.words if not word.startswith("/")), "")
    return Text("command_words", {"name": name, "plain": plain}) if plain else name
