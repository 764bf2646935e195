"""What holds for every Markdown text. `make properties` tries far more of them."""

from __future__ import annotations

import json
import os
import re

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from feishu_bot.feishu.cards.markdown import MarkdownStream, safe_markdown
from feishu_bot.feishu.cards.markdown.half_lines import HELD_HEAD
from feishu_bot.feishu.cards.markdown.half_marks import HELD_ADDRESS, HELD_CHARS, HELD_FORMULA
from tests.feishu.markdown_cards import card_texts
from tests.feishu.markdown_judge import Shown, is_within, shown
from tests.feishu.markdown_texts import hostile_texts, long_texts, sound_texts

COMMON = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
FEW = settings(max_examples=50, derandomize=True, phases=[Phase.explicit, Phase.generate], **COMMON)
MANY = settings(max_examples=3_000, **COMMON)
PROFILE = MANY if os.environ.get("HYPOTHESIS_PROFILE") == "many" else FEW
# Thousands of examples take minutes.
pytestmark = pytest.mark.timeout(60 if PROFILE is FEW else 1_800)

BLOCKS = ("h1", "h2", "li", "pre", "hr", "table", "blockquote")


def whole(text: str, *, tables_left: int = 1_000) -> str:
    return safe_markdown(text, streaming=False, tables_left=tables_left)


def together(cards: list[Shown]) -> Shown:
    every = Shown()
    for card in cards:
        every.words += card.words
        every.items += card.items
        every.code += card.code
        every.tags += card.tags
    return every


def check_same_words(text: str, card: Shown) -> None:
    """All that GitHub shows of the text is on the card, in order: code as code, items as items."""
    meant = shown(text.replace("- [x] ", "- ☑ "))
    assert is_within(meant.letters, card.letters)
    assert sum(bool(item.strip()) for item in meant.items) <= card.count("li")
    assert sum(bool(code.strip()) for code in meant.code) <= len(card.code)


def check_harmless(card: str) -> None:
    card.encode()
    judged = shown(card.replace("<br>", " "))
    assert not {"img", "html"} & set(judged.tags)
    assert all(re.match(r"https?://|mailto:", link, re.IGNORECASE) for link in judged.links)
    assert not re.search(r"<\s*/?\s*at\b", card, re.IGNORECASE)
    assert judged.count("table") <= 3


@PROFILE
@given(sound_texts())
def test_every_word_is_shown_in_a_block_of_its_kind(text: str) -> None:
    check_same_words(text, shown(whole(text)))


@PROFILE
@given(sound_texts(), st.integers(300, 1_500))
@example("字" * 60 + "。句一。" * 30 + "\nT\n===\n", 300)
@example("| a | b |\n|---|---|\n| c | d |\n" + "一句话。" * 50, 300)
def test_every_word_is_shown_on_one_of_the_cards(text: str, limit: int) -> None:
    text = f"{text}\n{text}"
    cards = card_texts(text, limit, tables_left=1_000)

    for card, following in zip(cards, [*cards[1:], ""], strict=True):
        assert len(json.dumps(card, ensure_ascii=False).encode()) - 2 <= limit
        ends_with_heading = re.search(r"^#+ [^\n]*\Z", card, re.MULTILINE)
        # A heading that fills cards goes on in the next one.
        assert not ends_with_heading or not following or following.startswith("#")
    check_same_words(text, together([shown(card) for card in cards]))


@PROFILE
@given(sound_texts())
def test_safe_text_is_shown_the_same_when_made_safe_again(text: str) -> None:
    once = str(whole(text))

    assert shown(whole(once)).own_lines == shown(once).own_lines


@PROFILE
@given(sound_texts(), st.integers(1, 40))
def test_a_frame_shows_no_block_that_the_end_lacks(text: str, step: int) -> None:
    end = shown(whole(text))
    for at in range(step, len(text), max(step, len(text) // 25)):
        frame = shown(safe_markdown(text[:at], streaming=True, tables_left=1_000))
        assert all(frame.count(tag) <= end.count(tag) for tag in BLOCKS)


@PROFILE
@given(st.one_of(sound_texts(), hostile_texts()), st.integers(1, 40))
@example("\n|a|b|\n|-|-|\n<br>\n<at id=all></at>", 1)
@example("\\begin{align}\n> \\end{align}\\end{align}", 1)
def test_a_growing_text_is_shown_as_if_read_at_once(text: str, step: int) -> None:
    stream = MarkdownStream()
    step = max(step, len(text) // 60)
    for at in range(step, len(text) + step, step):
        stream.append(text[at - step : at])
        assert stream.text() == safe_markdown(text[:at], streaming=True)
    stream.finish()
    assert stream.text() == safe_markdown(text, streaming=False)


@PROFILE
@given(sound_texts(), st.integers(1, 40), st.integers(300, 900))
@example("> # T\n>\n> | a | b |\n> |---|---|\n> | c | d |\n> " + "一句话。" * 40 + "\n", 1, 300)
def test_a_growing_text_is_cut_as_if_it_was_there_at_once(text: str, step: int, limit: int) -> None:
    text = f"{text}\n{text}"
    stream = MarkdownStream()
    cards = []
    step = max(step, len(text) // 100)
    for at in range(step, len(text) + step, step):
        stream.append(text[at - step : at])
        while card := stream.full_card(limit):
            cards.append(card.text)
            stream.drop(card)
    stream.finish()
    while card := stream.full_card(limit):
        cards.append(card.text)
        stream.drop(card)

    # A link definition that comes later is not known on a card that is closed.
    if "]: " not in text:
        assert [*cards, stream.text()] == card_texts(text, limit)


@PROFILE
@given(hostile_texts(), st.integers(1, 4), st.integers(300, 900))
def test_nothing_harmful_gets_out(text: str, times: int, limit: int) -> None:
    check_harmless(safe_markdown(text, streaming=False))
    for card in card_texts(text * times, limit):
        check_harmless(card)
    for at in range(0, len(text), 7):
        check_harmless(safe_markdown(text[:at], streaming=True))


@PROFILE
@given(st.one_of(long_texts(), sound_texts(), hostile_texts()), st.integers(1, 50))
@example("".join(f"{number} " for number in range(300)), 1)
@example("[12\n[" + "1234567890" * 8, 1)
@example("字" * 700 + "[a | b\na | b\n", 1)
def test_a_growing_text_is_never_far_behind(text: str, step: int) -> None:
    """Only what is really open may wait longer: an address, a formula, a table's head."""
    # A mark that is open above a line that is undecided: both wait.
    patience = 2 * HELD_CHARS
    patience += HELD_FORMULA if re.search(r"\$|\\[A-Za-z(\[]", text) else 0
    patience += HELD_HEAD if "|" in text else 0
    patience += HELD_ADDRESS if re.search(r"\](\(|:).*https?:", text) else 0
    step = max(step, len(text) // 25)
    for at in range(step, len(text) + step, step):
        shown_now = shown(safe_markdown(text[:at], streaming=True)).letters
        assert len(shown(whole(text[:at])).letters) - len(shown_now) <= patience
