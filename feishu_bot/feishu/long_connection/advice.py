"""Why there is no long connection, and what to do about it."""

from __future__ import annotations

from feishu_bot.core.languages import Words
from feishu_bot.feishu import outages
from feishu_bot.feishu.long_connection import endpoint

_BY_CODE: dict[int, Words] = {
    endpoint.BUSY: Words(
        "飞书暂时繁忙，机器人会自动重连",
        "Feishu is busy; the bot connects again by itself",
    ),
    endpoint.INTERNAL_ERROR: Words(
        "飞书内部出错，机器人会自动重连",
        "Feishu has an internal error; the bot connects again by itself",
    ),
    endpoint.FORBIDDEN: Words(
        "飞书不允许这个应用使用长连接：只有企业自建应用可以用，且应用须已启用；Lark 的应用请改用 "
        "TRANSPORT=webhook",
        "Feishu doesn't allow this app a long connection: it must be a custom app, and enabled; "
        "for an app of Lark set TRANSPORT=webhook",
    ),
    endpoint.AUTH_FAILED: Words(
        "飞书不认 APP_ID 或 APP_SECRET，请与「凭证与基础信息」核对；如果重置过 App Secret，"
        "换上新的并重启",
        "Feishu doesn't accept APP_ID or APP_SECRET: compare them with Credentials & Basic Info "
        "(凭证与基础信息). If the App Secret was reset, set the new one and restart",
    ),
    endpoint.TOO_MANY: Words(
        "这个应用的长连接太多（最多 50 条）：请停掉别处还在用同一个应用的程序，"
        "例如旧的部署或别人的电脑",
        "This app has too many long connections (50 at the most): stop other programs that still "
        "use the same app, such as an old deployment or somebody's laptop",
    ),
}
_BY_CODE[endpoint.NO_CREDENTIAL] = _BY_CODE[endpoint.AUTH_FAILED]

LATE_EVENTS = Words(
    "飞书推送的消息有的晚到了：很可能另有程序也连着这个应用，先收走了一部分消息，用户会得不到回答。"
    "请停掉旧的部署或别人电脑上的机器人，或给它们另建一个应用",
    "Some events come late: another program is probably connected to this app and takes a "
    "part of them, which nobody answers. Stop the old deployment or the bot on somebody's "
    "laptop, or give it an app of its own",
)


def advice(code: int, domain: str) -> Words:
    """A sentence of Chinese and one of English, without a full stop; `code` 0 for no answer."""
    if code in _BY_CODE:
        return outages.with_code(_BY_CODE[code], code)
    if code == 0:
        return Words(
            f"连不上 {domain} 的长连接，请检查网络和 HTTPS_PROXY（代理须允许 WebSocket）；"
            "机器人会自动重连",
            f"the long connection of {domain} can't be reached; check the network and HTTPS_PROXY "
            "(a proxy must allow WebSockets). The bot connects again by itself",
        )
    return outages.advice(code, domain)
