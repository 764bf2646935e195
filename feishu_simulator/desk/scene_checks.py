"""What a scene's file must be like. Everything here raises BadScene, which names the place."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Collection
from typing import Any

FORMAT = "feishu-simulator-scene"
VERSION = 1
MOST_BYTES = 32 * 1024 * 1024
MOST_PEOPLE = 500
MOST_CHATS = 500
MOST_MESSAGES = 5_000
MOST_FILES = 500
MOST_DEPTH = 60
NAME_CHARS = 200
BIGGEST_INT = 2**53
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")
MODES = ("p2p", "group", "topic")


class BadScene(Exception):
    """A file that is no scene; the text says where and why."""


def parse_scene(data: bytes) -> dict[str, Any]:
    """The JSON object of a scene of this version, not looked into any further."""
    if len(data) > MOST_BYTES:
        raise BadScene(f"the file is larger than {MOST_BYTES // 1024 // 1024} MB")
    try:
        scene = json.loads(data, parse_constant=_no_number, parse_float=_finite, parse_int=_small)
    except RecursionError as exc:
        raise BadScene("the file is nested too deeply") from exc
    except ValueError as exc:
        raise BadScene(f"not JSON: {exc}") from exc
    if not isinstance(scene, dict) or scene.get("format") != FORMAT:
        raise BadScene(f"not a scene: `format` is not {FORMAT}")
    if scene.get("version") != VERSION or isinstance(scene["version"], bool):
        raise BadScene(f"version {scene.get('version')!r} instead of {VERSION}")
    _check_texts(scene)
    return scene


def rows(scene: dict[str, Any], name: str, most: int) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a list, each with its place."""
    value = scene.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise BadScene(f"{name}: a list of at most {most} is expected")
    found = [(f"{name}[{number}]", row) for number, row in enumerate(value)]
    for place, row in found:
        if not isinstance(row, dict):
            raise BadScene(f"{place}: an object is expected")
    return found


def identifier(row: dict[str, Any], name: str, place: str, *, optional: bool = False) -> str:
    """An id; with *optional* also ""."""
    value = row.get(name)
    if optional and value == "":
        return ""
    if not isinstance(value, str) or not _ID.match(value):
        raise BadScene(f"{place}.{name}: an id is expected")
    return value


def known(row: dict[str, Any], name: str, place: str, ids: Collection[str]) -> str:
    """An id among *ids*."""
    value = row.get(name)
    if not isinstance(value, str) or value not in ids:
        raise BadScene(f"{place}.{name}: nothing with this id is in the scene")
    return value


def text(row: dict[str, Any], name: str, place: str, most: int = NAME_CHARS) -> str:
    """A text of at most *most* characters."""
    value = row.get(name)
    if not isinstance(value, str) or len(value) > most:
        raise BadScene(f"{place}.{name}: a text of at most {most} characters is expected")
    return value


def flag(row: dict[str, Any], name: str, place: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise BadScene(f"{place}.{name}: true or false is expected")
    return value


def count(row: dict[str, Any], name: str, place: str) -> int:
    """A whole number from 0 on."""
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadScene(f"{place}.{name}: a whole number is expected")
    return value


def mapping(row: dict[str, Any], name: str, place: str) -> dict[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise BadScene(f"{place}.{name}: an object is expected")
    return value


def data_of(row: dict[str, Any], place: str) -> bytes:
    """The bytes of a file."""
    try:
        return base64.b64decode(text(row, "data", place, MOST_BYTES), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BadScene(f"{place}.data: base64 is expected") from exc


def _check_texts(scene: Any) -> None:
    """No lone surrogates, and not too deep: what reads it later goes as deep."""
    waiting = [(scene, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MOST_DEPTH:
            raise BadScene("the file is nested too deeply")
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError as exc:
                raise BadScene("a text has broken characters") from exc
        elif isinstance(value, dict):
            waiting += [(one, depth + 1) for pair in value.items() for one in pair]
        elif isinstance(value, list):
            waiting += [(one, depth + 1) for one in value]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large")
    return value


def _small(text: str) -> int:
    if len(text) > 17 or abs(value := int(text)) > BIGGEST_INT:
        raise ValueError(f"{text[:20]} is too large")
    return value
