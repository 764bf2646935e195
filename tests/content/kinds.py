"""The kinds of texts in a catalog, and their templates."""

from __future__ import annotations

from feishu_bot.content.catalog import Catalog


def kinds_of(texts: Catalog) -> frozenset[str]:
    """Every kind there is a text for."""
    return frozenset(texts._lines) | frozenset(texts._notices)


def template_of(texts: Catalog, kind: str) -> str:
    """All of a kind's texts with their `{params}` still open."""
    if kind in texts._lines:
        return texts._lines[kind]
    text = texts._notices[kind]
    return "\n".join((text.title, text.what, text.do, text.remedy))
