"""Notices as cards, and in short as a line of text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from feishu_bot.content.catalog import Catalog, NoticeText, Severity
from feishu_bot.core.notices import Notice
from feishu_bot.feishu.cards.elements import SMALL, CardJson, Element, div, header
from feishu_bot.feishu.cards.localizer import Localizer, preview

PARAM_CHARS = 500

_TEMPLATES: Mapping[Severity, str] = {"info": "grey", "retry": "orange", "admin": "red"}


def notice_card(texts: Catalog, notice: Notice, others: tuple[Catalog, ...] = ()) -> CardJson:
    """A notice on its own: what happened, what to do, and the request id if there is one.

    `others` are the texts of further languages, for a card that many read.
    """
    localizer = Localizer(texts, others)
    return with_title(notice_elements(localizer, notice), localizer, notice)


def notice_elements(localizer: Localizer, notice: Notice) -> list[Element]:
    """What happened, what to do, and the request id."""
    text = partial(_text, notice)
    elements = [div(localizer.put(lambda texts: text(texts).what), "what")]
    if text(localizer.texts).do:
        elements.append(div(localizer.put(lambda texts: text(texts).do), "advice"))
    if _request_line(localizer.texts, notice):
        line = localizer.put(partial(_request_line, notice=notice), **SMALL)
        elements.append(div(line, "request"))
    return elements


def with_title(elements: list[Element], localizer: Localizer, notice: Notice) -> CardJson:
    """A card of these elements, with the notice's title and colour."""
    text = partial(_text, notice)
    summary = localizer.spread(lambda texts: preview(text(texts).title or text(texts).what))
    card: CardJson = {
        "schema": "2.0",
        "config": {"update_multi": True, "streaming_mode": False, "summary": summary},
        "body": {"elements": elements},
    }
    if text(localizer.texts).title:
        title = localizer.put(lambda texts: text(texts).title)
        card["header"] = header(title, _TEMPLATES[text(localizer.texts).severity])
    return card


def notice_line(texts: Catalog, notice: Notice) -> str:
    """A notice in short under an answer, with the request id on a line of its own."""
    line = texts(notice.kind, **_limited(notice.params))
    return "\n".join(filter(None, (line, _request_line(texts, notice))))


def _text(notice: Notice, texts: Catalog) -> NoticeText:
    return texts.notice(notice.kind, _limited(notice.params))


def _request_line(texts: Catalog, notice: Notice) -> str:
    """For the administrator; an answer that was stopped or got long needs none."""
    request_id = _limited(notice.params).get("request_id", "")
    if not request_id or not texts.notice(notice.kind).title:
        return ""
    return texts("request_line", request_id=request_id)


def _limited(params: Mapping[str, str]) -> dict[str, str]:
    """Parameters come from outside and must not fill the card."""
    return {name: str(value)[:PARAM_CHARS] for name, value in params.items()}
