"""Questions in a terminal, and what is answered where nobody sits."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from feishu_bot.core.languages import Words
from feishu_bot.setup.dialogue import Choice, NobodyToAsk, Question
from feishu_bot.setup.terminal import TerminalDialogue

CHOICE = Question(
    "way",
    Words("怎么走？", "Which way?"),
    "choice",
    choices=(Choice("left", Words("左", "left")), Choice("right", Words("右", "right"))),
    default="right",
    option="--way",
)
SECRET = Question("KEY", Words("密钥", "Key"), "secret", help=Words("见后台", "see the console"))


def answer(question: Question, typed: str) -> tuple[str, str]:
    """What the set-up gets, and what stood on the screen."""
    got = []

    @click.command()
    def ask() -> None:
        got.append(TerminalDialogue(is_interactive=True, accepts_defaults=False).ask(question))

    done = CliRunner().invoke(ask, input=typed, catch_exceptions=False)
    return got[0], done.output


@pytest.mark.parametrize(
    ("typed", "value"), [("1\n", "left"), ("\n", "right"), ("7\n2\n", "right")]
)
def test_a_choice_is_made_by_its_number(typed: str, value: str) -> None:
    got, shown = answer(CHOICE, typed)

    assert got == value
    assert "怎么走？ / Which way?" in shown
    assert "1. 左 / left" in shown


def test_what_is_no_number_of_a_choice_is_refused_in_both_languages() -> None:
    got, shown = answer(CHOICE, "左\n0\n１。\n")

    assert got == "left"
    assert shown.count("请输入 1 到 2 的数字 / Type a number from 1 to 2") == 2


def test_a_key_is_not_shown_while_it_is_typed() -> None:
    got, shown = answer(SECRET, "sk-secret\n")

    assert got == "sk-secret"
    assert "sk-secret" not in shown
    assert "see the console" in shown


def test_where_nobody_sits_only_what_was_asked_for_is_assumed() -> None:
    with pytest.raises(NobodyToAsk, match="--way"):
        TerminalDialogue(is_interactive=False, accepts_defaults=False).ask(CHOICE)
    assert TerminalDialogue(is_interactive=False, accepts_defaults=True).ask(CHOICE) == "right"
    with pytest.raises(NobodyToAsk, match="KEY"):
        TerminalDialogue(is_interactive=False, accepts_defaults=True).ask(SECRET)
