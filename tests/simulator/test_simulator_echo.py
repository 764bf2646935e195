"""What the simulated model says by itself."""

from __future__ import annotations

import re
from typing import Any

import pytest

from feishu_simulator.echo import echo

CHINESE = re.compile(r"[一-鿿]")


def answer(*said: str, system: str = "", model: str = "m") -> str:
    """The answer after these messages, of the person and the model in turn."""
    roles = ("user", "assistant")
    messages: list[dict[str, Any]] = [
        {"role": roles[number % 2], "content": text} for number, text in enumerate(said)
    ]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    return echo({"model": model, "messages": messages}).content


def test_it_greets_in_the_readers_language_and_says_what_it_is() -> None:
    chinese, english = answer("你好"), answer("Hello!")

    assert "我是模拟的模型" in chinese
    assert "I am the simulated model" in english
    assert not CHINESE.search(english)
    assert "> 你好" in chinese
    assert "第一句话" in chinese


@pytest.mark.parametrize("question", ["你好", "hello"])
def test_the_prompt_is_counted_and_quoted_only_where_it_can_be_read(question: str) -> None:
    english = "You are a helpful colleague in a company chat. " * 5
    chinese = "你是一位耐心的英语老师，每次只纠正一个错误，说完后再出一道题来练习。"

    for prompt, language in ((english, "hello"), (chinese, "你好")):
        text = answer(question, system=prompt)
        assert str(len(prompt)) in text
        assert (prompt[:12] in text) is (question == language)
        assert prompt not in text


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("再短一点", "短一点：周报分三段。"),
        ("shorter please", "Shorter: 周报分三段。"),
        ("说得详细一些", "长一点：周报分三段。"),
        ("继续", "接着“怎么写周报？”往下说"),
        ("Alice: 继续", "接着“怎么写周报？”往下说"),
        ("换成英文", "In English: you asked “怎么写周报？”"),
        ("用英语说", "In English: you asked"),
        ("in Chinese, please", "换成中文：你问的是“怎么写周报？”"),
    ],
)
def test_what_follows_an_answer_speaks_of_that_answer(wish: str, expected: str) -> None:
    former = "周报分三段。先写结果，再写动作。"

    text = answer("怎么写周报？", former, wish)

    assert text.startswith(expected)
    assert "怎么写周报？" in text
    assert str(len(former)) in text


def test_what_follows_what_followed_an_answer_speaks_of_the_first_question() -> None:
    text = answer(
        "怎么写周报？", "好！先写结果，再写动作。", "再短一点", "好！先写结果。", "换成英文"
    )

    assert "you asked “怎么写周报？”" in text
    assert "had 7 characters" in text
    assert "“好！先写结果。”" in text


def test_without_an_answer_before_there_is_nothing_to_shorten() -> None:
    assert "> 再短一点" in answer("再短一点")


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("画个表格", "|---|"),
        ("give me a table", "| Apple |"),
        ("写一个公式", "$$x ="),
        ("一段代码", "```python\nprint("),
        ("写长一点", "第 12 段"),
        ("a long text", "Paragraph 12"),
    ],
)
def test_it_has_a_table_a_formula_code_and_a_long_text(wish: str, expected: str) -> None:
    assert expected in answer(wish)


def test_turns_pictures_and_the_model_are_told() -> None:
    content = [{"type": "text", "text": "这是什么？"}, {"type": "image_url", "image_url": {}}]
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}

    assert "1 张图片" in echo(body).content
    assert "> 这是什么？" in echo(body).content
    assert "`gpt-4o`" in answer("a", model="gpt-4o")
    assert "聊了 **2** 轮" in answer("a", "b", "c", "d", "为什么")


@pytest.mark.parametrize("message", [None, "x", {"role": "user", "content": [3, {"type": None}]}])
def test_odd_requests_are_answered_too(message: Any) -> None:
    assert echo({"messages": [message]}).content


@pytest.mark.parametrize(
    ("told", "asked", "suggested"),
    [
        ("请站在用户的角度，提出最多三个接下来最可能想问的问题。", "你好", "能说得简短一些吗？"),
        ("Write up to three follow-up questions.", "Hello", "Can you make it shorter?"),
    ],
)
def test_asked_for_what_to_ask_next_it_suggests_what_it_can_do(told, asked, suggested) -> None:
    lines = answer(asked, system=told).splitlines()

    assert (len(lines), lines[0]) == (3, suggested)
