"""The load on the bot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One run. Every conversation is one question of another person in a private chat."""

    conversations: int
    enforce_limits: bool
    """True if the platform refuses calls over its limits; else it only counts them."""
    rate: float = 100.0
    """Events per second."""
    latency: float = 0.05
    """Seconds that each call to the platform takes."""
    chunks: int = 200
    """Chunks of one answer."""
    first: float = 0.3
    """Seconds from the gateway's request to its first chunk."""
    between: float = 0.02
    """Seconds from one chunk to the next."""
    deadline: float = 60.0
    """Seconds after the first event; what is missing then counts as lost."""

    @property
    def name(self) -> str:
        return f"{self.conversations} {'kept' if self.enforce_limits else 'counted'}"

    @property
    def answer_seconds(self) -> float:
        """How long the gateway takes for one answer."""
        return self.first + self.between * (self.chunks - 1)
