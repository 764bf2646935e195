"""What Feishu's traffic shows: whether events come, clicks come, and what is turned away."""

from __future__ import annotations

import time
from collections.abc import Iterator

from feishu_bot.core.doctor import Finding
from feishu_bot.core.languages import Words
from feishu_bot.core.sightings import (
    CLICK_SEEN,
    EVENT,
    MESSAGE_SEEN,
    PATH,
    REFUSED,
    UNKNOWN_PATH,
    Sighting,
    Sightings,
)
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.webhook.refusals import CAUSES, RefusalCause
from feishu_bot.setup.doctor.credentials import CLOCK

KEYS = Words("密钥和签名", "Keys and signatures")
EVENT_FLOW = Words("收到的事件", "Events that came")
CALLBACK_FLOW = Words("收到的按钮点击", "Clicks that came")
PATHS = Words("填错的地址", "Mistyped addresses")

DAY = 24 * 3600.0
# Of something that has stopped nothing need be said any more.
LATELY = 3 * DAY
# A stranger's requests are no news until there are this many, and no event of Feishu between them.
MOST_STRANGE = 3
# After so many messages somebody would have pressed a button.
CLICKLESS_MESSAGES = 50


def check_traffic(
    seen: Sightings, now: float, links: ConsoleLinks, *, transport: str = "webhook"
) -> Iterator[Finding]:
    """What is known of everything that came, at `now` in seconds since the epoch."""
    yield from check_keys(seen, now, links)
    yield from check_paths(seen, now, links)
    yield check_events_come(seen, now, transport)
    yield from check_clicks_come(seen, links)


def last_event(seen: Sightings) -> float:
    """When the latest event of any kind came; 0.0 for never."""
    return max((one.last_at for name, one in seen.items() if name.startswith(EVENT)), default=0.0)


def refusals_since_event(seen: Sightings, now: float) -> list[tuple[str, Sighting]]:
    """What was turned away after the latest event that was good, the most telling first."""
    since = max(last_event(seen), now - LATELY)
    found = [
        (name.removeprefix(REFUSED), one)
        for name, one in seen.items()
        if name.startswith(REFUSED) and one.last_at > since
    ]
    told = [(reason, one) for reason, one in found if _counts(reason, one, seen)]
    return sorted(told, key=lambda pair: (not CAUSES[pair[0]].is_certain, -pair[1].last_at))


def check_keys(seen: Sightings, now: float, links: ConsoleLinks) -> Iterator[Finding]:
    """Whether Feishu's requests are turned away, and which of the keys is the reason."""
    found = refusals_since_event(seen, now)
    if found:
        yield refusal_finding(*found[0], seen, links)
        return
    refused = [one for name, one in seen.items() if name.startswith(REFUSED)]
    total = sum(one.times for one in refused)
    yield Finding(
        check="keys",
        state="ok",
        title=KEYS,
        what=Words(
            f"没有飞书的请求被拒绝（陌生人的请求共拒绝 {total} 次）" if total else "没有请求被拒绝",
            f"No request of Feishu's is refused ({total} of strangers were)"
            if total
            else "No request was refused",
        ),
    )


def refusal_finding(reason: str, one: Sighting, seen: Sightings, links: ConsoleLinks) -> Finding:
    """What is to be said of requests that were refused for a reason that has a cause."""
    cause = CAUSES[reason]
    return Finding(
        check="keys",
        state="fault" if cause.is_certain or _is_news(one, seen) else "warning",
        # Whoever reads this has to look at the clock, not at keys.
        title=CLOCK if reason.startswith("timestamp") else KEYS,
        what=cause.what,
        remedy=cause.remedy,
        evidence=f"{reason}: {one.times} ×, {_moment(one.last_at)}",
        link=links.page("event"),
    )


def check_paths(seen: Sightings, now: float, links: ConsoleLinks) -> Iterator[Finding]:
    """Whether Feishu calls addresses that the bot doesn't have."""
    ours = {
        name.removeprefix(PATH): one
        for name, one in seen.items()
        if name.startswith(PATH) and name != UNKNOWN_PATH and one.last_at > now - LATELY
    }
    if ours and max(one.last_at for one in ours.values()) > last_event(seen):
        shown = ", ".join(sorted(ours))
        yield Finding(
            check="paths",
            state="fault",
            title=PATHS,
            what=Words(
                f"飞书在请求 {shown}，机器人没有这个地址",
                f"Feishu calls {shown}, which isn't an address of the bot",
            ),
            remedy=Words(
                "在「事件与回调」里把请求地址改成以 /webhook/event 结尾，"
                "回调的以 /webhook/card 结尾",
                "Under Events & Callbacks (事件与回调) let the request address end in "
                "/webhook/event, that for callbacks in /webhook/card",
            ),
            link=links.page("event"),
        )
        return
    strange = seen.get(UNKNOWN_PATH)
    if strange and not last_event(seen) and strange.last_at > now - LATELY:
        yield Finding(
            check="paths",
            state="warning",
            title=PATHS,
            what=Words(
                "有类似飞书的请求发到了不存在的地址",
                "Requests like Feishu's went to addresses that don't exist",
            ),
            remedy=Words(
                "核对后台的请求地址：/webhook/event，回调为 /webhook/card",
                "Compare the console's addresses: /webhook/event, for callbacks /webhook/card",
            ),
            evidence=f"{strange.times} ×, {_moment(strange.last_at)}",
            link=links.page("event"),
        )


