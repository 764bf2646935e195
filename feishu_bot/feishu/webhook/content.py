"""The content of each kind of message as text and attachments ("Message content")."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from feishu_bot.core.messages import Attachment, Mention
from feishu_bot.feishu.webhook.fields import as_dict, as_list, as_text

# Components of a card that are collapsed, or whose words are labels.
_NOT_SAID = frozenset(
    {
        "button", "collapsible_panel", "date_picker", "form", "input", "multi_select_person",
        "multi_select_static", "overflow", "picker_datetime", "picker_time", "select_img",
        "select_person", "select_static",
    }
)  # fmt: skip
_TICKS = re.compile(r"`{3,}")


def read_content(
    kind: str, content: dict[str, Any]
) -> tuple[str, tuple[Attachment, ...], dict[str, Mention]]:
    """Text, attachments, and the mentions that only a post's own tags name.

    Kinds with nothing to read give an empty text.
    """
    match kind:
        case "text":
            return as_text(content.get("text")), (), {}
        case "post" | "interactive":
            post = _Post(_without_locale(content))
            return post.text, tuple(post.attachments), post.mentions
        case "image" | "file" | "audio" | "media":
            return "", _attachment(kind, content), {}
        case "todo":
            return _Post(as_dict(content.get("summary"))).text, (), {}
        case "vote":
            options = [as_text(option) for option in as_list(content.get("options"))]
            return _lines(content.get("topic"), *(f"- {option}" for option in options)), (), {}
        case "location":
            return as_text(content.get("name")), (), {}
        case "share_calendar_event" | "calendar" | "general_calendar":
            return as_text(content.get("summary")), (), {}
        case "video_chat":
            return as_text(content.get("topic")), (), {}
        case _:
            return "", (), {}


def card_text(card: Mapping[str, Any]) -> str:
    """The text of a card of either generation, without collapsed parts and controls."""
    header = as_dict(as_dict(card.get("header")).get("title"))
    elements = as_dict(card.get("body")).get("elements") or card.get("elements")
    # The simplified form has rows of text runs, which are read like a post's.
    if any(isinstance(element, list) for element in as_list(elements)):
        return ""
    parts = [as_text(header.get("content")), *_said(elements)]
    return "\n".join(part for part in parts if part.strip())


def _said(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for inner in part:
            yield from _said(inner)
    elif isinstance(part, Mapping) and part.get("tag") not in _NOT_SAID:
        if part.get("text_size") == "notation":
            return  # small print
        yield as_text(part.get("content"))
        for name in ("text", "fields", "columns", "elements"):
            yield from _said(part.get(name))


def _attachment(kind: str, content: Mapping[str, Any]) -> tuple[Attachment, ...]:
    name = as_text(content.get("file_name"))
    match kind:
        case "image":
            item = Attachment("image", as_text(content.get("image_key")))
        case "file":
            item = Attachment("file", as_text(content.get("file_key")), name)
        case "audio":
            item = Attachment("audio", as_text(content.get("file_key")), name)
        case _:
            item = Attachment("video", as_text(content.get("file_key")), name)
    return (item,) if item.key else ()


def _without_locale(content: dict[str, Any]) -> dict[str, Any]:
    """Received posts come bare; sent ones, and some old ones, lie under a locale."""
    if "content" in content or "elements" in content:
        return content
    inner = as_dict(content.get("post")) or content
    return next((part for part in map(as_dict, inner.values()) if "content" in part), content)


class _Post:
    """A rich text, read paragraph by paragraph."""

    def __init__(self, post: Mapping[str, Any]) -> None:
        self.attachments: list[Attachment] = []
        self.mentions: dict[str, Mention] = {}
        rows = as_list(post.get("content")) or as_list(post.get("elements"))
        paragraphs = [self._paragraph(row) for row in rows]
        # A paragraph of pictures only leaves no line behind; an empty one is a blank line.
        shown = [text for row, text in zip(rows, paragraphs, strict=True) if text or not row]
        self.text = _lines(post.get("title"), *shown).rstrip()

    def _paragraph(self, row: object) -> str:
        parts = row if isinstance(row, list) else [row]
        return "".join(self._part(as_dict(part)) for part in parts)

    def _part(self, part: dict[str, Any]) -> str:
        text = as_text(part.get("text"))
        if part.get("un_escape") is True:
            text = html.unescape(text)
        match part.get("tag"):
            case "a":
                href = as_text(part.get("href"))
                return f"[{text}]({href})" if text and href and text != href else text or href
            case "at":
                return self._mention(part)
            case "img":
                self._attach("image", part.get("image_key"))
                return ""
            case "media":
                self._attach("video", part.get("file_key"))
                return ""
            case "emotion":
                return f":{as_text(part.get('emoji_type'))}:"
            case "hr":
                return "---"
            case "code_block":
                return _fenced(text, as_text(part.get("language")))
            case _:
                return text

    def _attach(self, kind: str, key: object) -> None:
        if as_text(key):
            self.attachments.append(Attachment("image" if kind == "image" else "video", str(key)))

    def _mention(self, part: Mapping[str, Any]) -> str:
        """The key is left in the text and resolved with those of the event."""
        key, name = as_text(part.get("user_id")), as_text(part.get("user_name"))
        if key in ("all", "@_all"):
            return "@_all"
        if not key:
            return f"@{name.removeprefix('@')}" if name else ""
        # With a placeholder for a key the open id is unknown here: the event's entry names it.
        open_id = "" if key.startswith("@") else key
        self.mentions[key] = Mention(open_id=open_id, name=name.removeprefix("@"))
        return key


def _fenced(code: str, language: str) -> str:
    ticks = "`" * max(3, max(map(len, _TICKS.findall(code)), default=0) + 1)
    return f"{ticks}{language.lower()}\n{code.rstrip()}\n{ticks}"


def _lines(first: object, *rest: str) -> str:
    return "\n".join([line for line in [as_text(first)] if line] + list(rest))
