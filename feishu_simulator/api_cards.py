"""The CardKit calls on card entities ("CardKit": cards and elements)."""

from __future__ import annotations

import json
import secrets
from typing import Any

from feishu_simulator import card_entities as operations
from feishu_simulator.api_request import ApiAnswer, ApiRequest, success
from feishu_simulator.card_checks import BadCard, check_card, parse_card
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.card_view import Card
from feishu_simulator.refusals import Refusal, card_refusal
from feishu_simulator.state import ENTITIES, PlatformState, trim


class CardApi:
    """The handlers; each runs under the platform's lock and may raise Refusal."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state

    def create(self, request: ApiRequest) -> ApiAnswer:
        """A new entity; it streams from here on if the card's streaming_mode is true."""
        card = self._checked(request.body)
        clock = self._state.clock
        card_id = f"7{secrets.randbelow(10**18):018d}"
        entity = CardEntity(card_id=card_id, card=card, clock=clock, created=clock())
        if operations.wants_streaming(card):
            entity.open_streaming()
        self._state.entities[entity.card_id] = entity
        trim(self._state.entities, ENTITIES)
        return success({"card_id": entity.card_id})

    def update(self, request: ApiRequest) -> ApiAnswer:
        """Replace the whole card."""
        entity = self._entity(request)
        self._check_turn(entity, request)
        card = self._checked(request.body.get("card"))
        reopened = operations.wants_streaming(card) and not entity.is_streaming
        self._finish(entity, request, card)
        if reopened:
            entity.open_streaming()
        return success({})

    def settings(self, request: ApiRequest) -> ApiAnswer:
        """Change config and card_link; streaming_mode true opens streaming for 10 minutes."""
        entity = self._entity(request)
        settings = _loads(request.body.get("settings"), 300122)
        card = self._operate(entity, request, lambda: operations.with_settings(entity, settings))
        self._finish(entity, request, card)
        if (settings.get("config") or {}).get("streaming_mode") is True:
            entity.open_streaming()
        return success({})

    def batch_update(self, request: ApiRequest) -> ApiAnswer:
        """Several operations under one sequence, all or none."""
        entity = self._entity(request)
        actions = _loads(request.body.get("actions"), 10002)
        was_streaming = entity.is_streaming
        card = self._operate(entity, request, lambda: operations.with_actions(entity, actions))
        self._finish(entity, request, card)
        if operations.wants_streaming(card) and not was_streaming:
            entity.open_streaming()
        return success({})

    def create_element(self, request: ApiRequest) -> ApiAnswer:
        """Add elements before or after another one, or at the end."""
        entity, body = self._entity(request), request.body
        elements = _loads(body.get("elements"), 300315)
        how, target = body.get("type"), body.get("target_element_id")
        return self._change(
            entity, request, lambda: operations.with_added(entity.card, how, target, elements)
        )

    def update_element(self, request: ApiRequest) -> ApiAnswer:
        entity, element_id = self._entity(request), request.params["element_id"]
        element = _loads(request.body.get("element"), 300121)
        return self._change(
            entity, request, lambda: operations.with_element(entity.card, element_id, element)
        )

    def patch_element(self, request: ApiRequest) -> ApiAnswer:
        """Change some attributes of an element."""
        entity, element_id = self._entity(request), request.params["element_id"]
        part = _loads(request.body.get("partial_element"), 300313)
        return self._change(
            entity, request, lambda: operations.with_properties(entity.card, element_id, part)
        )

    def delete_element(self, request: ApiRequest) -> ApiAnswer:
        entity, element_id = self._entity(request), request.params["element_id"]
        return self._change(
            entity, request, lambda: operations.without_elements(entity.card, [element_id])
        )

    def content(self, request: ApiRequest) -> ApiAnswer:
        """Replace the text of an element; the client types what was appended."""
        entity, element_id = self._entity(request), request.params["element_id"]
        text = request.body.get("content")
        return self._change(
            entity, request, lambda: operations.with_content(entity, element_id, text)
        )

    def id_convert(self, request: ApiRequest) -> ApiAnswer:
        """The entity of a sent message; a card sent as plain JSON becomes one by this call."""
        message = self._state.message(request.text("message_id"))
        if message.card is None or message.sender is not None:
            raise Refusal(200740, "no card entity for this message")
        if message.entity is None:
            clock = self._state.clock
            card_id = f"7{secrets.randbelow(10**18):018d}"
            entity = CardEntity(card_id=card_id, card=message.card, clock=clock, created=clock())
            entity.message_id = message.message_id
            self._state.entities[card_id] = message.entity = entity
        return success({"card_id": message.entity.card_id})

    def _entity(self, request: ApiRequest) -> CardEntity:
        entity = self._state.entities.get(request.params["card_id"])
        if entity is None:
            raise Refusal(200740, "card entity does not exist")
        return entity

    def _checked(self, given: Any) -> Card:
        if not isinstance(given, dict) or given.get("type") not in ("card_json", "template"):
            raise Refusal(10002, "type must be card_json or template")
        if given["type"] == "template":
            raise card_refusal(200380, "template is not found")
        try:
            card = parse_card(given.get("data"))
            operations.check_entity_card(card)
            self._check(card)
        except BadCard as exc:
            raise _refusal(exc) from exc
        return card

    def _check(self, card: Card) -> None:
        state = self._state
        check_card(card, state.card_rules, images=state.images, people=state.people_known())

    def _check_turn(self, entity: CardEntity, request: ApiRequest) -> None:
        try:
            entity.check_turn(request.body.get("sequence"), request.body.get("uuid"))
        except BadCard as exc:
            raise _refusal(exc) from exc

    def _operate(self, entity: CardEntity, request: ApiRequest, operation: Any) -> Card:
        self._check_turn(entity, request)
        try:
            card: Card = operation()
            operations.check_entity_card(card)
            self._check(card)
        except BadCard as exc:
            raise _refusal(exc) from exc
        except (KeyError, AttributeError, ValueError) as exc:
            raise Refusal(10002, f"invalid parameter {exc}") from exc
        return card

    def _change(self, entity: CardEntity, request: ApiRequest, operation: Any) -> ApiAnswer:
        self._finish(entity, request, self._operate(entity, request, operation))
        return success({})

    def _finish(self, entity: CardEntity, request: ApiRequest, card: Card) -> None:
        entity.take_turn(card, request.body["sequence"], request.body.get("uuid"))
        self._state.note_entity_change(entity)


def _loads(text: Any, code: int) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError) as exc:
        raise Refusal(code, "not a JSON string") from exc


def _refusal(bad: BadCard) -> Refusal:
    """CardKit answers with the card service's code, except for tables, where 230099 is seen."""
    if bad.code == 11310:
        return card_refusal(bad.code, bad.why)
    return Refusal(bad.code, bad.why)
