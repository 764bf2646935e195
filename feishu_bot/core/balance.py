"""What is left on the keys of the model service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

BalanceState = Literal["known", "unlimited", "used_up", "refused", "unknown", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBalance:
    """What a key of the gateway has left, in USD; the figures count only when they are "known".

    "refused": the gateway doesn't take the key; "unknown": it has no such figures; "failed": it
    could not be asked just now. `key` is masked.
    """

    key: str
    state: BalanceState
    granted: float = 0.0
    used: float = 0.0

    @property
    def left(self) -> float:
        return max(0.0, self.granted - self.used)


class BalanceReader(Protocol):
    """What is left on the gateway's keys."""

    def of_keys(self) -> tuple[KeyBalance, ...]:
        """Each key's balance, in their order, from a minute ago at most; takes ten seconds at most.

        Never raises: what could not be found out is said in its place.
        """
