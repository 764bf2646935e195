"""Signs the buttons of a card that is about to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Makes a value the signed one.
Sign = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def with_signed_buttons(part: Any, sign: Sign) -> Any:
    """The same card, or part of one, with the value of every callback signed."""
    if isinstance(part, list):
        return [with_signed_buttons(item, sign) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "callback":
        return {**part, "value": sign(part["value"])}
    return {name: with_signed_buttons(item, sign) for name, item in part.items()}
