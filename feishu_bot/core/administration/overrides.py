"""What administrators have changed while the bot runs, layered over the settings and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from feishu_bot.core.administration.audit import Change

Section = Literal["limit", "currency", "price", "role"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A value as JSON knows it, by whom it was set, and when (seconds since the epoch)."""

    value: Any
    changed_by: str = ""
    changed_at: float = 0.0


class Overrides(Protocol):
    """Stored values by section and name. All processes see a change within seconds."""

    def of(self, section: Section) -> Mapping[str, Override]:
        """Those that hold, from memory: the same object until one of them changes."""

    def watch(self, take: Callable[[], None]) -> None:
        """Call this now, and whenever something has changed, in whichever thread that is."""

    def put(self, section: Section, name: str, value: Any, change: Change) -> None:
        """Set a value, or take it back with None; the change is noted in the same transaction."""
