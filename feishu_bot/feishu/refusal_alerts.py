"""What of Feishu's refusals an administrator has to see to."""

from __future__ import annotations

import re

from feishu_bot.core.alerts import DAY, MONTH, Alert, AlertSink
from feishu_bot.errors import FeishuError, PermissionMissing
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.message_reader import GROUP_REFUSAL, GROUP_SCOPE
from feishu_bot.feishu.outages import BOT_OFF

# The tenant's calls of the month are used up ("Common error codes").
QUOTA_USED_UP = 99991403
IP_REFUSED = 99991401
# A scope that nobody misses.
_OPTIONAL = "/reactions"
# Names of people, which tables and groups do without: a company may keep them back on purpose.
_NAMES = "/contact/"
# The person is outside the app's availability ("Reply message"); one who was written to unasked
# may be so on purpose.
OUT_OF_REACH = 230013
_REPLY = "/reply"
# Feishu names the scopes of which one is needed in brackets, with commas between them.
_SCOPES = re.compile(r"\[([a-z][\w:.]*(?:\s*,\s*[a-z][\w:.]*)*)\]")
MOST_SCOPES = 3


def note_refusal(sink: AlertSink, links: ConsoleLinks, path: str, exc: FeishuError) -> None:
    """Note a refused call where an administrator has to see to it. Never waits."""
    alert = alert_for(links, path, exc)
    if alert:
        sink.note(alert)


def alert_for(links: ConsoleLinks, path: str, exc: FeishuError) -> Alert | None:
    """The alert for a refused call to this path; None where there is nothing to see to."""
    request = {"request_id": exc.log_id}
    if exc.code == QUOTA_USED_UP:
        return Alert(kind="feishu_quota", params=request)
    if exc.code == IP_REFUSED:
        return Alert(kind="feishu_ip_list", params=request, link=links.page("safe"))
    if exc.code in BOT_OFF:
        return Alert(kind="bot_off", params=request, link=links.page("bot"))
    if exc.code == OUT_OF_REACH and path.endswith(_REPLY):
        return Alert(kind="person_unavailable", params=request, link=links.page("version"))
    if not isinstance(exc, PermissionMissing) or _OPTIONAL in path:
        return None
    if exc.code == GROUP_REFUSAL:
        # A sensitive scope, which many companies don't grant on purpose.
        return _scope_missing([GROUP_SCOPE], links, exc, every=MONTH)
    found = _SCOPES.search(str(exc))
    if found is None:
        return None
    names = [name.strip() for name in found[1].split(",")][:MOST_SCOPES]
    return _scope_missing(names, links, exc, every=MONTH if _NAMES in path else DAY)


def _scope_missing(
    names: list[str], links: ConsoleLinks, exc: FeishuError, *, every: float
) -> Alert:
    """Any one of these is enough; the link asks for the one that allows least."""
    scope = " / ".join(names)
    params = {"scope": scope, "request_id": exc.log_id}
    least = _least(names)
    return Alert(
        kind="scope_missing",
        params=params,
        about=scope,
        every=every,
        link=links.scopes([least]),
    )


def _least(names: list[str]) -> str:
    """The narrowest of several scopes: the longer a name, the less it allows."""
    return max(names, key=lambda name: name.count(":") + name.count("."))
