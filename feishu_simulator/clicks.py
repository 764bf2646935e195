"""Card callbacks of both formats, and the platform's handling of the bot's answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feishu_simulator import card_view
from feishu_simulator.card_checks import BadCard, check_card, is_v2
from feishu_simulator.delivery import Response
from feishu_simulator.messages import Message
from feishu_simulator.people import Person
from feishu_simulator.state import PlatformState, new_id

TOASTS = frozenset({"info", "success", "error", "warning"})

# "Errors of card callbacks": the codes a client shows.
ADDRESS_MISSING = 200340
NO_ANSWER = 200341
NOT_CONNECTED = 200342
BAD_STATUS = 200671
BAD_FORMAT = 200672
BAD_CARD = 200673
WRONG_GENERATION = 200830


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The result as the person sees it; error_code 0 means success."""

    status: int
    body: str
    toast: dict[str, Any] | None
    error_code: int
    seconds: float = 0.0
    card: dict[str, Any] | None = None


def component_for(message: Message, value_or_component: Any) -> dict[str, Any]:
    """The component given, or the one of the card that calls back with this value."""
    parts = list(card_view.walk(card_view.elements_of(message.card or {})))
    given = value_or_component
    if isinstance(given, dict) and any(given == part for part in parts):
        return given
    for part in parts:
        if card_view.value_of(part) == given and given is not None:
            return part
    if isinstance(given, dict) and "tag" in given:
        return given
    return {"tag": "button", "behaviors": [{"type": "callback", "value": given}]}


def action_of(
    component: Mapping[str, Any], form_value: Mapping[str, Any] | None, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """`action` of a callback, with the fields that apply ("Card callback")."""
    action: dict[str, Any] = {"tag": component.get("tag", "button"), "timezone": "Asia/Shanghai"}
    value = card_view.value_of(dict(component))
    if value is not None:
        action["value"] = value
    if component.get("name"):
        action["name"] = component["name"]
    if form_value is not None:
        action["form_value"] = dict(form_value)
    return {**action, **extra}


def new_callback(
    message: Message, person: Person, action: Mapping[str, Any], tenant_key: str
) -> dict[str, Any]:
    """`event` of card.action.trigger ("Card callback")."""
    return {
        "operator": {**person.ids(), "tenant_key": tenant_key},
        "token": new_id("c"),
        "action": action,
        "host": "im_message",
        "context": {
            "open_message_id": message.message_id,
            "open_chat_id": message.chat.chat_id,
        },
    }


def old_callback(
    message: Message, person: Person, action: Mapping[str, Any], tenant_key: str
) -> dict[str, Any]:
    """The body of the old message card callback, which has no envelope."""
    return {
        "open_id": person.open_id,
        "user_id": person.user_id,
        "open_message_id": message.message_id,
        "open_chat_id": message.chat.chat_id,
        "tenant_key": tenant_key,
        "token": new_id("c"),
        "action": action,
    }


def apply_response(
    state: PlatformState, message: Message, response: Response, *, old: bool
) -> ActionResult:
    """Check the bot's answer as the platform does, and show the card it contains."""

    def result(code: int, toast: Any = None, card: Any = None) -> ActionResult:
        return ActionResult(response.status, response.body, toast, code, response.seconds, card)

    if response.status == 0:
        return result(NO_ANSWER if response.error == "timeout" else NOT_CONNECTED)
    if response.status != 200:
        return result(BAD_STATUS)
    try:
        answer = json.loads(response.body) if response.body.strip() else {}
    except ValueError:
        return result(BAD_FORMAT)
    if not isinstance(answer, dict):
        return result(BAD_FORMAT)
    toast = answer.get("toast")
    if toast is not None and (
        not isinstance(toast, dict)
        or toast.get("type", "info") not in TOASTS
        or not isinstance(toast.get("content", ""), str)
    ):
        return result(BAD_FORMAT)
    try:
        card = _old_card(answer) if old else _new_card(answer)
    except _BadAnswer:
        return result(BAD_FORMAT)
    if card is None:
        return result(0, toast)
    with state.change():
        return result(_replace(state, message, card), toast, card)


class _BadAnswer(Exception):
    """`card` in the bot's answer lacks a valid type or data."""


def _old_card(answer: dict[str, Any]) -> dict[str, Any] | None:
    """In the old format the answer itself is the card."""
    if not answer.keys() & {"elements", "header", "config", "schema", "body", "i18n_elements"}:
        return None
    return answer


def _new_card(answer: dict[str, Any]) -> dict[str, Any] | None:
    wrapped = answer.get("card")
    if wrapped is None:
        return None
    if not isinstance(wrapped, dict) or wrapped.get("type") not in ("raw", "template"):
        raise _BadAnswer
    data = wrapped.get("data")
    if not isinstance(data, dict):
        raise _BadAnswer
    return data if wrapped["type"] == "raw" else None


def _replace(state: PlatformState, message: Message, card: dict[str, Any]) -> int:
    """Replace the message's card; the error code.

    A card can't be replaced while it streams. No page names the code for that: here it is 200673.
    """
    current = message.card or {}
    if is_v2(current) and not is_v2(card):
        return WRONG_GENERATION
    try:
        check_card(card, state.card_rules, images=state.images, people=state.people_known())
    except BadCard:
        return BAD_CARD
    if message.streaming or message.deleted:
        return BAD_CARD
    if message.entity:
        message.entity.show(card)
    else:
        message.content = card
    message.note_change()
    return 0
