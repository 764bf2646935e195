"""The content of each kind of message as text and attachments ("Message content")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.core.messages import Attachment
from feishu_bot.feishu.events.card_content import card_text, is_stand_in
from feishu_bot.feishu.events.fields import as_dict, as_id, as_text, object_in
from feishu_bot.feishu.events.rich_text import RichText, attachment_of
from feishu_bot.feishu.events.thing_content import thing_text

# The whole content of a forwarded chat; what was said in it has to be asked for.
FORWARDED = "Merged and Forwarded Message"

# Up to the next one at most: thirty thousand without an end would each be read to the end.
_PARAGRAPH = re.compile(r"<p(?:\s[^<>]*)?>((?:(?!<p[\s>]).)*?)</p\s*>", re.DOTALL | re.IGNORECASE)
# Mentions may stand before the first paragraph.
_IS_PARAGRAPHS = re.compile(r"\s*(?:@_\w+\s*)*<p[\s>]", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says. `mentions` are those of its own tags, in the shape of an event's.

    `subject` is the person or group whose card it is, by id.
    """

    kind: str
    text: str = ""
    subject: str = ""
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[Mapping[str, Any], ...] = ()


def read_content(
    kind: str, raw: object, *, is_edited: bool = False, is_own: bool = False
) -> Content:
    """The content of a message; kinds with nothing to read give an empty text.

    `is_own` says that the bot has sent it.
    `raw` is the string of JSON that Feishu sends. The kind in the answer may be another one.
    """
    content = object_in(raw)
    if FORWARDED in (as_text(raw).strip(' "'), as_text(content.get("text")).strip()):
        return Content("merge_forward")
    text = ""
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[Mapping[str, Any], ...] = ()
    match kind:
        case "text":
            text = as_text(content.get("text"))
        case "post":
            post = RichText(_without_locale(content))
            text, attachments, mentions = post.text, post.attachments, post.mentions
        case "interactive":
            text, attachments, mentions = _card(content, is_own=is_own)
        case "image" | "file" | "audio" | "media":
            attachments = attachment_of(kind, content)
        case "share_user" | "share_chat":
            subject = as_id(content.get("user_id" if kind == "share_user" else "chat_id"))
            return Content(kind, subject=subject)
        case _:
            return Content(kind, thing_text(kind, content))
    text = _without_paragraphs(text) if is_edited else text
    return Content(kind, text, attachments=attachments, mentions=mentions)


def _card(
    content: dict[str, Any], *, is_own: bool
) -> tuple[str, tuple[Attachment, ...], tuple[Mapping[str, Any], ...]]:
    text = card_text(content, is_own=is_own)
    if text:
        return text, (), ()
    # The simplified form has rows of text runs, like a post. Its pictures are decoration.
    post = RichText(_without_locale(content))
    return ("", (), ()) if is_stand_in(post.text) else (post.text, (), post.mentions)


def _without_locale(content: dict[str, Any]) -> dict[str, Any]:
    """Received posts come bare; sent ones, and some old ones, lie under a locale."""
    if content.keys() & {"content", "elements", "content_v2"}:
        return content
    inner = as_dict(content.get("post")) or content
    parts = map(as_dict, inner.values())
    return next((part for part in parts if part.keys() & {"content", "content_v2"}), content)


def _without_paragraphs(text: str) -> str:
    """An edited text may come as paragraphs of HTML; other tags may be what is asked about."""
    if not (_IS_PARAGRAPHS.match(text) and _PARAGRAPH.search(text)):
        return text
    lines = _PARAGRAPH.sub(lambda paragraph: f"{paragraph[1]}\n", text)
    return _BREAK.sub("\n", lines).rstrip("\n")
