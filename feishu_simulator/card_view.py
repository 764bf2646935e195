"""The visible parts of a card: text, panels, buttons and summary."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

Card = dict[str, Any]

# Components whose texts are labels of controls, not text to read.
_CONTROLS = frozenset(
    {
        "button", "input", "overflow", "select_static", "multi_select_static", "select_person",
        "multi_select_person", "date_picker", "picker_time", "picker_datetime", "select_img",
        "table", "chart", "img", "img_combination", "audio", "person", "person_list",
    }
)  # fmt: skip

# Feishu shows these elements as Markdown and decodes HTML entities in them, though not in code
# ("Rich text (Markdown) component": special characters are written as entities).
_MARKDOWN = frozenset({"markdown", "lark_md"})
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_CODE = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.*?^ *(?P=fence)[`~]*[ \t]*$|.*\Z)"
    r"|(?<!`)(?P<ticks>`{1,2})(?!`)(?:(?!\n\n).)*?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)

# The developer's own data, where a "tag" has no meaning.
_OPAQUE = frozenset({"value", "chart_spec", "rows"})


def elements_of(card: Card) -> list[Any]:
    """The elements at the top of a card of either generation."""
    body = card.get("body")
    elements = body.get("elements") if isinstance(body, dict) else card.get("elements")
    if elements is None and isinstance(card.get("i18n_elements"), dict):
        # 1.0 may have the elements by language instead; Chinese is Feishu's first.
        by_language = card["i18n_elements"]
        elements = by_language.get("zh_cn") or next(iter(by_language.values()), None)
    return elements if isinstance(elements, list) else []


def walk(part: Any) -> Iterator[dict[str, Any]]:
    """Every object with a `tag`, in reading order."""
    if isinstance(part, dict):
        if isinstance(part.get("tag"), str):
            yield part
        for key, value in part.items():
            if key not in _OPAQUE:
                yield from walk(value)
    elif isinstance(part, list):
        for value in part:
            yield from walk(value)


def text_of(card: Card) -> str:
    """The visible text, without collapsed panels and labels of controls."""
    return "\n".join(line for line in _texts(elements_of(card), panels=False) if line)


def panels_of(card: Card) -> list[tuple[str, str]]:
    """Title and text of each collapsible panel."""
    panels = []
    for part in walk(elements_of(card)):
        if part["tag"] == "collapsible_panel":
            title = (part.get("header") or {}).get("title") or {}
            texts = _texts(part.get("elements"), panels=True)
            panels.append((str(title.get("content", "")), "\n".join(t for t in texts if t)))
    return panels


def buttons_of(card: Card) -> list[dict[str, Any]]:
    """The buttons, in reading order."""
    return [part for part in walk(elements_of(card)) if part["tag"] == "button"]


def summary_of(card: Card) -> str:
    """The summary, shown in lists of chats."""
    summary = (card.get("config") or {}).get("summary") or {}
    return str(summary.get("content", ""))


def title_of(card: Card) -> str:
    title = (card.get("header") or {}).get("title") or {}
    return str(title.get("content", ""))


def label_of(button: dict[str, Any]) -> str:
    return str((button.get("text") or {}).get("content", ""))


def value_of(component: dict[str, Any]) -> Any:
    """The value of a component's callback: in `behaviors` in 2.0, in `value` in 1.0."""
    for behavior in component.get("behaviors") or []:
        if behavior.get("type") == "callback":
            return behavior.get("value")
    return component.get("value")


def _texts(part: Any, *, panels: bool) -> Iterator[str]:
    if isinstance(part, list):
        for value in part:
            yield from _texts(value, panels=panels)
    elif isinstance(part, dict):
        tag = part.get("tag")
        if tag in _CONTROLS or (tag == "collapsible_panel" and not panels):
            return
        if isinstance(part.get("content"), str):
            yield _read(part["content"]) if tag in _MARKDOWN else part["content"]
        for key in ("text", "fields", "columns", "actions", "elements"):
            yield from _texts(part.get(key), panels=panels)


def _read(markdown: str) -> str:
    """Markdown with its entities decoded, except in code."""
    if not _ENTITY.search(markdown):
        return markdown
    shown = []
    end = 0
    for code in _CODE.finditer(markdown):
        shown += [_decoded(markdown[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*shown, _decoded(markdown[end:])])


def _decoded(prose: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), prose)
