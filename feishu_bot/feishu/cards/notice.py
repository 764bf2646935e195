"""Notices as cards, and in short as a line of text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from feishu_bot.content.catalog import Catalog, NoticeText, Severity
from feishu_bot.core.cards import Text
from feishu_bot.core.notices import Notice
from feishu_bot.feishu.cards.elements import (
    SMALL,
    CardJson,
    Element,
    button,
    button_row,
    div,
    header,
    person_row,
)
from feishu_bot.feishu.cards.localizer import Localizer, preview

PARAM_CHARS = 500
MOST_ADMINS = 5

# Ids of people; None where nothing is to be said of administrators.
Admins = tuple[str, ...] | None

_TEMPLATES: Mapping[Severity, str] = {"info": "grey", "retry": "orange", "admin": "red"}


def notice_card(
    texts: Catalog,
    notice: Notice,
    others: tuple[Catalog, ...] = (),
    *,
    admins: Admins = None,
    chat: str = "",
) -> CardJson:
    """A notice on its own: what happened, what to do, and the request id if there is one.

    `others` are the texts of further languages, for a card that many read. `admins` are named
    where one is to be asked; with None nobody is, and nothing said of it. `chat` is its kind, p2p
    or group, where a button has to tell.
    """
    localizer = Localizer(texts, others)
    elements = notice_elements(localizer, notice, admins)
    elements += ask_more_row(localizer, notice, admins, chat)
    return with_title(elements, localizer, notice)


def notice_elements(localizer: Localizer, notice: Notice, admins: Admins = None) -> list[Element]:
    """What happened, what to do, who the administrators are, and the request id."""
    text = partial(_text, notice)
    elements = [div(localizer.put(lambda texts: text(texts).what), "what")]
    if text(localizer.texts).do:
        elements.append(div(localizer.put(lambda texts: text(texts).do), "advice"))
    elements += admin_elements(localizer, notice, admins)
    if _request_line(localizer.texts, notice):
        line = localizer.put(partial(_request_line, notice=notice), **SMALL)
        elements.append(div(line, "request"))
    return elements


def ask_more_row(localizer: Localizer, notice: Notice, admins: Admins, chat: str) -> list[Element]:
    """The button that asks the administrators for more, under a limit that was reached."""
    if not admins or not localizer.texts.notice(notice.kind).asks_more:
        return []
    label = localizer.plain(Text("button_ask_more"))
    value = {"act": "ask_more", **({"chat": chat} if chat else {})}
    pressed = button(label, value, style="default", element_id="ask_more", size="small")
    return [button_row([pressed], spacing="8px", element_id="notice_buttons")]


def admin_elements(localizer: Localizer, notice: Notice, admins: Admins) -> list[Element]:
    """The administrators, where the notice asks a person to turn to one."""
    if admins is None or not localizer.texts.notice(notice.kind).asks_admins:
        return []
    if not admins:
        return [div(localizer.plain(Text("admins_unset"), **SMALL), "admins")]
    label = div(localizer.plain(Text("admins"), **SMALL))
    return [person_row(label, admins[:MOST_ADMINS], "admins")]


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
    line = texts(notice.kind, **limited_params(notice))
    return "\n".join(filter(None, (line, _request_line(texts, notice))))


def _text(notice: Notice, texts: Catalog) -> NoticeText:
    return texts.notice(notice.kind, limited_params(notice))


def _request_line(texts: Catalog, notice: Notice) -> str:
    """For the administrator; an answer that was stopped or got long needs none."""
    request_id = limited_params(notice).get("request_id", "")
    if not request_id or not texts.notice(notice.kind).title:
        return ""
    return texts("request_line", request_id=request_id)


def limited_params(notice: Notice) -> dict[str, str]:
    """Parameters come from outside and must not fill the card."""
    return {name: str(value)[:PARAM_CHARS] for name, value in notice.params.items()}