def check_events_come(seen: Sightings, now: float, transport: str) -> Finding:
    """When the latest event came; that none has come yet is no fault of a new bot."""
    message, latest = seen.get(MESSAGE_SEEN), last_event(seen)
    if message is None:
        lines = {
            "webhook": Words(
                "还没有收到过消息。给机器人发一句话，这里就会显示；收不到时依次看体检里的"
                "版本、权限、事件和地址，以及后台是不是选了长连接",
                "No message has come yet. Send the bot one and it shows here. If it doesn't, see "
                "what is said of version, scopes, events and address, and whether the console "
                "uses the long connection",
            ),
            "long_connection": Words(
                "还没有收到过消息。给机器人发一句话，这里就会显示；收不到时看后台是不是选了长连接，"
                "以及有没有别的程序用同一个应用连着（它会抢走一部分事件）",
                "No message has come yet. Send the bot one and it shows here. If it doesn't, see "
                "whether the console uses the long connection, and whether another program is "
                "connected as the same app: it takes some of the events away",
            ),
        }
        return Finding(check="event_flow", state="unknown", title=EVENT_FLOW, what=lines[transport])
    ago = _ago(now - latest)
    if now - latest > LATELY:
        return Finding(
            check="event_flow",
            state="unknown",
            title=EVENT_FLOW,
            what=Words(
                f"已经 {ago.zh}没有收到任何事件；这期间有人给机器人发过消息的话，说明事件断了",
                f"Nothing has come for {ago.en}. If anybody has written to the bot since, events "
                "don't arrive any more",
            ),
        )
    return Finding(
        check="event_flow",
        state="ok",
        title=EVENT_FLOW,
        what=Words(
            f"最近一次在 {ago.zh}前，共收到 {message.times} 条消息",
            f"The latest came {ago.en} ago; {message.times} messages in all",
        ),
    )


def check_clicks_come(seen: Sightings, links: ConsoleLinks) -> Iterator[Finding]:
    """Whether a button was ever pressed; people who never do prove nothing."""
    clicks, messages = seen.get(CLICK_SEEN), seen.get(MESSAGE_SEEN)
    if clicks:
        yield Finding(
            check="callback_flow",
            state="ok",
            title=CALLBACK_FLOW,
            what=Words(f"共 {clicks.times} 次", f"{clicks.times} in all"),
        )
    elif messages and messages.times >= CLICKLESS_MESSAGES:
        yield Finding(
            check="callback_flow",
            state="warning",
            title=CALLBACK_FLOW,
            what=Words(
                f"收到了 {messages.times} 条消息，却没有收到过一次按钮点击：卡片回调可能没配好",
                f"{messages.times} messages came, and never a click: callbacks may not be set up",
            ),
            remedy=Words(
                "在「事件与回调 › 回调配置」里填以 /webhook/card 结尾的地址，添加「卡片回传交互」"
                "并发布版本；对机器人发 /doctor，按一下卡片上的按钮就能确认",
                "Under Events & Callbacks (事件与回调 › 回调配置) set the address that ends in "
                "/webhook/card, add card.action.trigger and release a version. To make sure, send "
                "the bot /doctor and press the button on its card",
            ),
            link=links.page("event"),
        )


def _counts(reason: str, one: Sighting, seen: Sightings) -> bool:
    cause: RefusalCause | None = CAUSES.get(reason)
    # To a new bot it is most likely its own console.
    is_first = not last_event(seen)
    return bool(cause and (cause.is_certain or is_first or one.times >= MOST_STRANGE))


def _is_news(one: Sighting, seen: Sightings) -> bool:
    return one.times >= MOST_STRANGE and not last_event(seen)


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _ago(seconds: float) -> Words:
    if seconds < 120:
        return Words(f"{max(0, int(seconds))} 秒", f"{max(0, int(seconds))} s")
    if seconds < 2 * 3600:
        return Words(f"{int(seconds / 60)} 分钟", f"{int(seconds / 60)} min")
    if seconds < 2 * DAY:
        return Words(f"{int(seconds / 3600)} 小时", f"{int(seconds / 3600)} hours")
    return Words(f"{int(seconds / DAY)} 天", f"{int(seconds / DAY)} days")
