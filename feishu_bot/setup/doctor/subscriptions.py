"""Whether the app sends what the bot needs to hear, and to the right place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from feishu_bot.core.doctor import Finding, printable
from feishu_bot.core.languages import Words
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.unreached import host_of
from feishu_bot.setup.doctor.app_state import Versions
from feishu_bot.setup.doctor.open_api import Reply, as_names, as_object, as_objects
from feishu_bot.setup.manifest import CALLBACKS, CARD_PATH, EVENT_PATH, EVENTS, MESSAGE_EVENT

EVENTS_TITLE = Words("事件订阅", "Events")
CALLBACK = Words("卡片回调", "Card callback")
TRANSPORT = Words("接收方式", "Transport")

EVENT_USES: Mapping[str, Words] = {
    MESSAGE_EVENT: Words("接收消息", "receiving messages"),
    "im.message.recalled_v1": Words("撤回问题", "recalled questions"),
    "im.chat.member.bot.added_v1": Words("入群时打招呼", "greeting a group"),
    "im.chat.access_event.bot_p2p_chat_entered_v1": Words("首次打招呼", "the first greeting"),
    "application.bot.menu_v6": Words("机器人菜单", "the bot's menu"),
}


def check_events(versions: Versions, links: ConsoleLinks) -> Iterator[Finding]:
    """Whether the version that is out subscribes to what the bot handles."""
    online = versions.online
    if online is None or not isinstance(online.get("event_infos"), list):
        if versions.is_known and online is None:
            # Nothing is out: that is said elsewhere.
            return
        yield Finding(
            check="events",
            state="unknown",
            title=EVENTS_TITLE,
            what=Words("读不到应用订阅了哪些事件", "The app's subscriptions can't be read"),
            remedy=Words(
                "请在「事件与回调」里自己核对，要有「接收消息」im.message.receive_v1；"
                "开通 application:application:self_manage 后可以由我核对",
                "Look under Events & Callbacks (事件与回调) yourself: im.message.receive_v1 has to "
                "be there. With application:application:self_manage it can be compared here",
            ),
            link=links.page("event"),
        )
        return
    found = frozenset(str(one.get("event_type")) for one in as_objects(online["event_infos"]))
    missing = [event for event in EVENTS if event not in found]
    if not missing:
        yield Finding(
            check="events",
            state="ok",
            title=EVENTS_TITLE,
            what=Words("都订阅了", "All are subscribed to"),
        )
        return
    zh = "、".join(f"{event}（{EVENT_USES[event].zh}）" for event in missing)
    en = ", ".join(f"{event} ({EVENT_USES[event].en})" for event in missing)
    yield Finding(
        check="events",
        # Without the others people get their answers all the same.
        state="fault" if MESSAGE_EVENT in missing else "warning",
        title=EVENTS_TITLE,
        what=Words(f"没有订阅 {zh}", f"Not subscribed to: {en}"),
        remedy=Words(
            "在「事件与回调 › 事件配置」里添加，再创建版本并发布；已添加的话，发布后才生效",
            "Add them under Events & Callbacks (事件与回调), create a version and release it; what "
            "was added counts from then on only",
        ),
        link=links.page("event"),
    )


def check_callback(
    app: Reply, transport: str, public_url: str, links: ConsoleLinks
) -> Iterator[Finding]:
    """Compare mode and address of the callbacks with ours; no page says that Feishu tells them."""
    data = as_object(app.data.get("app"))
    info = as_object(data.get("callback_info"))
    mode, event_mode = info.get("callback_type"), as_object(data.get("event"))
    yield from _check_mode(mode, event_mode.get("subscription_type"), transport, links)
    if not mode:
        return
    url = str(info.get("request_url") or "")
    subscribed = as_names(info.get("subscribed_callbacks"))
    missing = [name for name in CALLBACKS if name not in subscribed]
    if mode == "webhook" and transport == "webhook":
        yield _check_address(url, public_url, missing, links)
    elif missing:
        yield _not_subscribed(missing, links)


def address_told(app: Reply) -> str:
    """The bot's public address as the callback's own tells it; empty where it doesn't."""
    info = as_object(as_object(app.data.get("app")).get("callback_info"))
    url = str(info.get("request_url") or "")
    for path in (CARD_PATH, EVENT_PATH):
        if url.startswith(("https://", "http://")) and url.endswith(path):
            return url.removesuffix(path)
    return ""


