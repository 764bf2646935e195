"""The platform's checks of a card before it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from feishu_simulator import card_schema
from feishu_simulator.card_values import mistakes_in
from feishu_simulator.card_view import Card, elements_of, walk

ELEMENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}\Z")
_FENCE = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]*)")
_AT = re.compile(r"<at\s+ids?\s*=\s*['\"]?([^'\">\s/]*)", re.IGNORECASE)
_PERSON = re.compile(r"<person\s+id\s*=\s*['\"]?([^'\">\s/]*)", re.IGNORECASE)
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    """Figures of "Card JSON 2.0 structure" and "Rich text (Markdown)"; tables vary in the field."""

    max_bytes: int = 30 * 1024
    max_elements: int = 200
    max_tables: int = 5
    max_tables_in_markdown: int = 4


class BadCard(Exception):
    """A card the card service refuses; each API wraps the code in its own way."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code
        self.why = why


def parse_card(text: Any) -> Card:
    """The card in a JSON string. Raises BadCard (200621) when there is none."""
    try:
        card = json.loads(text)
    except (TypeError, ValueError) as exc:
        raise BadCard(200621, f"parse card json err: {exc}") from exc
    if not isinstance(card, dict):
        raise BadCard(200621, "parse card json err: not an object")
    return card


def size_of(card: Card) -> int:
    """Bytes of the card as compact JSON in UTF-8."""
    return len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode())


def check_card(
    card: Card, rules: CardRules, *, images: Collection[str], people: Collection[str]
) -> None:
    """Raise BadCard for anything "Card JSON 2.0 structure" or the error tables forbid."""
    if size_of(card) > rules.max_bytes:
        raise BadCard(200860, f"card content exceeds {rules.max_bytes // 1024} KB")
    if is_v2(card):
        _check_attributes(card)
        for mistake in mistakes_in(card):
            raise BadCard(200621, mistake)
    parts = list(walk(card))
    if len(parts) > rules.max_elements:
        raise BadCard(300305, f"element count over {rules.max_elements}")
    _check_ids(parts)
    _check_images(parts, images)
    _check_people(parts, people)
    _check_tables(parts, rules)


def is_v2(card: Card) -> bool:
    """Whether it is a card of JSON schema 2.0."""
    return card.get("schema") == "2.0"


def is_shared(card: Card) -> bool:
    """update_multi: 2.0 knows only true, 1.0 defaults to false."""
    return (card.get("config") or {}).get("update_multi", is_v2(card)) is True


def find_element(card: Card, element_id: str) -> dict[str, Any] | None:
    """The element with this id, at any depth."""
    parts = walk(elements_of(card))
    return next((part for part in parts if part.get("element_id") == element_id), None)


def without_code(markdown: str) -> str:
    """Markdown without fenced blocks and code spans, where nothing is interpreted."""
    return _CODE.sub("", _FENCE.sub("", markdown))


def _check_attributes(card: Card) -> None:
    _known(card, card_schema.CARD, "card")
    for name, known in (
        ("config", card_schema.CONFIG),
        ("header", card_schema.HEADER),
        ("body", card_schema.BODY),
    ):
        part = card.get(name, {})
        if not isinstance(part, dict):
            raise BadCard(200621, f"{name} is not an object")
        _known(part, known, name)
    elements = card.get("body", {}).get("elements", [])
    if not isinstance(elements, list):
        raise BadCard(200621, "body.elements is not a list")
    _check_elements(elements)
    _check_parts(card.get("header", {}))


def _check_elements(elements: list[Any]) -> None:
    for element in elements:
        if not isinstance(element, dict) or not isinstance(element.get("tag"), str):
            raise BadCard(200621, "element without a tag")
        _check_parts(element)


def _check_parts(part: Any) -> None:
    if isinstance(part, list):
        for value in part:
            _check_parts(value)
    if not isinstance(part, dict):
        return
    tag = part.get("tag")
    if tag is not None:
        if tag in card_schema.GONE:
            raise BadCard(
                200861, f"cards of schema V2 no longer support this capability; tag {tag}"
            )
        known = card_schema.COMPONENTS.get(tag)
        if known is None:
            raise BadCard(200621, f"unknown tag {tag}")
        _known(part, known, tag)
        if tag in ("markdown", "plain_text") and not isinstance(part.get("content", ""), str):
            raise BadCard(200621, f"{tag}.content is not a string")
        if isinstance(part.get("elements"), list):
            _check_elements(part["elements"])
    for key, value in part.items():
        if key not in card_schema.OPAQUE and not (tag is not None and key == "elements"):
            _check_parts(value)


def _known(part: dict[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(part) - known)
    if unknown:
        raise BadCard(200621, f"unknown property {unknown[0]} in {where}")


def _check_ids(parts: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for part in parts:
        element_id = part.get("element_id")
        if element_id is None:
            continue
        if not isinstance(element_id, str) or not ELEMENT_ID.match(element_id):
            raise BadCard(300301, f"invalid element_id {element_id!r}")
        if element_id in seen:
            raise BadCard(300301, f"duplicate element_id {element_id}")
        seen.add(element_id)


def _markdown(parts: list[dict[str, Any]]) -> Iterator[str]:
    for part in parts:
        if part["tag"] in ("markdown", "lark_md") and isinstance(part.get("content"), str):
            yield without_code(part["content"])


def _check_images(parts: list[dict[str, Any]], images: Collection[str]) -> None:
    keys = [key for text in _markdown(parts) for key in _IMAGE.findall(text)]
    for part in parts:
        keys += [part["img_key"]] if "img_key" in part and part["tag"] != "custom_icon" else []
        keys += [image.get("img_key") for image in part.get("img_list") or []]
    for key in keys:
        if key not in images:
            raise BadCard(200570, f"invalid image key {key}")


def _check_people(parts: list[dict[str, Any]], people: Collection[str]) -> None:
    for one in _people_in(parts):
        if one not in people:
            raise BadCard(100290, f"invalid user resource, id {one}")
    for text in _markdown(parts):
        for ids in _AT.findall(text) + _PERSON.findall(text):
            for one in ids.split(","):
                if one != "all" and one not in people:
                    raise BadCard(100290, f"invalid user resource, id {one}")
    for part in parts:
        if part["tag"] == "person_list" and part.get("drop_invalid_user_id") is not True:
            for person in part.get("persons") or ():
                if person.get("id") not in people:
                    raise BadCard(100290, f"invalid user resource, id {person.get('id')}")


def _people_in(parts: list[dict[str, Any]]) -> Iterator[Any]:
    """Whom components show; a list may be told to leave out whom Feishu doesn't know."""
    for part in parts:
        if part["tag"] == "person":
            yield part.get("user_id")
        elif part["tag"] == "person_list" and part.get("drop_invalid_user_id") is not True:
            yield from (one.get("id") for one in part.get("persons") or [])


def _check_tables(parts: list[dict[str, Any]], rules: CardRules) -> None:
    in_markdown = [_tables_in(text) for text in _markdown(parts)]
    total = sum(in_markdown) + sum(part["tag"] == "table" for part in parts)
    if total > rules.max_tables or max(in_markdown, default=0) > rules.max_tables_in_markdown:
        raise BadCard(11310, "card table number over limit")


def _tables_in(markdown: str) -> int:
    lines = markdown.splitlines()
    return sum(
        "|" in above and "|" in below and _TABLE_RULE.match(below) is not None
        for above, below in pairwise(lines)
    )
