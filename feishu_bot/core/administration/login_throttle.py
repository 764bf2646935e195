"""How often a password may be tried: strangers are slowed down, and can't lock anybody out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Protocol

# Of one address; of all together; of a browser that has been logged in before, which strangers
# can't use up. Over all processes of a database.
WINDOW_SECONDS = 300.0
PER_ADDRESS = 5
OVERALL = 50
PER_DEVICE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trier:
    """Who tries, by a hash, and how many tries they have; with `overall` those of all strangers."""

    by_whom: str
    most: int
    overall: int | None

    @property
    def is_known(self) -> bool:
        """Whether it is a browser that was logged in before."""
        return self.overall is None


class TryStore(Protocol):
    """The tries of the last minutes, over all processes. Raises StoreUnavailable."""

    def begin(self, trier: Trier, *, since: float, now: float) -> float | None:
        """Note a try, and forget those up to `since`.

        Where there are too many, nothing is noted: the time of the try that has to be forgotten
        before another one may be made.
        """

    def forget(self, by_whom: str) -> None:
        """Forget all tries of somebody."""


@dataclass(frozen=True)
class LoginThrottle:
    """Counts tries that failed, by whoever made them. `clock` is in seconds since the epoch.

    What strangers try is written to the database OVERALL times in WINDOW_SECONDS at most.
    """

    store: TryStore
    _: KW_ONLY
    clock: Callable[[], float] = time.time

    def begin(self, address: str, device: str = "") -> float:
        """Note a try; how many seconds to wait instead, or 0 when it may be made.

        `device` names a browser that was logged in before. Raises StoreUnavailable.
        """
        now = self.clock()
        trier = Trier(
            by_whom=_name(address, device),
            most=PER_DEVICE if device else PER_ADDRESS,
            overall=None if device else OVERALL,
        )
        first = self.store.begin(trier, since=now - WINDOW_SECONDS, now=now)
        if first is None:
            return 0.0
        # A clock that was set back keeps nobody out for longer.
        return min(WINDOW_SECONDS, max(1.0, first + WINDOW_SECONDS - now))

    def succeeded(self, address: str, device: str = "") -> None:
        """The try was no failure: it and those before it don't count any more."""
        self.store.forget(_name(address, device))


def _name(address: str, device: str) -> str:
    name = f"device {device}" if device else f"address {address}"
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
