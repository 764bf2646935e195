"""Every card of the bot: how it looks, and that Feishu would take it.

The cards are kept in snapshots/ as text, one file for each family: as a group gets them, in both
languages, and what one reader sees otherwise; `card_text` explains the signs. Five cards are kept
as whole JSON. After a change that is meant, renew them and look at the difference:
UPDATE_SNAPSHOTS=1 pytest tests/feishu/test_card_snapshots.py
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feishu_bot.core.button_values import ButtonPlace
from feishu_bot.core.cards import Text
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_simulator.card_checks import CardRules, check_card
from feishu_simulator.card_view import walk
from tests.builders import BotWorld
from tests.feishu import every_card
from tests.feishu.card_text import card_text
from tests.feishu.every_card import CardJson

SNAPSHOTS = Path(__file__).parent / "snapshots"
CORE = Path(every_card.__file__).parents[2] / "feishu_bot" / "core"
FAMILIES = ("alerts", "answers", "notices", *every_card.core_families())
READERS = {"zh": "zh_cn", "en": "en_us", "group": ""}
# As big as can be: checked like the others, too long to be read.
FULL = "as full as can be", "as many as there is room for", "more than are shown"
# Between them they have every component, and all that can be said of one.
WHOLE = {
    "answer": ("answers", "broken"),
    "notice": ("notices", "gateway_busy"),
    "role": ("roles", "present, playing at length"),
    "settings": ("settings", "of a private chat, with choices"),
    "usage": ("usage", "usage, limited"),
}
# "Card JSON 2.0 structure" doesn't say whether a KB has 1,000 or 1,024 bytes.
RULES = CardRules(max_bytes=30_000)
SIGNER = ButtonSigner("secret")
LINE = 140
# Those on which nothing but texts depends on the language.
PLAIN = ("notices", "reset", "admin", "usage", "balance", "forget", "welcome", "mode")

Built = dict[str, dict[str, dict[str, CardJson]]]


@pytest.fixture(scope="module")
def built() -> Built:
    """Every card by family, name and reader, built in Shanghai."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        families = every_card.families()
    time.tzset()
    return families


@pytest.mark.parametrize("family", FAMILIES)
def test_the_cards_are_as_they_were(family: str, built: Built) -> None:
    shown = "\n".join(
        f"# {name}\n\n{for_all_readers(by_reader)}"
        for name, by_reader in built[family].items()
        if not name.endswith(FULL)
    )

    assert kept(f"{family}.txt", shown) == shown


@pytest.mark.parametrize("name", WHOLE)
def test_some_cards_are_as_they_were_to_the_last_property(name: str, built: Built) -> None:
    family, card = WHOLE[name]
    shown = laid_out(built[family][card]["group"]) + "\n"

    assert kept(f"{name}.json", shown) == shown


def test_there_is_a_snapshot_of_every_family_and_of_nothing_else() -> None:
    names = {f"{family}.txt" for family in FAMILIES} | {f"{name}.json" for name in WHOLE}

    assert {path.name for path in SNAPSHOTS.iterdir()} == names


def kept(name: str, shown: str) -> str:
    """The snapshot of this name, which is renewed first where that is wanted."""
    path = SNAPSHOTS / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def for_all_readers(by_reader: dict[str, CardJson]) -> str:
    """A card as a group gets it, and what is otherwise for one reader."""
    group = by_reader["group"]
    parts = [card_text(group)]
    for reader in ("zh", "en"):
        seen, own = in_language(group, READERS[reader]), by_reader[reader]
        if own != seen:
            texts = (card_text(one).splitlines() for one in (seen, own))
            lines = list(difflib.unified_diff(*texts, n=0, lineterm=""))[2:]
            changed = [line for line in lines if not line.startswith("@@")]
            parts.append("\n".join([f"## otherwise in {reader}:", *changed]) + "\n")
    return "\n".join(parts)


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
def test_feishu_would_take_every_card(family: str, built: Built) -> None:
    for name, by_reader in built[family].items():
        assert by_reader.keys() == READERS.keys(), name
        for card in by_reader.values():
            signed = SIGNER.sign_buttons(card, ButtonPlace(chat_id="oc_1", chat_type="group"))
            check_card(signed, RULES, images=("img_v3_1",), people=())


