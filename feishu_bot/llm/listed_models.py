"""The names of models as services list them."""

from __future__ import annotations

from feishu_bot.core.text import is_name
from feishu_bot.llm.chunks import NAME_CHARS

_LISTS = ("data", "models", "model_list", "result", "items")
_NAMES = ("id", "name", "model", "model_name", "model_id")


def names_in(body: object) -> list[str] | None:
    """The names that the answer to `GET /models` lists, in any of the shapes it has.

    None when it is no list of models. The list may be null.
    """
    entries = body
    if isinstance(body, dict):
        found = next((name for name in _LISTS if name in body), None)
        if found is None:
            return None
        entries = body[found]
        if isinstance(entries, dict):
            return names_in(entries) or [name for name in entries if is_name(name, NAME_CHARS)]
        if not isinstance(entries, list):
            return []
    if not isinstance(entries, list):
        return None
    # A name that can't be shown or stored can't be chosen either.
    return [name for entry in entries if (name := _name_of(entry)) and is_name(name, NAME_CHARS)]


def _name_of(entry: object) -> str:
    if isinstance(entry, str):
        return entry
    if not isinstance(entry, dict):
        return ""
    found = (entry.get(name) for name in _NAMES)
    return next((name for name in found if isinstance(name, str) and name), "")
