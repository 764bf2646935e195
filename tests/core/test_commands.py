"""Commands: what calls them, and what they come to."""

from __future__ import annotations

import pytest

from feishu_bot.core.cards import Collapsible
from feishu_bot.core.commands.registry import (
    Command,
    CommandCall,
    Commands,
    Question,
    UnknownCommand,
)
from tests.core.test_bot import World, message


class Sample:
    """A family with one command that takes something and one that doesn't."""

    def __init__(self) -> None:
        self.actions = {}
        run = lambda request: None  # noqa: E731
        self.commands = (
            Command(name="system", words=("/system", "角色扮演"), run=run, takes_argument=True),
            Command(name="help", words=("/help", "帮助"), run=run),
        )


@pytest.fixture
def commands():
    return Commands([Sample()])


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("/help", "help", ""),
        ("  /HELP  ", "help", ""),
        ("帮助", "help", ""),
        ("/help me", "help", "me"),
        ("/system be brief", "system", "be brief"),
        ("角色扮演 你是一位\n老师", "system", "你是一位\n老师"),
        ("/system\nbe brief", "system", "be brief"),
    ],
)
def test_the_first_word_calls_a_command(commands, text, name, argument):
    called = commands.read(text)

    assert isinstance(called, CommandCall)
    assert (called.command.name, called.argument) == (name, argument)


@pytest.mark.parametrize(
    "text", ["帮助 我写一封信", "/helpless? no", "/etc/hosts 是什么", "hi /help"]
)
def test_anything_else_is_a_question(commands, text):
    assert commands.read(text) == Question(text)


def test_two_slashes_send_one_to_the_model(commands):
    assert commands.read("//help me") == Question("/help me")


def test_an_unknown_command_comes_with_the_nearest_one(commands):
    assert commands.read("/hlep") == UnknownCommand("/hlep", "/help")
    assert commands.read("/zzz now") == UnknownCommand("/zzz", "")


def test_two_commands_of_one_name_are_an_error(commands):
    with pytest.raises(ValueError, match="/system"):
        commands.add(Sample())


def test_help_lists_every_command():
    world = World()
    world.bot.receive("ev_1", message("/help"))

    world.work()

    ((_, view, _),) = world.messenger.views
    folded = [
        row for block in view.blocks if isinstance(block, Collapsible) for row in block.blocks
    ]
    assert {"/new · 新话题", "/clear · 清除", "/help · 帮助", "/export · 导出"} <= {
        getattr(block, "name", "") for block in (*view.blocks, *folded)
    }
    assert "/help · 帮助" in {row.name for row in folded}


def test_a_misspelt_command_is_not_sent_to_the_model():
    world = World()
    world.bot.receive("ev_1", message("/claer"))

    world.work()

    assert world.messenger.views[0][1].title.kind == "misspelt_title"
    assert not world.model.prompts


def test_clearing_asks_first_and_is_told_in_the_same_card():
    world = World()
    world.bot.receive("ev_1", message("/clear"))
    world.work()
    assert not world.conversations.cleared

    clicked = world.click(message_id="om_view", value={"act": "clear"})

    assert len(world.conversations.cleared) == 1
    assert clicked.view.blocks[0].words.kind == "clear_done"
