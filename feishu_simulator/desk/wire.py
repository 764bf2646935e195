"""What went over the wire for one message: pushes, calls and callbacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from feishu_simulator.api import Call
from feishu_simulator.credentials import Credentials
from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.remarks import card_figures, remarks_on
from feishu_simulator.events import Callback, Delivery, Event
from feishu_simulator.messages import Message
from feishu_simulator.sealing import decrypt
from feishu_simulator.world import World

# A text is shown up to here; longer ones are uploads and cards that will be refused.
SHOWN_CHARS = 40_000
# A refused call that names no message is shown with the one asked this long before.
NEAR_SECONDS = 30.0
# Calls in whose answer a message or card is first named.
_NAMING = frozenset(
    ["message.create", "message.reply", "message.get", "card.create", "card.id_convert"]
)
# Fields whose strings hold JSON again ("Create card", "Batch update", "Send message").
_NESTED = frozenset(
    ["data", "settings", "elements", "element", "partial_element", "actions", "card"]
)


def wire_of(desk: Desk, message: Message, since: int) -> dict[str, Any]:
    """Everything about a message; of the calls only those with a serial above *since*.

    A person's message is shown with the calls for its answers. Times are seconds since the
    question was written. `subjects` are the ids by which calls are found: when they have grown,
    earlier calls may belong here too.
    """
    feishu = desk.feishu
    with feishu.world.lock:
        answers = _answers(feishu.world, message)
        question = _question(feishu.world, message)
        shown = [message, *answers]
        subjects = [one.message_id for one in shown]
        subjects += [one.entity.card_id for one in shown if one.entity]
        newer = list(takewhile(lambda call: call.serial > since, reversed(feishu.api.calls)))
        serial = feishu.api.calls[-1].serial if feishu.api.calls else 0
        events = [event for event in (message.event, *message.happenings) if event]
        deliveries = [(event, one) for event in events for one in event.deliveries]
        callbacks = [callback for one in shown for callback in one.callbacks]
        remarks = list(remarks_on(desk, message))
        figures = card_figures(feishu.world, message)
    start = question.said_at
    return {
        "serial": serial,
        "subjects": subjects,
        "question": question.message_id,
        "answers": [answer.message_id for answer in answers],
        "card": figures,
        "calls": [_call(call, start) for call in _about(newer[::-1], subjects, start)],
        "pushes": [_push(feishu.credentials, event, one, start) for event, one in deliveries],
        "callbacks": [_callback(callback, start) for callback in callbacks],
        "remarks": remarks,
    }


def call_of(desk: Desk, serial: int) -> dict[str, Any] | None:
    """What one call sent and was answered; None when it is forgotten or never was."""
    with desk.feishu.world.lock:
        calls = desk.feishu.api.calls
        place = serial - calls[0].serial if calls else -1
        call = calls[place] if 0 <= place < len(calls) else None
    if call is None:
        return None
    return {"serial": serial, "body": opened_body(call), "answer": _parsed(call.answer)}


def opened_body(call: Call) -> Any:
    """The body with the JSON in its strings opened; text that only looks like JSON stays."""
    nested = _NESTED | {"content"} if call.api.startswith("message.") else _NESTED
    return _opened(dict(call.body), nested)


def _question(world: World, message: Message) -> Message:
    """The message a person wrote, for one of the bot what it replies to."""
    answered = world.messages.get(message.replied_to) if message.is_from_bot else None
    return answered or message


def _answers(world: World, message: Message) -> list[Message]:
    """The bot's replies to a person's message, oldest first."""
    if message.is_from_bot:
        return []
    later = takewhile(
        lambda one: one.created_ms > message.created_ms, reversed(world.messages.values())
    )
    return [one for one in later if one.is_from_bot and one.replied_to == message.message_id][::-1]


def _about(calls: list[Call], subjects: list[str], start: float) -> Iterator[Call]:
    """Calls that name a subject, and refused ones at the time that name nothing at all."""
    for call in calls:
        named = any(subject in call.path for subject in subjects) or (
            call.api in _NAMING and any(subject in call.answer for subject in subjects)
        )
        if named or (_is_anonymous(call) and 0 <= call.at - start < NEAR_SECONDS):
            yield call


def _is_anonymous(call: Call) -> bool:
    """Whether a call failed and its path names neither a message nor a card."""
    failed = call.code != 0 or call.status == 0
    return failed and "/om_" not in call.path and "/cardkit/v1/cards/" not in call.path


def _call(call: Call, start: float) -> dict[str, Any]:
    content = call.body.get("content")
    return {
        "serial": call.serial,
        "api": call.api,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "code": call.code,
        "msg": _message_of(call) if call.code else "",
        "limit": call.limit,
        "sequence": call.body.get("sequence"),
        "chars": len(content) if isinstance(content, str) else None,
        "anonymous": _is_anonymous(call),
        "log_id": call.log_id,
        "at": call.at - start,
    }


def _message_of(call: Call) -> str:
    answer = _parsed(call.answer)
    return str(answer.get("msg", "")) if isinstance(answer, dict) else ""


def _push(
    credentials: Credentials, event: Event, delivery: Delivery, start: float
) -> dict[str, Any]:
    return {
        "event_type": event.event_type,
        "event_id": delivery.event_id,
        "event": _plain(delivery.sent, credentials),
        "headers": dict(delivery.headers),
        "sent": delivery.sent[:SHOWN_CHARS],
        "status": delivery.status,
        "error": delivery.error,
        "answer": _parsed(delivery.body),
        "seconds": delivery.seconds,
        "at": delivery.at - delivery.seconds - start,
    }


def _plain(sent: str, credentials: Credentials) -> Any:
    """The body of a push, decrypted if it was encrypted; the old envelope shows as it is."""
    body = _parsed(sent)
    if isinstance(body, dict) and isinstance(body.get("encrypt"), str):
        body = json.loads(decrypt(body["encrypt"], credentials.encrypt_key))
    return _opened(body, frozenset({"content"}))


def _callback(callback: Callback, start: float) -> dict[str, Any]:
    return {
        "event": callback.payload,
        "status": callback.status,
        "answer": _parsed(callback.body),
        "error_code": callback.error_code,
        "seconds": callback.seconds,
        "at": callback.at - callback.seconds - start,
    }


def _opened(value: Any, nested: frozenset[str], name: str = "") -> Any:
    if isinstance(value, str):
        inner = _parsed(value) if name in nested else value
        return inner[:SHOWN_CHARS] if isinstance(inner, str) else _opened(inner, nested)
    if isinstance(value, Mapping):
        return {key: _opened(part, nested, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_opened(part, nested) for part in value]
    return value


def _parsed(text: str) -> Any:
    """JSON where it is some, else the text, shortened."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return text[:SHOWN_CHARS]
