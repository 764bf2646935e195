"""What came with a question, in a conversation that is written to a file.

Pictures, files and recordings are named, with the message that they came in; of files and
recordings there is the text that was read. Nothing else of them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from feishu_bot.core.answering.document_pages import read_pages
from feishu_bot.core.answering.question_context import ContextTag, tags_in

Texts = Callable[..., str]

_TICKS = re.compile("`+")


def exported_context(texts: Texts, question: str) -> str:
    """Markdown for what stands before a question; empty where nothing does."""
    return "\n\n".join(part for tag in tags_in(question) for part in _told(texts, tag))


def _told(texts: Texts, tag: ContextTag) -> Iterator[str]:
    attributes = tag.attributes
    name, pages, page = (attributes.get(key, "") for key in ("name", "pages", "page"))
    details = [_code(name) if name else ""]
    if pages:
        shown, _, total = pages.partition(" of ")
        details.append(texts("export_pages", pages=shown, total=total))
    if page:
        details.append(texts("export_page", page=page))
    is_unread = (tag.name == "document" and not read_pages(attributes)) or (
        tag.name == "recording" and not attributes.get("message")
    )
    details.append(attributes.get("length", ""))
    details.append(texts("export_unread") if is_unread else "")
    details.append(_code(attributes["message"]) if attributes.get("message") else "")
    yield " · ".join((texts(f"export_{tag.name}"), *filter(None, details)))
    # Of a picture the bot's own words for the model are no news.
    if tag.name != "picture" and not is_unread and tag.text.strip():
        yield _fenced(tag.text)


def _code(text: str) -> str:
    return f"`{text.replace('`', ' ')}`"


def _fenced(text: str) -> str:
    """The text between lines that it can't close: what a stranger wrote is no Markdown of ours."""
    longest = max(map(len, _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
