"""Fields of Feishu's JSON, where any of them may be missing, null or of another type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


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
