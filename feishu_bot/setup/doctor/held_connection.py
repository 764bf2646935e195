"""Whether the running bot holds its long connection, as the process that holds it tells."""

from __future__ import annotations

from feishu_bot.core.doctor import NOTHING, Finding, State
from feishu_bot.core.languages import Words
from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.long_connection.advice import LATE_EVENTS, advice

CONNECTION = Words("长连接", "Long connection")


def check_connection(state: ConnectionState | None, domain: str, links: ConsoleLinks) -> Finding:
    """`state` is None where no process tells of one."""
    if state is None:
        return _finding(
            "unknown",
            Words("没有进程在保持长连接", "No process holds a long connection"),
            Words("启动机器人；刚启动的话过几秒再看", "Start the bot, or look again in a moment"),
        )
    if not state.connected:
        return _finding("fault", advice(state.refusal, domain), NOTHING, links.page("event"))
    if state.late_events:
        return _finding("warning", LATE_EVENTS)
    return _finding("ok", Words("连着", "It is connected"))


def _finding(state: State, what: Words, remedy: Words = NOTHING, link: str = "") -> Finding:
    return Finding(
        check="connection", state=state, title=CONNECTION, what=what, remedy=remedy, link=link
    )