def _check_mode(
    callbacks: Any, events: Any, transport: str, links: ConsoleLinks
) -> Iterator[Finding]:
    names = {"webhook": "webhook", "websocket": "long_connection"}
    chosen = {
        "事件": ("events", names.get(str(events), "")),
        "回调": ("callbacks", names.get(str(callbacks), "")),
    }
    wrong = {zh: en for zh, (en, mode) in chosen.items() if mode and mode != transport}
    if not wrong:
        return
    zh, en = "和".join(wrong), " and ".join(wrong.values())
    if transport == "webhook":
        what = Words(
            f"后台选的是用长连接接收{zh}，而机器人等着飞书来请求（TRANSPORT=webhook）："
            "什么也不会来",
            f"The console sends {en} through a long connection, while the bot waits for requests "
            "(TRANSPORT=webhook): nothing arrives",
        )
        remedy = Words(
            "在「事件与回调」里把订阅方式改成「将事件发送至开发者服务器」（回调同样改），"
            "或设置 TRANSPORT=long_connection",
            "Under Events & Callbacks (事件与回调) choose sending to a developer's server, for "
            "callbacks as well; or set TRANSPORT=long_connection",
        )
    else:
        what = Words(
            f"后台选的是把{zh}发到网址，而机器人用长连接（TRANSPORT=long_connection）："
            "什么也不会来",
            f"The console sends {en} to an address, while the bot holds a long connection "
            "(TRANSPORT=long_connection): nothing arrives",
        )
        remedy = Words(
            "在「事件与回调」里把订阅方式改成「使用长连接接收」（回调同样改），"
            "或设置 TRANSPORT=webhook",
            "Under Events & Callbacks (事件与回调) choose the long connection, for callbacks as "
            "well; or set TRANSPORT=webhook",
        )
    yield Finding(
        check="transport",
        state="fault",
        title=TRANSPORT,
        what=what,
        remedy=remedy,
        link=links.page("event"),
    )


def _check_address(url: str, public_url: str, missing: list[str], links: ConsoleLinks) -> Finding:
    if not url:
        return Finding(
            check="callback",
            state="fault",
            title=CALLBACK,
            what=Words(
                "后台没有填回调请求地址：按钮按下去没有反应（200340）",
                "The console has no address for callbacks: buttons do nothing (200340)",
            ),
            remedy=Words(
                f"在「事件与回调 › 回调配置」里填 {public_url or 'https://你的域名'}{CARD_PATH}，"
                "添加 card.action.trigger，再发布版本",
                "Under Events & Callbacks (事件与回调 › 回调配置) set "
                f"{public_url or 'https://YOUR.DOMAIN'}{CARD_PATH}, add card.action.trigger, and "
                "release a version",
            ),
            link=links.page("event"),
        )
    if missing:
        return _not_subscribed(missing, links)
    ours = {f"{public_url}{path}" for path in (CARD_PATH, EVENT_PATH)}
    if public_url and url.rstrip("/") not in ours:
        return Finding(
            check="callback",
            state="fault",
            title=CALLBACK,
            what=Words(
                f"后台的回调地址在 {host_of(url)}，不是这个机器人的",
                f"The console's address for callbacks is at {host_of(url)}, which isn't this bot",
            ),
            remedy=Words(
                f"改成 {public_url}{CARD_PATH}，再发布版本；或者改正 PUBLIC_URL",
                f"Change it to {public_url}{CARD_PATH} and release a version; or correct "
                "PUBLIC_URL",
            ),
            evidence=printable(url),
            link=links.page("event"),
        )
    return Finding(
        check="callback",
        state="ok",
        title=CALLBACK,
        what=Words(f"后台的地址是 {printable(url)}", f"The console's address is {printable(url)}"),
    )


def _not_subscribed(missing: list[str], links: ConsoleLinks) -> Finding:
    names = ", ".join(missing)
    return Finding(
        check="callback",
        state="fault",
        title=CALLBACK,
        what=Words(
            f"没有订阅 {names}：按钮按下去没有反应（200340）",
            f"Not subscribed to {names}: buttons do nothing (200340)",
        ),
        remedy=Words(
            "在「事件与回调 › 回调配置」里添加「卡片回传交互」，再创建版本并发布",
            "Add it under Events & Callbacks (事件与回调 › 回调配置), create a version and "
            "release it",
        ),
        link=links.page("event"),
    )
