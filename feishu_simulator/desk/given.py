"""What the page may send, field by field; everything else is refused with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Given = Mapping[str, Any]

TEXT_CHARS = 30_000
NAME_CHARS = 40
EMOJI_CHARS = 40
FILE_NAME_CHARS = 120
MENTIONS = 100


class BadAction(Exception):
    """The page asked for something that can't be; the text says what."""


def text(given: Given, name: str, most: int) -> str:
    """Something written; what UTF-8 can't hold (half of a surrogate pair) is not."""
    value = given.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise BadAction(f"{name} must have 1 to {most} characters")
    return _encodable(name, value)


def texts(given: Given, name: str) -> list[str]:
    value = given.get(name) or []
    if not isinstance(value, list) or len(value) > MENTIONS:
        raise BadAction(f"{name} must be a list of at most {MENTIONS}")
    if not all(isinstance(one, str) for one in value):
        raise BadAction(f"{name} must hold strings")
    return [_encodable(name, one) for one in value]


def flag(given: Given, name: str, *, default: bool = False) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise BadAction(f"{name} must be true or false")
    return value


def number(given: Given, name: str, default: int, most: int) -> int:
    """A whole number above 0, also as text, as addresses carry it."""
    value = given.get(name, default)
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError) as exc:
        raise BadAction(f"{name} must be a number") from exc
    if not 0 < whole <= most:
        raise BadAction(f"{name} must be 1 to {most}")
    return whole


def choice(given: Given, name: str, choices: Sequence[str]) -> str:
    value = given.get(name)
    if not isinstance(value, str) or value not in choices:
        raise BadAction(f"{name} must be one of {', '.join(choices)}")
    return value


def file_name(name: str) -> str:
    """The last part of a path, without what a header or a file system trips over."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in last if char.isprintable() and char not in '":*?<>|')
    return kept.strip(". ")[-FILE_NAME_CHARS:] or "file"


def component_of(given: Given) -> dict[str, Any]:
    """A component as the card holds it, its `behaviors` being what a callback is made of."""
    component = given.get("component")
    if not isinstance(component, dict) or not isinstance(component.get("tag"), str):
        raise BadAction("component must be an element of the card")
    behaviors = component.get("behaviors") or []
    if not isinstance(behaviors, list) or not all(isinstance(one, dict) for one in behaviors):
        raise BadAction("component.behaviors must be a list of objects")
    return component


def form_of(given: Given) -> dict[str, Any] | None:
    form = given.get("form_value")
    if form is not None and not isinstance(form, dict):
        raise BadAction("form_value must be an object")
    return form


def _input(given: Given, name: str) -> str:
    value = given[name]
    if not isinstance(value, str) or len(value) > TEXT_CHARS:
        raise BadAction(f"{name} must be a string")
    return _encodable(name, value)


def _encodable(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise BadAction(f"{name} has broken characters") from exc
    return value


# What a component adds to a callback besides its value ("Card callback").
ACTION_FIELDS: Mapping[str, Callable[[Given, str], Any]] = {
    "option": _input,
    "options": texts,
    "input_value": _input,
    "checked": flag,
}