@pytest.mark.parametrize("family", FAMILIES)
def test_what_can_be_filled_in_is_declared_by_its_action(family: str, built: Built) -> None:
    actions = BotWorld().bot.card_actions.actions
    for name, by_reader in built[family].items():
        for part in walk(by_reader["zh"]):
            fields: set[str] = set()
            behaviors = [b for b in part.get("behaviors", []) if b["type"] == "callback"]
            if part["tag"] == "form":
                inner = list(walk(part))
                fields = {one["name"] for one in inner if one["tag"] in ("input", "select_static")}
                (submit,) = (one for one in inner if one.get("form_action_type") == "submit")
                behaviors = submit["behaviors"]
            elif part["tag"] == "select_static" and behaviors:
                fields = {"option"}
            for behavior in behaviors:
                if behavior["type"] == "open_url":
                    continue
                assert fields <= actions[behavior["value"]["act"]].fills, (name, fields)


def goes_somewhere(behavior: dict[str, Any]) -> bool:
    if behavior["type"] == "open_url":
        return str(behavior["default_url"]).startswith("https://")
    return bool(behavior["value"]["act"])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_card_says_something_everywhere(family: str, built: Built) -> None:
    for name, by_reader in built[family].items():
        for card in by_reader.values():
            assert card["config"]["summary"]["content"].strip() or family == "answers", name
            for part in walk(card):
                if part["tag"] in ("plain_text", "markdown"):
                    assert part["content"].strip() or "placeholder" in part, (name, part)
                if part["tag"] == "button":
                    assert part["text"]["content"].strip(), name
                    assert all(goes_somewhere(b) for b in part["behaviors"]), name


@pytest.mark.parametrize("family", FAMILIES)
def test_in_a_group_everyone_reads_their_own_language(family: str, built: Built) -> None:
    for name, by_reader in built[family].items():
        assert in_language(by_reader["group"], "zh_cn") == by_reader["zh"], name
        if family in PLAIN:
            assert in_language(by_reader["group"], "en_us") == by_reader["en"], name


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
        yield part.key
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
        if "Text(" in (source := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Text"
        and isinstance(node.args[0], ast.Constant)
    }
    shown = {
        kind
        for family in every_card.core_cards("zh").values()
        for view in family.values()
        for kind in said_in(view)
    }

    assert named - shown == set()


# Nothing of a card changes unseen


def changed_in_one_place(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Where a card can change by one value, with the card so changed; tags and ids left out."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name not in ("tag", "element_id"):
                for place, other in changed_in_one_place(inner, (*path, name)):
                    yield place, {**part, name: other}
                if inner is not False:
                    less = {key: value for key, value in part.items() if key != name}
                    yield (*path, name, "gone"), less
        if part:
            yield (*path, "one more"), {**part, "one_more": "x"}
    elif isinstance(part, list):
        for at, inner in enumerate(part):
            for place, other in changed_in_one_place(inner, (*path, at)):
                yield place, [*part[:at], other, *part[at + 1 :]]
            yield (*path, at, "gone"), [*part[:at], *part[at + 1 :]]
    elif isinstance(part, bool):
        yield path, not part
    else:
        yield path, part + ("x" if isinstance(part, str) else 1)


def with_elements(card: CardJson, elements: list[Any]) -> CardJson:
    return {**card, "body": {**card["body"], "elements": elements}}


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_of_a_card_changes_without_a_change_of_its_text(family: str, built: Built) -> None:
    # The text of a card is that of its head and of its elements, one after the other. Many cards
    # end in the same buttons.
    seen: set[str] = set()
    for name, by_reader in built[family].items():
        if name.endswith(FULL):
            continue
        card = by_reader["group"]
        head = with_elements(card, [])
        changed = [(head, changed_in_one_place(head))]
        elements = {json.dumps(part): part for part in card["body"]["elements"]}
        for part in (part for key, part in elements.items() if key not in seen):
            others = ((at, with_elements(card, one)) for at, one in changed_in_one_place([part]))
            changed.append((with_elements(card, [part]), others))
        seen |= elements.keys()
        for before, others in changed:
            text = card_text(before)
            for place, other in others:
                try:
                    assert card_text(other) != text, (name, place)
                except (KeyError, IndexError):
                    assert place[-1] == "gone"


def test_a_component_that_has_no_text_is_an_error() -> None:
    card = {"schema": "2.0", "config": {"summary": {"content": ""}}, "body": {"elements": []}}
    card_text(card)
    card["body"] = {"elements": [{"tag": "table"}]}

    with pytest.raises(KeyError, match="table"):
        card_text(card)
