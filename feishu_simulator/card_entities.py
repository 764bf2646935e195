"""Card entities: created and sent once, then updated by numbered operations ("CardKit")."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from feishu_simulator.card_checks import BadCard, find_element, is_shared, is_v2
from feishu_simulator.card_view import Card, walk

STREAMING_SECONDS = 600.0
ENTITY_DAYS = 14
CONTENT_LIMIT = 100_000
TEXT_TAGS = ("markdown", "plain_text")


@dataclass(slots=True, eq=False, kw_only=True)
class CardEntity:
    """A card with its sequence number and streaming mode; `opened` is when streaming began."""

    card_id: str
    card: Card
    clock: Callable[[], float]
    created: float = 0.0
    opened: float | None = None
    timed_out: bool = False
    sequence: int = 0
    uuids: set[str] = field(default_factory=set)
    message_id: str = ""
    # How often it was refused when it was to be sent.
    refusals: int = 0

    @property
    def is_streaming(self) -> bool:
        """Streaming closes itself 10 minutes after it was last opened ("Streaming updates")."""
        return self.opened is not None and self.clock() - self.opened < STREAMING_SECONDS

    def check_turn(self, sequence: Any, uuid: Any) -> None:
        """Raises BadCard: expired (200750), repeated uuid (200770), stale sequence (300317)."""
        if self.clock() - self.created > ENTITY_DAYS * 86_400:
            raise BadCard(200750, "card is expired")
        if uuid is not None and (not isinstance(uuid, str) or not 0 < len(uuid) <= 64):
            raise BadCard(10002, "uuid must have 1 to 64 characters")
        if uuid is not None and uuid in self.uuids:
            raise BadCard(200770, "uuid is repeated")
        if not isinstance(sequence, int) or isinstance(sequence, bool):
            raise BadCard(10002, "sequence is required")
        if not 0 < sequence < 2**31 or sequence <= self.sequence:
            raise BadCard(300317, f"sequence number compare failed, last {self.sequence}")

    def take_turn(self, card: Card, sequence: int, uuid: str | None) -> None:
        """Note a successful operation and show its card."""
        self.sequence = sequence
        if uuid is not None:
            self.uuids.add(uuid)
        self.show(card)

    def show(self, card: Card) -> None:
        """Show *card*; streaming ends where its config turns it off."""
        self.card = card
        if not wants_streaming(card):
            self.opened, self.timed_out = None, False

    def open_streaming(self) -> None:
        """Start the 10 minutes of streaming."""
        self.opened, self.timed_out = self.clock(), False


def wants_streaming(card: Card) -> bool:
    """Whether the card's config turns streaming on."""
    return (card.get("config") or {}).get("streaming_mode") is True


def check_entity_card(card: Card) -> None:
    """Raises BadCard: entities are 2.0 only (300303) and always shared (300302)."""
    if not is_v2(card):
        raise BadCard(300303, "card schema must be 2.0")
    if not is_shared(card):
        raise BadCard(300302, "update_multi must be true")


def with_content(entity: CardEntity, element_id: str, content: Any) -> Card:
    """The card with an element's new text. Raises BadCard; after 10 minutes 200850, then 300309."""
    if not isinstance(content, str) or not 1 <= len(content) <= CONTENT_LIMIT:
        raise BadCard(
            300307 if content == "" else 10002, "content must have 1 to 100000 characters"
        )
    if not entity.is_streaming:
        if entity.opened is not None and not entity.timed_out:
            entity.timed_out = True
            raise BadCard(200850, "card streaming mode timed out")
        raise BadCard(300309, "streaming mode is closed")
    element = _element(entity.card, element_id)
    if element["tag"] not in TEXT_TAGS:
        raise BadCard(300310, "not a text element")
    return replace_element(entity.card, element_id, [{**element, "content": content}])


def with_element(card: Card, element_id: str, element: Any) -> Card:
    """The card with an element replaced. Raises BadCard."""
    _element(card, element_id)
    if not isinstance(element, dict):
        raise BadCard(300121, "element is not an object")
    return replace_element(card, element_id, [element])


