"""What people think of answers."""

from __future__ import annotations

from typing import Literal, Protocol

Verdict = Literal["up", "down"]


class FeedbackStore(Protocol):
    """What people think of answers."""

    def save(self, message_id: str, open_id: str, verdict: Verdict, comment: str = "") -> None:
        """Keep a person's verdict on an answer; the newest one counts."""
