"""The simulator finds what Feishu would refuse in a card."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from feishu_simulator.card_checks import BadCard, CardRules, check_card

CardJson = dict[str, Any]

# "Card JSON 2.0 structure" doesn't say whether a KB has 1,000 or 1,024 bytes.
RULES = CardRules(max_bytes=30_000)


def plain(content: str = "x", **more: Any) -> CardJson:
    return {"tag": "plain_text", "content": content, **more}


def button(**more: Any) -> CardJson:
    calls = [{"type": "callback", "value": {"act": "x"}}]
    return {"tag": "button", "text": plain(), "type": "text", "behaviors": calls, **more}


def submit(**more: Any) -> CardJson:
    return button(name="ok", form_action_type="submit", **more)


def form(*elements: CardJson, **more: Any) -> CardJson:
    return {"tag": "form", "name": "f", "elements": list(elements), **more}


def select(*values: str, **more: Any) -> CardJson:
    options = [{"text": plain(value), "value": value} for value in values]
    return {"tag": "select_static", "name": "s", "options": options, **more}


def panel(*elements: CardJson) -> CardJson:
    header = {"title": plain()}
    return {"tag": "collapsible_panel", "header": header, "elements": list(elements)}


def field(**more: Any) -> CardJson:
    return {"tag": "input", "name": "i", **more}


def chart(**more: Any) -> CardJson:
    return {"tag": "chart", "chart_spec": {"type": "bar", "data": {"values": []}}, **more}


def nested(depth: int) -> CardJson:
    return panel(nested(depth - 1)) if depth else {"tag": "hr"}


GOOD: CardJson = {
    "schema": "2.0",
    "config": {"update_multi": True, "summary": {"content": "x"}},
    "header": {"title": plain(), "template": "blue"},
    "body": {
        "elements": [
            {"tag": "div", "text": plain(text_size="notation")},
            button(),
            form(field(max_length=1000), select("a", "b", initial_option="b"), submit()),
            nested(5),
        ]
    },
}


def complaint(card: CardJson) -> str:
    try:
        check_card(card, RULES, images=(), people=())
    except BadCard as exc:
        return exc.why
    return ""


@pytest.mark.parametrize(
    ("element", "why"),
    [
        (button(type="link"), "button.type"),
        (button(size="huge"), "button.size"),
        (button(text=plain("x" * 101)), "over 100"),
        (button(behaviors=[{"type": "call"}]), "behaviors type"),
        (button(behaviors=[{"type": "callback"}]), "without a value"),
        (button(confirm={}), "confirm"),
        (button(colour="red"), "unknown property"),
        ({"tag": "div", "text": plain(text_size="tiny")}, "text_size"),
        ({"tag": "div", "text": plain(i18n_content={"zh": "x"})}, "i18n_content"),
        ({"tag": "div", "text": {"tag": "plain_text"}}, "without content"),
        ({"tag": "column_set", "flex_mode": "wrap", "columns": []}, "flex_mode"),
        ({"tag": "column_set", "columns": [{"tag": "column", "weight": 9}]}, "weight"),
        (select("a", "a"), "one value"),
        (select(""), "without a value"),
        (select("a", initial_option="z"), "initial_option"),
        (form(field()), "without a submit button"),
        (form(submit(), field(name="")), "without a name"),
        (form(submit(), field(), select("a", name="i")), "of one name"),
        (form(submit(), form(button(name="other"))), "form in"),
        (form(submit(), {"tag": "table", "columns": [], "rows": []}), "table in a form"),
        (panel(form(submit())), "form in"),
        (nested(6), "in each other"),
        (chart(aspect_ratio="3:1"), "aspect_ratio"),
        (chart(color_theme="pink"), "color_theme"),
        (chart(height="1000px"), "height"),
        (chart(height="12"), "height"),
        ({"tag": "chart"}, "without chart_spec"),
        ({"tag": "chart", "chart_spec": {"data": {}}}, "without a type"),
        ({"tag": "chart", "chart_spec": {"type": "bar"}}, "without data"),
        ({"tag": "person", "user_id": "ou_nobody"}, "invalid user resource"),
        ({"tag": "person", "show_name": True}, "without user_id"),
        ({"tag": "person_list", "persons": [{"id": "ou_nobody"}]}, "invalid user resource"),
        ({"tag": "person_list", "persons": ["ou_nobody"]}, "not a list of ids"),
        ({"tag": "person_list", "persons": [], "size": "huge"}, "size"),
        (field(max_length=1001), "max_length"),
        (field(max_length=2, default_value="abc"), "over max_length"),
        ({"tag": "collapsible_panel", "elements": []}, "without header"),
        ({"tag": "note"}, "no longer support"),
        ({"tag": "markdown", "content": "x" * 30_000}, "exceeds"),
    ],
)
def test_a_component_that_the_documentation_forbids_is_found(element: CardJson, why: str) -> None:
    card = copy.deepcopy(GOOD)
    card["body"]["elements"] = [element]

    assert why in complaint(card)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"template": "blue"}, "without a title"),
        ({"title": plain(""), "template": "blue"}, "without a title"),
        ({"title": plain(), "template": "pink"}, "template"),
        ({"title": plain(), "text_tag_list": [{"tag": "text_tag"}] * 4}, "too many tags"),
    ],
)
def test_a_header_that_the_documentation_forbids_is_found(header: CardJson, why: str) -> None:
    assert why in complaint({**GOOD, "header": header})


def test_too_many_elements_are_found() -> None:
    card = copy.deepcopy(GOOD)
    assert complaint(card) == ""

    card["body"]["elements"] = [{"tag": "hr"}] * 201
    assert "over 200" in complaint(card)
