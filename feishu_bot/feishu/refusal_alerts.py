"""What of Feishu's refusals an administrator has to see to."""

from __future__ import annotations

import re

from feishu_bot.core.alerts import DAY, MONTH, Alert, AlertSink
from feishu_bot.errors import FeishuError, PermissionMissing
from feishu_bot.feishu.message_reader import GROUP_REFUSAL, GROUP_SCOPE

# The tenant's calls of the month are used up ("Common error codes").
QUOTA_USED_UP = 99991403
# Scopes that the bot does without, and that nobody misses: names and reactions.
_OPTIONAL = ("/contact/", "/reactions")
# Feishu names the scopes of which one is needed in brackets, with commas between them.
_SCOPES = re.compile(r"\[([a-z][\w:.]*(?:\s*,\s*[a-z][\w:.]*)*)\]")
MOST_SCOPES = 3


def note_refusal(sink: AlertSink, path: str, exc: FeishuError) -> None:
    """Note a refused call where an administrator has to see to it. Never waits."""
    alert = alert_for(path, exc)
    if alert:
        sink.note(alert)


def alert_for(path: str, exc: FeishuError) -> Alert | None:
    """The alert for a refused call to this path; None where there is nothing to see to."""
    if exc.code == QUOTA_USED_UP:
        return Alert(kind="feishu_quota", params={"request_id": exc.log_id})
    if not isinstance(exc, PermissionMissing) or any(part in path for part in _OPTIONAL):
        return None
    if exc.code == GROUP_REFUSAL:
        # A sensitive scope, which many companies don't grant on purpose.
        return _scope_missing(GROUP_SCOPE, exc, every=MONTH)
    found = _SCOPES.search(str(exc))
    if found is None:
        return None
    names = [name.strip() for name in found[1].split(",")][:MOST_SCOPES]
    return _scope_missing(" / ".join(names), exc, every=DAY)


def _scope_missing(scope: str, exc: FeishuError, *, every: float) -> Alert:
    params = {"scope": scope, "request_id": exc.log_id}
    return Alert(kind="scope_missing", params=params, about=scope, every=every)
