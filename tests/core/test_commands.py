"""Commands: what calls them, and what they come to."""

from __future__ import annotations

import pytest

from feishu_bot.core.cards import Collapsible, Field
from feishu_bot.core.commands.registry import CommandGroup, Commands, command
from feishu_bot.core.tasks import AskQuestion, RunCommand, SuggestCommand
from tests.builders import TEXTS, BotWorld


class SampleCommands(CommandGroup):
    """A group with one command that takes something and one that doesn't."""

    @command("system", "/system", "角色扮演", takes_argument=True)
    def system(self, context):
        return None

    @command("help", "/help", "帮助")
    def help(self, context):
        return None


@pytest.fixture
def commands():
    """Two commands."""
    return Commands([SampleCommands()])


@pytest.fixture
def world():
    """A bot that has not been asked anything."""
    return BotWorld()


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
    assert commands.parse(text) == RunCommand(name=name, argument=argument)


@pytest.mark.parametrize("text", ["/help\u3000now", "/help\tnow", "/help \n now", "/help  now "])
def test_a_command_ends_at_any_space(commands, text):
    assert commands.parse(text) == RunCommand(name="help", argument="now")


@pytest.mark.parametrize(
    "text", ["帮助 我写一封信", "/helpless? no", "/etc/hosts 是什么", "hi /help"]
)
def test_anything_else_is_a_question(commands, text):
    assert commands.parse(text) == AskQuestion(text=text)


def test_two_slashes_send_one_to_the_model(commands):
    assert commands.parse("//help me") == AskQuestion(text="/help me")


def test_an_unknown_command_comes_with_the_nearest_one(commands):
    assert commands.parse("/hlep") == SuggestCommand(word="/hlep", nearest="/help")
    assert commands.parse("/zzz now") == SuggestCommand(word="/zzz", argument="now")


def test_two_commands_of_one_name_are_an_error():
    with pytest.raises(ValueError, match="/system"):
        Commands([SampleCommands(), SampleCommands()])


def test_help_lists_every_command(world):
    world.say("/help")

    ((_, card, _),) = world.messenger.cards
    folded = [
        row for block in card.blocks if isinstance(block, Collapsible) for row in block.blocks
    ]
    names = [block.name for block in (*card.blocks, *folded) if isinstance(block, Field)]
    said = [TEXTS["zh"](name.key, **name.params) for name in names]
    assert {"/new · 新话题", "/clear · 清除", "/help · 帮助", "/export · 导出"} <= set(said)
    assert all(" · " not in TEXTS["en"](name.key, **name.params) for name in names)


def test_a_misspelt_command_is_not_sent_to_the_model(world):
    world.say("/claer")

    assert world.messenger.last_card.title.key == "misspelt_title"
    assert not world.model.prompts


def test_clearing_asks_first_and_is_told_in_the_same_card(world):
    world.say("/clear")
    assert not world.conversations.cleared

    response = world.click("clear", on="om_card")

    assert len(world.conversations.cleared) == 1
    assert response.card.blocks[0].words.key == "clear_done"
