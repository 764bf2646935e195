"""What administrators are told by the bot itself."""

from __future__ import annotations

import time

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.alerts import Alert, Tally
from feishu_bot.core.cards import Text
from feishu_bot.core.notices import Notice
from feishu_bot.feishu.cards.elements import SMALL, CardJson, Element, div, header
from feishu_bot.feishu.cards.localizer import Localizer, preview
from feishu_bot.feishu.cards.notice import limited_params


def alert_card(texts: Catalog, alert: Alert, tally: Tally) -> CardJson:
    """The cause, the remedy, how often since when, and the request id where there is one."""
    localizer = Localizer(texts)
    params = limited_params(Notice(alert.kind, alert.params))
    notice = texts.notice(alert.kind, params)
    # It continues a sentence elsewhere.
    remedy = notice.remedy[:1].upper() + notice.remedy[1:]
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(tally.since))
    count = {"since": since, "times": str(tally.times)}
    small: list[Element] = [
        div(localizer.plain(Text("alert_count", count), **SMALL), "count"),
    ]
    if params.get("request_id"):
        request = Text("request_line", {"request_id": params["request_id"]})
        small.append(div(localizer.plain(request, **SMALL), "request"))
    title = texts("alert_title", title=notice.title)
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": preview(title)}},
        "header": header({"tag": "plain_text", "content": title}, "red"),
        "body": {
            "elements": [
                div(localizer.plain(notice.what), "what"),
                div(localizer.plain(remedy), "remedy"),
                *small,
                div(localizer.plain(Text("alert_why"), **SMALL), "why"),
            ]
        },
    }
