"""Card actions of both generations, and the platform's look at the bot's answer."""

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
from feishu_simulator.world import World, new_id

TOASTS = frozenset({"info", "success", "error", "warning"})

# "Errors of card callbacks": what a reader's client shows.
ADDRESS_MISSING = 200340
NO_ANSWER = 200341
NOT_CONNECTED = 200342
BAD_STATUS = 200671
BAD_FORMAT = 200672
BAD_CARD = 200673
WRONG_GENERATION = 200830


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What the person who pressed saw; error_code 0 means that nothing went wrong."""

    status: int
    body: str
    toast: dict[str, Any] | None
    error_code: int
    seconds: float = 0.0
    card: dict[str, Any] | None = None


def pressed(message: Message, what: Any) -> dict[str, Any]:
    """The component for a button dict, or for a value some component of the card holds."""
    parts = list(card_view.walk(card_view.elements_of(message.card or {})))
    if isinstance(what, dict) and any(what == part for part in parts):
        return what
    for part in parts:
        if card_view.value_of(part) == what and what is not None:
            return part
    if isinstance(what, dict) and "tag" in what:
        return what
    return {"tag": "button", "behaviors": [{"type": "callback", "value": what}]}


def action_of(
    component: Mapping[str, Any], form_value: Mapping[str, Any] | None, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """`action` of a callback; fields are there only where they apply ("Card callback")."""
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
    return {
        "open_id": person.open_id,
        "user_id": person.user_id,
        "open_message_id": message.message_id,
        "open_chat_id": message.chat.chat_id,
        "tenant_key": tenant_key,
        "token": new_id("c"),
        "action": action,
    }


def judge(world: World, message: Message, response: Response, *, old: bool) -> ActionResult:
    """Check the answer as the platform does and put on the card it brought."""

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
    except ValueError:
        return result(BAD_FORMAT)
    if card is None:
        return result(0, toast)
    with world.changing():
        return result(_replace(world, message, card), toast, card)


def _old_card(answer: dict[str, Any]) -> dict[str, Any] | None:
    """Formerly the card itself was the answer, at top level."""
    if not answer.keys() & {"elements", "header", "config", "schema", "body", "i18n_elements"}:
        return None
    return answer


def _new_card(answer: dict[str, Any]) -> dict[str, Any] | None:
    wrapped = answer.get("card")
    if wrapped is None:
        return None
    if not isinstance(wrapped, dict) or wrapped.get("type") not in ("raw", "template"):
        raise ValueError("card.type")
    data = wrapped.get("data")
    if not isinstance(data, dict):
        raise ValueError("card.data")
    return data if wrapped["type"] == "raw" else None


def _replace(world: World, message: Message, card: dict[str, Any]) -> int:
    """Put the card on; its error code. A streaming card refuses: no page names a code for that,
    so it is 200673 here."""
    current = message.card or {}
    if is_v2(current) and not is_v2(card):
        return WRONG_GENERATION
    try:
        check_card(card, world.card_rules, images=world.images, people=world.people_known())
    except BadCard:
        return BAD_CARD
    if message.streaming or message.deleted:
        return BAD_CARD
    if message.entity:
        message.entity.show(card)
    else:
        message.content = card
    message.changed()
    return 0
