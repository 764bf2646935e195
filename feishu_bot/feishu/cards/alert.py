"""What administrators are told by the bot itself."""

from __future__ import annotations

import time
from typing import NamedTuple

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.alerts import Alert, Tally
from feishu_bot.core.cards import Text
from feishu_bot.core.notices import Notice
from feishu_bot.feishu.cards.elements import (
    SMALL,
    CardJson,
    Element,
    button_row,
    div,
    header,
    link_button,
)
from feishu_bot.feishu.cards.localizer import Localizer, preview
from feishu_bot.feishu.cards.notice import PARAM_CHARS, limited_params


class AlertText(NamedTuple):
    """The parts of an alert, in one language."""

    title: str
    what: str
    remedy: str


def alert_card(texts: Catalog, alert: Alert, tally: Tally) -> CardJson:
    """The cause, the remedy, how often since when, and the request id where there is one."""
    localizer = Localizer(texts)
    params = limited_params(Notice(alert.kind, alert.params))
    said = alert_text(texts, alert)
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(tally.since))
    count = {"since": since, "times": str(tally.times)}
    small: list[Element] = [
        div(localizer.plain(Text("alert_count", count), **SMALL), "count"),
    ]
    if params.get("request_id"):
        request = Text("request_line", {"request_id": params["request_id"]})
        small.append(div(localizer.plain(request, **SMALL), "request"))
    title = texts("alert_title", title=said.title)
    told = [div(localizer.plain(said.what), "what"), div(localizer.plain(said.remedy), "remedy")]
    if alert.link:
        link = link_button(localizer.plain(Text("button_console")), alert.link)
        told.append(button_row([link], spacing="8px"))
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": preview(title)}},
        "header": header({"tag": "plain_text", "content": title}, "red"),
        "body": {
            "elements": [
                *told,
                *small,
                div(localizer.plain(Text("alert_why"), **SMALL), "why"),
            ]
        },
    }


def alert_text(texts: Catalog, alert: Alert) -> AlertText:
    """What an alert says in one language."""
    if alert.finding:
        found, language = alert.finding, texts.language
        parts = (found.title, found.what, found.remedy)
        title, what, remedy = (part.of(language)[:PARAM_CHARS] for part in parts)
        return AlertText(title, what, remedy)
    notice = texts.notice(alert.kind, limited_params(Notice(alert.kind, alert.params)))
    # It continues a sentence elsewhere.
    remedy = notice.remedy[:1].upper() + notice.remedy[1:]
    return AlertText(notice.title, notice.what, remedy)