def with_properties(card: Card, element_id: str, properties: Any) -> Card:
    """The card with some attributes of an element changed. Raises BadCard."""
    element = _element(card, element_id)
    if not isinstance(properties, dict):
        raise BadCard(300313, "partial_element is not an object")
    if properties.get("tag", element["tag"]) != element["tag"]:
        raise BadCard(300312, "tag cannot be changed")
    return replace_element(card, element_id, [{**element, **properties}])


def without_elements(card: Card, element_ids: list[Any]) -> Card:
    """The card without these elements. Raises BadCard for an unknown one."""
    for element_id in element_ids:
        _element(card, element_id, code=300314)
        card = replace_element(card, element_id, [])
    return card


def with_added(card: Card, how: Any, target: Any, elements: Any) -> Card:
    """The card with elements added: append, insert_before or insert_after. Raises BadCard."""
    if not isinstance(elements, list) or not elements:
        raise BadCard(300315, "elements is not a list")
    if how == "append":
        if target:
            container = _element(card, target, code=300315)
            inner = [*container.get("elements", []), *elements]
            return replace_element(card, target, [{**container, "elements": inner}])
        body = card.get("body", {})
        return {**card, "body": {**body, "elements": [*body.get("elements", []), *elements]}}
    anchor = _element(card, target, code=300315)
    if how == "insert_before":
        return replace_element(card, target, [*elements, anchor])
    if how == "insert_after":
        return replace_element(card, target, [anchor, *elements])
    raise BadCard(10002, f"unknown type {how}")


def with_settings(entity: CardEntity, settings: Any) -> Card:
    """The card with changed config and card_link. Raises BadCard."""
    if not isinstance(settings, dict) or set(settings) - {"config", "card_link"}:
        raise BadCard(300122, "settings may hold config and card_link")
    config = {**(entity.card.get("config") or {}), **settings.get("config", {})}
    return {**entity.card, **settings, "config": config}


def with_actions(entity: CardEntity, actions: Any) -> Card:
    """All actions of a batch or none. Raises BadCard."""
    if not isinstance(actions, list) or not actions:
        raise BadCard(10002, "actions is not a list")
    card = entity.card
    for item in actions:
        params = item.get("params") or {}
        match item.get("action"):
            case "partial_update_setting":
                settings = _decode(params.get("settings"))
                config = {**(card.get("config") or {}), **settings.get("config", {})}
                card = {**card, **settings, "config": config}
            case "add_elements":
                target = params.get("target_element_id")
                card = with_added(card, params.get("type"), target, _decode(params["elements"]))
            case "delete_elements":
                card = without_elements(card, _decode(params.get("element_ids")) or [])
            case "partial_update_element":
                changed = _decode(params.get("partial_element"))
                card = with_properties(card, params.get("element_id", ""), changed)
            case "update_element":
                element = _decode(params.get("element"))
                card = with_element(card, params.get("element_id", ""), element)
            case other:
                raise BadCard(10002, f"unknown action {other}")
    return card


def replace_element(card: Card, element_id: str, instead: list[Any]) -> Card:
    """A copy of the card with *instead* in place of the element."""
    copy: Card = _replace_in(card, element_id, instead)
    return copy


def _replace_in(part: Any, element_id: str, instead: list[Any]) -> Any:
    if isinstance(part, dict):
        return {key: _replace_in(value, element_id, instead) for key, value in part.items()}
    if isinstance(part, list):
        out: list[Any] = []
        for value in part:
            if isinstance(value, dict) and value.get("element_id") == element_id:
                out += instead
            else:
                out.append(_replace_in(value, element_id, instead))
        return out
    return part


def _element(card: Card, element_id: Any, *, code: int = 300313) -> dict[str, Any]:
    element = find_element(card, str(element_id))
    if element is None:
        element = next((p for p in walk(card) if p.get("element_id") == element_id), None)
    if element is None:
        raise BadCard(code, f"element_id {element_id} does not exist")
    return element


def _decode(value: Any) -> Any:
    """A batch parameter: an object or, as in the other calls, a JSON string."""
    return json.loads(value) if isinstance(value, str) else value
