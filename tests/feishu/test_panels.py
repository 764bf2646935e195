"""Every card of the bot: what it looks like, and that Feishu would take it.

What the cards are is kept in snapshots/, one file for each family: as a group gets them, in both
languages, and as one reader gets them where that is something else. After a change that is meant,
renew them and look at the difference: UPDATE_SNAPSHOTS=1 pytest tests/feishu/test_panels.py
"""

from __future__ import annotations

import ast
import copy
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feishu_bot.core.cards import Text
from feishu_simulator.card_checks import BadCard, CardRules, check_card
from feishu_simulator.card_view import walk
from tests.feishu import every_card
from tests.feishu.every_card import Card

SNAPSHOTS = Path(__file__).parent / "snapshots"
CORE = Path(every_card.__file__).parents[2] / "feishu_bot" / "core"
FAMILIES = ("answers", "notices", *every_card.views("zh"))
READERS = ("zh", "en", "group")
# As big as can be: checked like the others, too long to be read.
FULL = "as full as can be", "as many as there is room for", "more than are shown"
# "Card JSON 2.0 structure" doesn't say whether a KB has 1,000 or 1,024 bytes.
RULES = CardRules(max_bytes=30_000)
LINE = 140


@pytest.fixture(scope="module")
def built() -> dict[str, dict[str, dict[str, Card]]]:
    """Every card by family, name and reader, built in Shanghai."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        families = every_card.families()
    time.tzset()
    return families


def laid_out(part: Any, indent: str = "") -> str:
    """JSON to be read: on one line what fits on it."""
    flat = json.dumps(part, ensure_ascii=False)
    if len(indent) + len(flat) <= LINE or not part or not isinstance(part, dict | list):
        return flat
    deeper = f"{indent}  "
    if isinstance(part, list):
        lines = [deeper + laid_out(inner, deeper) for inner in part]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    lines = [f"{deeper}{json.dumps(k)}: {laid_out(v, deeper)}" for k, v in part.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_cards_are_as_they_were(family: str, built: Any) -> None:
    kept = {
        name: without_what_follows(by_reader)
        for name, by_reader in built[family].items()
        if not name.endswith(FULL)
    }
    shown = laid_out(kept) + "\n"
    path = SNAPSHOTS / f"{family}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == shown


def test_there_is_a_snapshot_of_every_family_and_of_nothing_else() -> None:
    assert {path.name for path in SNAPSHOTS.iterdir()} == {f"{name}.json" for name in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_feishu_would_take_every_card(family: str, built: Any) -> None:
    for name, by_reader in built[family].items():
        assert tuple(sorted(by_reader)) == tuple(sorted(READERS)), name
        for card in by_reader.values():
            check_card(card, RULES, images=(), people=())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_card_says_something_everywhere(family: str, built: Any) -> None:
    for name, by_reader in built[family].items():
        for card in by_reader.values():
            assert card["config"]["summary"]["content"].strip() or family == "answers", name
            for part in walk(card):
                if part["tag"] in ("plain_text", "markdown"):
                    assert part["content"].strip() or "placeholder" in part, (name, part)
                if part["tag"] == "button":
                    assert part["text"]["content"].strip(), name
                    assert all(b["value"]["act"] for b in part["behaviors"]), name


@pytest.mark.parametrize("family", FAMILIES)
def test_in_a_group_everyone_reads_their_own_language(family: str, built: Any) -> None:
    for name, by_reader in built[family].items():
        assert in_language(by_reader["group"], "zh_cn") == by_reader["zh"], name
        if family in ("notices", "topics", "access", "spending", "privacy", "welcome", "modes"):
            assert in_language(by_reader["group"], "en_us") == by_reader["en"], name


def without_what_follows(by_reader: dict[str, Card]) -> dict[str, Card]:
    """The card of a group, and those that aren't just what one of its readers sees."""
    group = by_reader["group"]
    seen = {"zh": in_language(group, "zh_cn"), "en": in_language(group, "en_us"), "group": None}
    return {reader: card for reader, card in by_reader.items() if card != seen[reader]}


def in_language(part: Any, locale: str) -> Any:
    """A card as a reader of one language sees it."""
    if isinstance(part, list):
        return [in_language(inner, locale) for inner in part]
    if not isinstance(part, dict):
        return part
    read = {k: in_language(v, locale) for k, v in part.items() if k != "i18n_content"}
    if "i18n_content" in part:
        read["content"] = part["i18n_content"][locale]
    return read


def said_in(part: Any) -> Iterator[str]:
    """The kinds of text in a view."""
    if isinstance(part, Text):
        yield part.kind
    elif isinstance(part, tuple):
        for inner in part:
            yield from said_in(inner)
    elif hasattr(part, "__dataclass_fields__"):
        for name in part.__dataclass_fields__:
            yield from said_in(getattr(part, name))


def test_every_text_that_the_core_puts_on_a_card_is_on_one_of_these() -> None:
    named = {
        node.args[0].value
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Say"
        and isinstance(node.args[0], ast.Constant)
    }
    shown = {
        kind
        for family in every_card.views("zh").values()
        for view in family.values()
        for kind in said_in(view)
    }

    assert named - shown == set()


# What is wrong with a card


def plain(content: str = "x", **more: Any) -> Card:
    return {"tag": "plain_text", "content": content, **more}


def button(**more: Any) -> Card:
    calls = [{"type": "callback", "value": {"act": "x"}}]
    return {"tag": "button", "text": plain(), "type": "text", "behaviors": calls, **more}


def submit(**more: Any) -> Card:
    return button(name="ok", form_action_type="submit", **more)


def form(*elements: Card, **more: Any) -> Card:
    return {"tag": "form", "name": "f", "elements": list(elements), **more}


def select(*values: str, **more: Any) -> Card:
    options = [{"text": plain(value), "value": value} for value in values]
    return {"tag": "select_static", "name": "s", "options": options, **more}


def panel(*elements: Card) -> Card:
    header = {"title": plain()}
    return {"tag": "collapsible_panel", "header": header, "elements": list(elements)}


def field(**more: Any) -> Card:
    return {"tag": "input", "name": "i", **more}


def nested(depth: int) -> Card:
    return panel(nested(depth - 1)) if depth else {"tag": "hr"}


GOOD: Card = {
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


def complaint(card: Card) -> str:
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
        (field(max_length=1001), "max_length"),
        (field(max_length=2, default_value="abc"), "over max_length"),
        ({"tag": "collapsible_panel", "elements": []}, "without header"),
        ({"tag": "note"}, "no longer support"),
        ({"tag": "markdown", "content": "x" * 30_000}, "exceeds"),
    ],
)
def test_a_component_that_the_documentation_forbids_is_found(element: Card, why: str) -> None:
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
def test_a_header_that_the_documentation_forbids_is_found(header: Card, why: str) -> None:
    assert why in complaint({**GOOD, "header": header})


def test_too_many_elements_are_found() -> None:
    card = copy.deepcopy(GOOD)
    assert complaint(card) == ""

    card["body"]["elements"] = [{"tag": "hr"}] * 201
    assert "over 200" in complaint(card)
