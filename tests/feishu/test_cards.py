from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.messenger import FinalAnswer, Footer
from feishu_bot.core.notices import Notice
from feishu_bot.feishu.cards import answer as cards
from feishu_bot.feishu.cards.notice import notice_card, notice_line
from tests.content.kinds import kinds_of
from tests.feishu.markdown_cards import card_texts

ZH, EN = Catalog.load("zh"), Catalog.load("en")
FOOTER = Footer(model="gpt-x", seconds=3.2, tokens=512)

# "Card JSON 2.0 structure" and the pages of the components we use.
KNOWN = {
    "card": "schema config header body",
    "config": "update_multi streaming_mode streaming_config summary",
    "header": "title subtitle template icon padding",
    "body": "elements direction padding",
    "markdown": "tag element_id content text_size text_align margin",
    "div": "tag element_id text icon width margin",
    "plain_text": "tag content text_size text_color text_align lines",
    "button": "tag element_id text type size width icon disabled behaviors name margin",
    "column_set": "tag element_id flex_mode horizontal_spacing columns",
    "column": "tag width vertical_align elements",
    "collapsible_panel": "tag element_id expanded header border elements padding margin",
    "panel_header": "title icon icon_position icon_expanded_angle width",
    "border": "color corner_radius",
    "standard_icon": "tag token color size",
}
TEMPLATES = {"grey", "orange", "red"}
# "Card JSON 2.0 structure": 30 KB (200860) and 200 elements (300305) a card. Whether a KB has
# 1,000 or 1,024 bytes is not said.
CARD_BYTES = 30_000
CARD_ELEMENTS = 200


def check(name: str, part: dict[str, Any]) -> None:
    assert set(part) <= set(KNOWN[name].split()), (name, part)


def check_element(element: dict[str, Any]) -> None:
    tag = element["tag"]
    check(tag, element)
    assert re.fullmatch(r"[A-Za-z]\w{0,19}", element["element_id"])
    match tag:
        case "markdown":
            assert element["content"].strip()
        case "div":
            check("plain_text", element["text"])
            assert element["text"]["content"].strip()
        case "button":
            check("plain_text", element["text"])
            assert 0 < len(element["text"]["content"]) <= 100
            for behavior in element["behaviors"]:
                assert behavior["type"] == "callback"
                assert isinstance(behavior["value"], dict)
        case "column_set":
            for column in element["columns"]:
                check("column", column)
                for inner in column["elements"]:
                    check_element(inner)
        case "collapsible_panel":
            check("panel_header", element["header"])
            check("plain_text", element["header"]["title"])
            check("standard_icon", element["header"]["icon"])
            check("border", element["border"])
            for inner in element["elements"]:
                check_element(inner)


