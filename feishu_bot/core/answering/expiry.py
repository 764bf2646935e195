"""What is said of a conversation that expired because nobody said anything for too long."""

from __future__ import annotations

from feishu_bot.core.messenger import Resumable
from feishu_bot.core.notices import Notice

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def resumable(turn_id: str, idle_seconds: float) -> Resumable:
    """That this is a new conversation, so long after the turn with which the last one expired."""
    return Resumable(turn_id, _notice(idle_seconds))


def _notice(seconds: float) -> Notice:
    if seconds < _HOUR:
        return Notice("expired_minutes", {"count": str(max(1, int(seconds // _MINUTE)))})
    if seconds < 2 * _DAY:
        return Notice("expired_hours", {"count": str(int(seconds // _HOUR))})
    return Notice("expired_days", {"count": str(int(seconds // _DAY))})
