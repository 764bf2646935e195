"""The pictures that stand beside an answer's text, in the shapes that services give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# OpenRouter and what follows it; CZL's for Gemini.
_FIELDS = ("images", "image")
_ADDRESS_FIELDS = ("image_url", "url", "inline_data", "inlineData", "source")
_DATA_FIELDS = ("b64_json", "data", "base64")
_TYPE_FIELDS = ("mime_type", "mimeType", "media_type")


def has_pictures(said: Mapping[str, Any]) -> bool:
    """Whether a delta or message has any beside its text."""
    if said.get("images") or said.get("image"):
        return True
    content = said.get("content")
    return isinstance(content, list) and any(map(_is_picture, content))


def pictures_in(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Their addresses, those on the web and data URLs; odd ones are left out."""
    return tuple(filter(None, map(_address_of, _parts_of(said))))


def _parts_of(said: Mapping[str, Any]) -> Iterator[Any]:
    for name in _FIELDS:
        parts = said.get(name)
        yield from parts if isinstance(parts, list) else [parts]
    content = said.get("content")
    yield from filter(_is_picture, content if isinstance(content, list) else [])


def _is_picture(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    return part.get("type") not in ("text", "output_text") and bool(_address_of(part))


def _address_of(part: Any) -> str:
    """The address in a part: `{"image_url": {"url": …}}`, or `{"data": …}`, or a text."""
    if isinstance(part, str):
        return part if part.startswith(("data:image/", "https://", "http://")) else ""
    if not isinstance(part, dict):
        return ""
    for name in _ADDRESS_FIELDS:
        if name in part and (address := _address_of(part[name])):
            return address
    data = _first_text(part, _DATA_FIELDS)
    if not data or data.startswith("data:"):
        return _address_of(data)
    media_type = _first_text(part, _TYPE_FIELDS)
    media_type = media_type if media_type.startswith("image/") else "image/png"
    return f"data:{media_type};base64,{data}"


def _first_text(part: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((part[name] for name in names if isinstance(part.get(name), str)), "")
