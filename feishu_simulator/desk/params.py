"""Validation of the page's parameters. Everything here raises BadAction with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Params = Mapping[str, Any]

TEXT_CHARS = 30_000
NAME_CHARS = 40
EMOJI_CHARS = 40
FILE_NAME_CHARS = 120
MENTIONS = 100


class BadAction(Exception):
    """An invalid action; the text says why."""


def text(params: Params, name: str, most: int) -> str:
    """A text of 1 to *most* characters that UTF-8 can encode."""
    value = params.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise BadAction(f"{name} must have 1 to {most} characters")
    return _encodable(name, value)


def texts(params: Params, name: str) -> list[str]:
    """A list of strings, empty by default."""
    value = params.get(name) or []
    if not isinstance(value, list) or len(value) > MENTIONS:
        raise BadAction(f"{name} must be a list of at most {MENTIONS}")
    if not all(isinstance(one, str) for one in value):
        raise BadAction(f"{name} must hold strings")
    return [_encodable(name, one) for one in value]


def flag(params: Params, name: str, *, default: bool = False) -> bool:
    """A boolean."""
    value = params.get(name, default)
    if not isinstance(value, bool):
        raise BadAction(f"{name} must be true or false")
    return value


def number(params: Params, name: str, default: int, most: int) -> int:
    """An integer from 1 to *most*, also as text, as in a query string."""
    value = params.get(name, default)
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError) as exc:
        raise BadAction(f"{name} must be a number") from exc
    if not 0 < whole <= most:
        raise BadAction(f"{name} must be 1 to {most}")
    return whole


def choice(params: Params, name: str, choices: Sequence[str]) -> str:
    """One of *choices*."""
    value = params.get(name)
    if not isinstance(value, str) or value not in choices:
        raise BadAction(f"{name} must be one of {', '.join(choices)}")
    return value


def file_name(name: str) -> str:
    """The last part of a path, without characters that headers or file systems refuse."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in last if char.isprintable() and char not in '":*?<>|')
    return kept.strip(". ")[-FILE_NAME_CHARS:] or "file"


def component_of(params: Params) -> dict[str, Any]:
    """A component of the card; its `behaviors` hold the value of the callback."""
    component = params.get("component")
    if not isinstance(component, dict) or not isinstance(component.get("tag"), str):
        raise BadAction("component must be an element of the card")
    behaviors = component.get("behaviors") or []
    if not isinstance(behaviors, list) or not all(isinstance(one, dict) for one in behaviors):
        raise BadAction("component.behaviors must be a list of objects")
    return component


def form_of(params: Params) -> dict[str, Any] | None:
    """The values of a form, by component name."""
    form = params.get("form_value")
    if form is not None and not isinstance(form, dict):
        raise BadAction("form_value must be an object")
    return form


def _input(params: Params, name: str) -> str:
    value = params[name]
    if not isinstance(value, str) or len(value) > TEXT_CHARS:
        raise BadAction(f"{name} must be a string")
    return _encodable(name, value)


def _encodable(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise BadAction(f"{name} has broken characters") from exc
    return value


# The fields of a callback besides its value ("Card callback").
ACTION_FIELDS: Mapping[str, Callable[[Params, str], Any]] = {
    "option": _input,
    "options": texts,
    "input_value": _input,
    "checked": flag,
}
