"""The JSON of a delivery, and the app that it is for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from feishu_bot.errors import Unreadable
from feishu_bot.feishu.events.fields import cleaned


def read_json(text: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object that the bytes begin with, fit to be stored, and the text after it.

    Raises Unreadable.
    """
    characters = text.decode("utf-8", "replace").lstrip()
    try:
        data, end = json.JSONDecoder().raw_decode(characters)
        # Only an escape can stand for half a character, or for NUL.
        data = cleaned(data) if "\\u" in characters else data
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(data, dict):
        raise Unreadable("not a JSON object")
    return data, characters[end:]


def app_id_of(data: Mapping[str, Any], *, default: str) -> object:
    """The app that an event of either generation names.

    `default` where one of the first generation names none. Raises Unreadable.
    """
    if "header" in data:
        header = data["header"]
        if not isinstance(header, Mapping):
            raise Unreadable("no header in it")
        return header.get("app_id")
    event = data.get("event")
    if not isinstance(event, Mapping):
        raise Unreadable("neither an event nor an address check")
    return event.get("app_id", default)
