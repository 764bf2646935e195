"""What is said of a conversation that ended because nobody said anything for too long."""

from __future__ import annotations

from feishu_bot.core.messenger import Resumable
from feishu_bot.core.notices import Notice

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def resumable(turn_id: str, rested: float) -> Resumable:
    """That this is a new conversation, `rested` seconds after the turn where the last one ended."""
    return Resumable(turn_id, _rested_notice(rested))


def _rested_notice(seconds: float) -> Notice:
    if seconds < _HOUR:
        return Notice("rested_minutes", {"count": str(max(1, int(seconds // _MINUTE)))})
    if seconds < 2 * _DAY:
        return Notice("rested_hours", {"count": str(int(seconds // _HOUR))})
    return Notice("rested_days", {"count": str(int(seconds // _DAY))})
