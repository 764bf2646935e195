from __future__ import annotations

import random
from itertools import pairwise

import pytest

from feishu_bot.core.chat_model import LateReasoning, ReasoningDelta, TextDelta
from feishu_bot.llm.reasoning import ThinkSplitter


def split(*chunks: str) -> tuple[str, str]:
    """Reasoning and answer of a text that comes in these chunks."""
    splitter = ThinkSplitter()
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)] + splitter.end()
    reasoning, answer = "", ""
    for piece in pieces:
        match piece:
            case LateReasoning():
                reasoning, answer = reasoning + answer.rstrip(), ""
            case ReasoningDelta(text):
                assert text
                reasoning += text
            case TextDelta(text):
                assert text
                answer += text
    return reasoning, answer


TEXTS = [
    ("", "", ""),
    ("Plain.", "", "Plain."),
    ("  Plain.\n", "", "  Plain.\n"),
    ("<think>\na < b\n\nso\n</think>\n\nYes.\n", "a < b\n\nso", "Yes.\n"),
    ("\n<think>why</think>Yes", "why", "Yes"),
    ("<thinking>why </think> not</thinking>Yes", "why </think> not", "Yes"),
    ("<think></think>Yes", "", "Yes"),
    ("<think>\n\n</think>\n\nYes </think>", "", "Yes </think>"),
    ("<think>never closed </thi", "never closed </thi", ""),
    ("<thin ice", "", "<thin ice"),
    ("<thi", "", "<thi"),
    ("   ", "", "   "),
    ("Use <think>x</think>.", "", "Use <think>x</think>."),
    ("<think>一二 <</think>三", "一二 <", "三"),
    ("<THINK>why</Think>Yes", "why", "Yes"),
    ("<thought>why</thought>Yes", "why", "Yes"),
    ("<seed:think>why</seed:think>Yes", "why", "Yes"),
    ("◁think▷why◁/think▷Yes", "why", "Yes"),
    ("[THINK]why[/THINK]Yes", "why", "Yes"),
    ("[1] is a source", "", "[1] is a source"),
    # The opening tag stands in the model's template.
    ("Let me see.\n</think>\n\nYes", "Let me see.", "Yes"),
    ("a\n</think>", "a", ""),
    ("</think>\n\nYes", "", "Yes"),
    ("one</think>two</think>three", "one", "two</think>three"),
    # An answer about the tags.
    ("It ends with `</think>`.", "", "It ends with `</think>`."),
    ('It ends with "</think>".', "", 'It ends with "</think>".'),
    ("```\nx\n</think>\n```\n", "", "```\nx\n</think>\n```\n"),
    ("a < b and </thin", "", "a < b and </thin"),
]


@pytest.mark.parametrize(("text", "reasoning", "answer"), TEXTS)
def test_any_cut_of_a_text_gives_the_same_parts(text: str, reasoning: str, answer: str) -> None:
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            cut = text[:first], text[first:second], text[second:]

            assert split(*cut) == (reasoning, answer), cut


def test_random_texts_do_not_depend_on_their_cuts() -> None:
    dice = random.Random(7)
    parts = [
        "<think>",
        "</think>",
        "<thinking>",
        "</thinking>",
        "<",
        "/",
        ">",
        " ",
        "\n",
        "a",
        "想",
    ]
    for _ in range(500):
        text = "".join(dice.choices(parts, k=dice.randint(0, 9)))
        cuts = sorted(dice.choices(range(len(text) + 1), k=5))
        chunks = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]

        assert split(*chunks) == split(text), chunks


def test_reasoning_is_shown_while_the_model_thinks() -> None:
    splitter = ThinkSplitter()

    pieces = splitter.feed("<think>one ") + splitter.feed("two")

    assert pieces == [ReasoningDelta("one"), ReasoningDelta(" two")]