def all_elements(elements: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for element in elements:
        yield element
        yield from all_elements(element.get("elements", []))
        for column in element.get("columns", []):
            yield from all_elements(column["elements"])


def check_card(card: dict[str, Any]) -> None:
    check("card", card)
    check("config", card["config"])
    check("body", card["body"])
    assert card["schema"] == "2.0"
    assert card["config"]["update_multi"] is True
    assert card["config"]["summary"]["content"].strip()
    assert ("streaming_config" in card["config"]) == card["config"]["streaming_mode"]
    if header := card.get("header"):
        check("header", header)
        check("plain_text", header["title"])
        assert header["template"] in TEMPLATES
    elements = list(all_elements(card["body"]["elements"]))
    ids = [element["element_id"] for element in elements]
    assert elements
    assert len(ids) == len(set(ids)) <= CARD_ELEMENTS
    for element in card["body"]["elements"]:
        check_element(element)
    shown = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
    assert len(shown.encode("utf-8", "replace")) <= CARD_BYTES


def answer(text: str = "Hi", **options: Any) -> dict[str, Any]:
    card = cards.answer_card(EN, text=text, **{"streaming": False, **options})
    check_card(card)
    return card


def element(card: dict[str, Any], element_id: str) -> dict[str, Any]:
    found = all_elements(card["body"]["elements"])
    return next(one for one in found if one["element_id"] == element_id)


def ids(card: dict[str, Any]) -> list[str]:
    return [one["element_id"] for one in card["body"]["elements"]]


@pytest.mark.parametrize("texts", [ZH, EN], ids=["zh", "en"])
def test_every_answer_card_is_valid(texts: Catalog) -> None:
    choices = product(
        ["", "  ", "Hi <at id=all>", "```\n"],
        ["", "because"],
        [True, False],
        [None, Notice("length"), Notice("stream_broken", {"request_id": "r1"})],
        [None, Footer(), FOOTER],
        [True, False],
        [True, False],
        [1, 2],
    )
    for text, reasoning, streaming, notice, footer, can_continue, again, part in choices:
        check_card(
            cards.answer_card(
                texts,
                text=text,
                reasoning=reasoning,
                streaming=streaming,
                notice=notice,
                footer=footer,
                can_continue=can_continue,
                can_regenerate=again,
                stop="om_1" if again else "",
                part=part,
            )
        )


@pytest.mark.parametrize("texts", [ZH, EN], ids=["zh", "en"])
def test_every_notice_card_is_valid(texts: Catalog) -> None:
    for kind in kinds_of(texts):
        check_card(notice_card(texts, Notice(kind, {"name": "n"})))
        check_card(
            notice_card(texts, Notice(kind, {"request_id": "r", "model": "m" * 9999, "name": "n"}))
        )


def test_an_answer_looks_like_a_message() -> None:
    assert "header" not in answer(notice=Notice("key_expired"))


def labels(card: dict[str, Any]) -> list[str]:
    found = all_elements(card["body"]["elements"])
    return [one["text"]["content"] for one in found if one["tag"] == "button"]


def test_an_answer_can_be_stopped_while_it_streams_and_no_longer_after_it() -> None:
    options = {"stop": "om_1", "can_regenerate": True}
    growing = cards.answer_card(EN, text="Hi", streaming=True, **options)

    assert labels(growing) == ["Stop"]
    assert element(growing, "stop_button")["behaviors"][0]["value"] == {"act": "stop", "of": "om_1"}
    assert labels(answer(**options)) == ["Retry", "Other model", "Edit", "👍", "👎"]
    assert labels(answer(can_continue=True, **options))[0] == "Continue"


def test_a_notice_in_place_of_an_answer_can_be_asked_again_but_not_rated() -> None:
    card = answer("", notice=Notice("gateway_busy"), can_regenerate=True)

    assert labels(card) == ["Retry", "Other model", "Edit"]


def test_a_waiting_card_says_that_the_bot_thinks() -> None:
    card = cards.answer_card(ZH, text="", streaming=True)

    assert element(card, "answer")["content"] == "正在思考…"
    assert card["config"]["summary"]["content"] == "正在思考…"


def test_a_streaming_card_types_without_falling_behind() -> None:
    config = answer(streaming=True)["config"]

    assert config["streaming_mode"] is True
    assert config["streaming_config"] == {
        "print_frequency_ms": {"default": 35},
        "print_step": {"default": 4},
        "print_strategy": "fast",
    }


def test_reasoning_is_open_only_until_the_answer_begins() -> None:
    thinking = answer("", reasoning="because", streaming=True)
    answering = answer("Hi", reasoning="because", streaming=True)
    done = answer("Hi", reasoning="because")

    assert element(thinking, "reasoning_panel")["expanded"] is True
    assert element(answering, "reasoning_panel")["expanded"] is False
    assert element(done, "reasoning_panel")["expanded"] is False
    assert element(done, "reasoning")["content"] == "because"


def test_reasoning_is_not_repeated_on_a_second_card() -> None:
    assert ids(answer(reasoning="because", part=2)) == ["part", "answer"]


def test_an_answer_ends_with_notice_footer_and_button() -> None:
    card = answer(notice=Notice("length"), footer=FOOTER, can_continue=True)

    assert ids(card) == ["answer", "notice", "footer", "buttons"]
    assert element(card, "footer")["text"]["content"] == "gpt-x · 3.2 s · 512 tokens"
    assert element(card, "continue_button")["behaviors"] == [
        {"type": "callback", "value": {"act": "continue"}}
    ]


@pytest.mark.parametrize(
    ("footer", "line"),
    [
        (Footer(), ""),
        (Footer(model="gpt-x"), "gpt-x"),
        (Footer(seconds=61.04), "61.0 s"),
        (Footer(model="gpt-x", tokens=12345), "gpt-x · 12,345 tokens"),
    ],
)
def test_empty_parts_of_the_footer_are_left_out(footer: Footer, line: str) -> None:
    assert cards.footer_line(EN, footer) == line


def test_an_answer_without_words_shows_its_notice_at_full_length() -> None:
    card = answer("", notice=Notice("key_expired", {"request_id": "r1"}), footer=FOOTER)

    assert ids(card) == ["what", "advice", "request"]
    assert card["header"]["template"] == "red"


def test_an_answer_without_words_and_notice_says_so() -> None:
    assert answer("")["header"]["title"]["content"] == EN.notice("empty_answer").title


def test_the_preview_is_the_answer_in_plain_words() -> None:
    assert answer("# Hi\n**there**")["config"]["summary"]["content"] == "Hi there"


@pytest.mark.parametrize(
    ("kind", "colour"),
    [("empty_question", "grey"), ("gateway_busy", "orange"), ("key_refused", "red")],
)
def test_the_colour_of_a_notice_shows_its_gravity(kind: str, colour: str) -> None:
    assert notice_card(EN, Notice(kind))["header"]["template"] == colour


def test_a_notice_names_its_request_only_where_it_helps() -> None:
    params = {"request_id": "r1"}

    assert "Request ID: r1" in notice_line(EN, Notice("stream_broken", params))
    assert "r1" not in notice_line(EN, Notice("length", params))
    assert "r1" not in json.dumps(notice_card(EN, Notice("stopped", params)))


def test_params_of_a_notice_are_plain_text() -> None:
    card = notice_card(EN, Notice("model_unavailable", {"model": "<at id=all>"}))

    assert {one["tag"] for one in all_elements(card["body"]["elements"])} == {"div"}
    assert element(card, "what")["text"]["tag"] == "plain_text"


def test_what_is_streamed_is_never_empty() -> None:
    for text in ("", " \n", "```", "``"):
        assert cards.element_content(EN, text) == "Thinking…"
    assert cards.element_content(EN, "<at id=all>") == "&#60;at id=all>"


def test_the_tables_of_a_card_are_for_its_answer() -> None:
    table = "| a |\n|---|\n| 1 |"

    card = answer("\n\n".join([table] * 4), reasoning=table)

    assert "```" in element(card, "reasoning")["content"]
    assert element(card, "answer")["content"].count("```") == 2


def test_the_fullest_card_is_small_enough() -> None:
    dice = random.Random(5)
    for sign in ("字", "<", '"', "`", "\\", "- x\n", "😀", "a b\n\n", "```\nx < y\n```\n"):
        # More than a card holds of each, and not much more.
        text = "".join(dice.choice([sign, sign, "word "]) for _ in range(12_000))
        text = text.encode()[: cards.ANSWER_BYTES + 1_000].decode(errors="ignore")
        head = card_texts(text, cards.ANSWER_BYTES)[0]
        assert len(text.encode()) > cards.ANSWER_BYTES
        answer(
            head,
            reasoning=text,
            notice=Notice("model_unavailable", {"model": "m" * 9999, "request_id": "r" * 9999}),
            footer=Footer(model="m" * 9999, seconds=1, tokens=1),
            can_continue=True,
            can_regenerate=True,
        )


def test_the_plain_text_of_an_answer_cannot_ping() -> None:
    ending = FinalAnswer(
        text='<at user_id="all"></at> & more', notice=Notice("length"), footer=FOOTER
    )

    assert cards.as_plain_text(EN, ending) == (
        '&lt;at user_id="all"&gt;&lt;/at&gt; &amp; more\n\n'
        "The answer got long, so I paused here. Press Continue to go on.\n\n"
        "gpt-x · 3.2 s · 512 tokens"
    )
    assert cards.as_plain_text(EN, FinalAnswer(text="")) == EN("empty_answer")
