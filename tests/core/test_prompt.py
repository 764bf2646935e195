"""What of a conversation fits the budget."""

from __future__ import annotations

from feishu_bot.core.answering.prompt import FittedPrompt, estimate_tokens, fit_prompt
from feishu_bot.core.chat_model import ChatMessage
from feishu_bot.core.conversations import Turn


def turn(number: int, size: int = 30, **changes) -> Turn:
    return Turn(
        question=f"q{number}".ljust(size, "."),
        answer=f"a{number}".ljust(size, "."),
        question_id=f"om_{number}",
        **changes,
    )


def kept_turns(fitted: FittedPrompt) -> int:
    """How many turns had room."""
    return sum(line.role == "assistant" for line in fitted.messages)


def test_a_first_question_is_sent_with_the_system_prompt_alone():
    fitted = fit_prompt("Be kind.", (), "Hi", 1000)

    assert fitted.messages == (ChatMessage("system", "Be kind."), ChatMessage("user", "Hi"))
    assert kept_turns(fitted) == 0


def test_without_a_system_prompt_none_is_sent():
    assert [line.role for line in fit_prompt("", (), "Hi", 1000).messages] == ["user"]


def test_turns_are_sent_oldest_first():
    fitted = fit_prompt("", (turn(1), turn(2)), "Hi", 1000)

    assert [line.content[:2] for line in fitted.messages] == ["q1", "a1", "q2", "a2", "Hi"]


def test_the_oldest_turns_are_dropped_whole():
    one = estimate_tokens("q".ljust(30, ".")) * 2

    fitted = fit_prompt("", (turn(1), turn(2), turn(3)), "Hi", one * 2 + estimate_tokens("Hi"))

    assert [line.content[:2] for line in fitted.messages] == ["q2", "a2", "q3", "a3", "Hi"]
    assert kept_turns(fitted) == 2


def test_a_large_turn_in_the_middle_hides_the_older_ones_too():
    fitted = fit_prompt("", (turn(1), turn(2, size=9000), turn(3)), "Hi", 500)

    assert [line.content[:2] for line in fitted.messages] == ["q3", "a3", "Hi"]


def test_system_prompt_and_question_are_sent_whatever_the_budget():
    fitted = fit_prompt("s" * 3000, (turn(1),), "q" * 3000, 500)

    assert [line.role for line in fitted.messages] == ["system", "user"]


def test_the_reported_usage_of_the_last_prompt_corrects_the_estimate():
    turns = (turn(1), turn(2, prompt_tokens=500, estimated_tokens=1000))
    tight = fit_prompt("", turns, "Hi", 40)
    by_estimate = fit_prompt("", (turn(1), turn(2)), "Hi", 40)

    assert kept_turns(tight) == 2
    assert kept_turns(by_estimate) == 1


def test_an_absurd_report_moves_the_estimate_only_so_far():
    turns = (turn(1), turn(2, prompt_tokens=1, estimated_tokens=100_000))

    assert kept_turns(fit_prompt("", turns, "Hi", 10)) == 1


def test_chinese_is_estimated_near_a_token_a_character():
    assert 100 <= estimate_tokens("好" * 100) <= 110


def test_a_report_on_a_short_prompt_says_nothing_about_the_text():
    turns = (turn(1, size=900, prompt_tokens=40, estimated_tokens=10),)

    assert kept_turns(fit_prompt("", turns, "Hi", 700)) == 1
