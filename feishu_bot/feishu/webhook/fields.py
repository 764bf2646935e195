"""Fields of Feishu's JSON, where any of them may be missing, null or of another type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from feishu_bot.core.messages import Sender


def as_dict(value: object) -> dict[str, Any]:
    """The object, or an empty one in place of anything else."""
    return dict(value) if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """The list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """The string, or an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def object_in(raw: object) -> dict[str, Any]:
    """The object, also where it comes as a string of JSON; empty in place of anything else."""
    if not isinstance(raw, str):
        return as_dict(raw)
    try:
        return as_dict(json.loads(raw))
    except (ValueError, RecursionError):
        return {}


def required(data: Mapping[str, Any], name: str) -> str:
    """A string that must be there. Raises ValueError."""
    value = as_text(data.get(name))
    if not value:
        raise ValueError(f"no {name}")
    return value


def seconds(milliseconds: object) -> float:
    """A time in milliseconds, as Feishu writes it, in seconds; 0 for anything else."""
    try:
        return int(str(milliseconds)) / 1000
    except (ValueError, OverflowError):
        return 0.0


def person_id(ids: object) -> str:
    """The id that a person is known by: the open id, else what there is; may be empty."""
    given = as_dict(ids)
    kinds = ("open_id", "union_id", "user_id")
    return next((as_text(given[kind]) for kind in kinds if as_text(given.get(kind))), "")


def person_of(ids: object, *, is_bot: bool = False) -> Sender:
    """A person by their ids. Raises ValueError when there is none."""
    given = as_dict(ids)
    found = person_id(given)
    if not found:
        raise ValueError("no open_id, nor any other id")
    return Sender(
        open_id=found,
        user_id=as_text(given.get("user_id")),
        union_id=as_text(given.get("union_id")),
        is_bot=is_bot,
    )
