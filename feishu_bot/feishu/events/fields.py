"""Fields of Feishu's JSON, where any of them may be missing, null or of another type.

Here values are checked into their shape, once for all events.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.core.messages import Sender
from feishu_bot.core.text import storable
from feishu_bot.errors import Unreadable

# Ids go into paths, tables and the log. No page tells what they are made of; these are the
# characters of all that were seen, and of what an administrator may choose as a user_id.
_ID = re.compile(r"[A-Za-z0-9_.:@=+~|-]{1,128}")
# Seconds; the year 5138.
_LATEST = 1e11


def parse_json(text: str) -> Any:
    """What the text holds, its strings fit to be stored.

    Raises ValueError, and RecursionError for what is too deep.
    """
    value = json.loads(text)
    # Only an escape can stand for half a character, or for NUL.
    return cleaned(value) if "\\u" in text else value


def cleaned(value: Any) -> Any:
    """The same with every string as databases take it. Raises RecursionError."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): cleaned(item) for name, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return value


def as_dict(value: object) -> dict[str, Any]:
    """The object, or an empty one in place of anything else."""
    return dict(value) if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """The list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """The string, or an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def as_id(value: object) -> str:
    """The id, or an empty one in place of anything that can't be one."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def object_in(raw: object) -> dict[str, Any]:
    """The object, also where it comes as a string of JSON; empty in place of anything else."""
    if not isinstance(raw, str):
        return as_dict(raw)
    try:
        return as_dict(parse_json(raw))
    except (ValueError, RecursionError):
        return {}


def required(data: Mapping[str, Any], name: str) -> str:
    """An id that must be there. Raises ValueError."""
    value = as_id(data.get(name))
    if not value:
        raise ValueError(f"no {name}")
    return value


def seconds(milliseconds: object) -> float:
    """A time in milliseconds, as Feishu writes it, in seconds; 0 for anything else."""
    try:
        found = int(str(milliseconds)) / 1000
    except (ValueError, OverflowError):
        return 0.0
    return found if 0 <= found < _LATEST else 0.0


def person_id(ids: object) -> str:
    """The id that a person is known by: the open id, else what there is; may be empty."""
    given = as_dict(ids)
    kinds = ("open_id", "union_id", "user_id")
    return next((as_id(given[kind]) for kind in kinds if as_id(given.get(kind))), "")


def person_of(ids: object, *, is_bot: bool = False) -> Sender:
    """A person by their ids. Raises ValueError when there is none."""
    given = as_dict(ids)
    found = person_id(given)
    if not found:
        raise ValueError("no open_id, nor any other id")
    return Sender(
        open_id=found,
        user_id=as_id(given.get("user_id")),
        union_id=as_id(given.get("union_id")),
        is_bot=is_bot,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event with its type, its id and when it happened (seconds, 0 for unknown).

    `is_old` is the first generation's, which has its type inside the event and no header.
    """

    event_type: str
    event_id: str
    body: Mapping[str, Any]
    created_at: float = 0.0
    is_old: bool = False


def read_envelope(data: Mapping[str, Any]) -> Envelope:
    """The envelope of a request that is Feishu's. Raises Unreadable."""
    body = data.get("event")
    if "header" in data or "schema" in data:
        header = as_dict(data.get("header"))
        event_type, event_id = as_id(header.get("event_type")), as_id(header.get("event_id"))
        created_at, is_old = seconds(header.get("create_time")), False
    else:
        event_type, event_id = as_id(as_dict(body).get("type")), as_id(data.get("uuid"))
        created_at, is_old = 0.0, True
    if not event_type:
        raise Unreadable("no type of event")
    if not isinstance(body, Mapping):
        raise Unreadable("no event in it")
    return Envelope(
        event_type=event_type,
        event_id=event_id,
        body=body,
        created_at=created_at,
        is_old=is_old,
    )
