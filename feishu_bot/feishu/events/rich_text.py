"""Rich text ("post"): rows of runs, and the Markdown that newer clients send beside them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from feishu_bot.core.messages import Attachment
from feishu_bot.feishu.events.fields import as_dict, as_id, as_list, as_text, parse_json

_TICKS = re.compile(r"`{3,}")
# Up to the next one at most: six thousand without an end would each be read to the end.
_AT = re.compile(
    r"<at\s+(?:user_id|open_id|id)\s*=\s*[\"']?([^\"'>\s]*)[\"']?\s*>((?:(?!<at\s).)*?)</at\s*>",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"!\[[^\]]{0,500}\]\(\s*(img_[\w-]+)[^)]*\)")
# These stand on lines of their own, wherever they are in a row.
_BLOCKS = frozenset({"code_block", "hr"})


def attachment_of(tag: object, part: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The attachment of a message of this kind, or of a run with this tag; none without a key."""
    file_key, name = as_id(part.get("file_key")), as_text(part.get("file_name"))
    match tag:
        case "img" | "image":
            item = Attachment("image", as_id(part.get("image_key")))
        case "audio":
            item = Attachment("audio", file_key, name)
        case "media" | "video":
            item = Attachment("video", file_key, name, cover=as_id(part.get("image_key")))
        case "file":
            item = Attachment("file", file_key, name)
        case _:
            return ()
    return (item,) if item.key else ()


class RichText:
    """A rich text, read row by row. `mentions` are in the shape of an event's."""

    def __init__(self, post: Mapping[str, Any]) -> None:
        self._attachments: list[Attachment] = []
        self._mentions: list[Mapping[str, Any]] = []
        words = self._read(post.get("content")) or self._read(post.get("elements"))
        # The same once more, as Markdown; some messages have only that.
        markdown = self._read(post.get("content_v2"))
        lines = [as_text(post.get("title")), words if words.strip() else markdown]
        self.text = "\n".join(filter(None, lines)).rstrip()
        self.attachments = tuple(dict.fromkeys(self._attachments))
        self.mentions = tuple(self._mentions)

    def _read(self, rows: object) -> str:
        shown = [(row, self._row(row)) for row in _rows(rows)]
        # A row of pictures only leaves no line behind; an empty one is an empty line.
        return "\n".join(text for row, text in shown if text or not row)

    def _row(self, row: object) -> str:
        text = ""
        after_block = False
        for part in map(as_dict, row if isinstance(row, list) else [row]):
            piece = self._part(part)
            is_block = as_text(part.get("tag")) in _BLOCKS
            if piece and text and (is_block or after_block):
                text = text.rstrip(" \t")
                piece = piece if text.endswith("\n") or piece.startswith("\n") else f"\n{piece}"
            text += piece
            after_block = is_block if piece else after_block
        return text

    def _part(self, part: dict[str, Any]) -> str:
        text = as_text(part.get("text")) or as_text(part.get("content"))
        if part.get("un_escape") is True:
            text = html.unescape(text)
        attached = attachment_of(part.get("tag"), part)
        if attached:
            self._attachments += attached
            return ""
        match part.get("tag"):
            case "a":
                href = as_text(part.get("href"))
                return f"[{text}]({href})" if text and href and text != href else text or href
            case "at":
                return self._mention(part)
            case "emotion":
                return f":{as_text(part.get('emoji_type'))}:"
            case "hr":
                return "---"
            case "code_block":
                return _fenced(text, as_text(part.get("language")))
            case "md" | "markdown" | "lark_md":
                return self._markdown(text)
            case _:
                return text

    def _markdown(self, text: str) -> str:
        for key in _PICTURE.findall(text):
            self._attachments.append(Attachment("image", key))

        def mention(match: re.Match[str]) -> str:
            return self._mention({"user_id": match[1], "user_name": match[2]})

        return _AT.sub(mention, _PICTURE.sub("", text)).strip("\n")

    def _mention(self, part: Mapping[str, Any]) -> str:
        """The key is left in the text and resolved with those of the event."""
        ids = {
            name: as_text(part.get(name))
            for name in ("open_id", "union_id", "app_id")
            if as_text(part.get(name))
        }
        name = as_text(part.get("user_name")) or as_text(part.get("name"))
        user_id = as_text(part.get("user_id")) or as_text(part.get("id"))
        key = user_id or next(iter(ids.values()), "")
        if key in ("all", "@_all"):
            return "@_all"
        if not key:
            return f"@{name.removeprefix('@')}" if name else ""
        # With a placeholder for a key the id is unknown here: the event's entry names it.
        if not key.startswith("@"):
            ids.setdefault("app_id" if key.startswith("cli_") else "open_id", key)
        self._mentions.append({"key": key, "id": ids, "name": name.removeprefix("@")})
        return key


def _rows(raw: object) -> list[Any]:
    """The rows of a text, also where they are a string of JSON or lie under a locale."""
    if isinstance(raw, str):
        try:
            raw = parse_json(raw)
        except (ValueError, RecursionError):
            return []
    if isinstance(raw, Mapping):
        return next((rows for rows in map(_rows, raw.values()) if rows), [])
    return as_list(raw)


def _fenced(code: str, language: str) -> str:
    ticks = "`" * max(3, max(map(len, _TICKS.findall(code)), default=0) + 1)
    return f"{ticks}{language.lower()}\n{code.rstrip()}\n{ticks}"
