"""The traffic of a message: pushes, calls and callbacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from feishu_simulator.api import Call
from feishu_simulator.credentials import Credentials
from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.message_warnings import card_figures, warnings_for
from feishu_simulator.desk.model_wire import lines_for
from feishu_simulator.encryption import decrypt
from feishu_simulator.events import Callback, Delivery, Event
from feishu_simulator.exchanges import HIDDEN
from feishu_simulator.messages import Message
from feishu_simulator.state import PlatformState

# Texts are shown up to this length; longer ones are uploads and cards that will be refused.
SHOWN_CHARS = 40_000
# A refused call that names no message belongs to a question of the last so many seconds.
NEAR_SECONDS = 30.0
# Calls whose answer names a message or card.
_NAMING = frozenset(
    ["message.create", "message.reply", "message.get", "card.create", "card.id_convert"]
)
# Fields whose strings contain JSON ("Create card", "Batch update", "Send message").
_NESTED = frozenset(
    ["data", "settings", "elements", "element", "partial_element", "actions", "card"]
)

_SECRETS = frozenset(["app_secret", "tenant_access_token", "app_access_token"])


def wire_of(desk: Desk, message: Message, since: int) -> dict[str, Any]:
    """The traffic of a message; of the calls only those with a serial above *since*.

    A person's message includes the calls for its answers. Times are seconds since the question was
    sent. `subjects` are the ids by which calls are found: once there are more, earlier calls may
    belong to the message too.
    """
    feishu = desk.feishu
    with feishu.state.lock:
        answers = _answers(feishu.state, message)
        question = _question(feishu.state, message)
        shown = [message, *answers]
        subjects = [one.message_id for one in shown]
        subjects += [one.entity.card_id for one in shown if one.entity]
        newer = list(takewhile(lambda call: call.serial > since, reversed(feishu.api.calls)))
        serial = feishu.api.calls[-1].serial if feishu.api.calls else 0
        events = [event for event in (message.event, *message.later_events) if event]
        deliveries = [(event, one) for event in events for one in event.deliveries]
        callbacks = [callback for one in shown for callback in one.callbacks]
        warnings = list(warnings_for(desk, message))
        figures = card_figures(feishu.state, message)
        ids = {question.message_id, *(one.message_id for one in shown)}
        exchanges = lines_for(desk, ids, question.said_at)
    start = question.said_at
    return {
        "serial": serial,
        "subjects": subjects,
        "question": question.message_id,
        "answers": [answer.message_id for answer in answers],
        "card": figures,
        "calls": [_call(call, start) for call in _about(newer[::-1], subjects, start)],
        "pushes": [_push(feishu.credentials, event, one, start) for event, one in deliveries],
        "exchanges": exchanges,
        "callbacks": [_callback(callback, start) for callback in callbacks],
        "warnings": warnings,
    }


def call_of(desk: Desk, serial: int) -> dict[str, Any] | None:
    """Body and answer of one call; None when it is unknown or no longer kept."""
    with desk.feishu.state.lock:
        calls = desk.feishu.api.calls
        place = serial - calls[0].serial if calls else -1
        call = calls[place] if 0 <= place < len(calls) else None
    if call is None:
        return None
    shown = {"body": decode_body(call), "answer": _parse(call.answer)}
    return {"serial": serial, **(_hidden(shown) if call.api == "token" else shown)}


def _hidden(value: Any) -> Any:
    """The body or answer of a call for a token, without what nobody else may know."""
    if not isinstance(value, dict):
        return value
    return {name: HIDDEN if name in _SECRETS else _hidden(one) for name, one in value.items()}


def decode_body(call: Call) -> Any:
    """The body with the JSON in its strings decoded; text that looks like JSON stays."""
    nested = _NESTED | {"content"} if call.api.startswith("message.") else _NESTED
    return _decode_nested(dict(call.body), nested)


def _question(state: PlatformState, message: Message) -> Message:
    """The person's message; for one of the bot the message it replies to."""
    answered = state.messages.get(message.replied_to) if message.is_from_bot else None
    return answered or message


def _answers(state: PlatformState, message: Message) -> list[Message]:
    """The bot's replies to a person's message, oldest first."""
    if message.is_from_bot:
        return []
    later = takewhile(
        lambda one: one.created_ms > message.created_ms, reversed(state.messages.values())
    )
    return [one for one in later if one.is_from_bot and one.replied_to == message.message_id][::-1]


def _about(calls: list[Call], subjects: list[str], start: float) -> Iterator[Call]:
    """Calls that name a subject, and failed ones of that time that name nothing."""
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
    answer = _parse(call.answer)
    return str(answer.get("msg", "")) if isinstance(answer, dict) else ""


def _push(
    credentials: Credentials, event: Event, delivery: Delivery, start: float
) -> dict[str, Any]:
    return {
        "event_type": event.event_type,
        "event_id": delivery.event_id,
        "event": _decrypt_push(delivery.sent, credentials),
        "headers": dict(delivery.headers),
        "sent": delivery.sent[:SHOWN_CHARS],
        "status": delivery.status,
        "error": delivery.error,
        "answer": _parse(delivery.body),
        "seconds": delivery.seconds,
        "at": delivery.at - delivery.seconds - start,
    }


def _decrypt_push(sent: str, credentials: Credentials) -> Any:
    """The body of a push, decrypted if it was encrypted."""
    body = _parse(sent)
    if isinstance(body, dict) and isinstance(body.get("encrypt"), str):
        body = json.loads(decrypt(body["encrypt"], credentials.encrypt_key))
    return _decode_nested(body, frozenset({"content"}))


def _callback(callback: Callback, start: float) -> dict[str, Any]:
    return {
        "event": callback.payload,
        "status": callback.status,
        "answer": _parse(callback.body),
        "error_code": callback.error_code,
        "seconds": callback.seconds,
        "at": callback.at - callback.seconds - start,
    }


def _decode_nested(value: Any, nested: frozenset[str], name: str = "") -> Any:
    if isinstance(value, str):
        inner = _parse(value) if name in nested else value
        return inner[:SHOWN_CHARS] if isinstance(inner, str) else _decode_nested(inner, nested)
    if isinstance(value, Mapping):
        return {key: _decode_nested(part, nested, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_decode_nested(part, nested) for part in value]
    return value


def _parse(text: str) -> Any:
    """The decoded JSON, else the text, shortened."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return text[:SHOWN_CHARS]
