"""How the latest use of a part ended, in whichever process of this bot it was used."""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_OK_AT, _FAILED_AT, _REASON, _IS_FAILING = range(4)


class LatestOutcome:
    """When a part worked last, when it failed last, and the number of the reason.

    Made before a fork, it is shared by all processes: those that answer use Feishu and the model
    service, those that receive tell of it. Noting costs less than a microsecond and never waits.
    `timer` must be the same in all processes, as the monotonic clock of a machine is.
    """

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        # Numbers of eight bytes each, which are written in one piece.
        self._values = memoryview(mmap.mmap(-1, 4 * 8)).cast("d")
        self._timer = timer

    def note_success(self) -> None:
        """It has just worked."""
        self._values[_OK_AT] = self._timer()
        self._values[_IS_FAILING] = False

    def note_failure(self, reason: int = 0) -> None:
        """It has just failed, for a reason of this number."""
        self._values[_REASON] = reason
        self._values[_FAILED_AT] = self._timer()
        self._values[_IS_FAILING] = True

    @property
    def is_failing(self) -> bool:
        """Whether the latest use failed."""
        return bool(self._values[_IS_FAILING])

    @property
    def reason(self) -> int:
        """The number of the latest failure's reason."""
        return int(self._values[_REASON])

    def seconds_since_success(self) -> float:
        """Much, if it never worked."""
        return self._timer() - self._values[_OK_AT]

    def seconds_since_failure(self) -> float:
        """Much, if it never failed."""
        return self._timer() - self._values[_FAILED_AT]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOutcomes:
    """Those of the three parts that a bot can't do without."""

    database: LatestOutcome = field(default_factory=LatestOutcome)
    feishu: LatestOutcome = field(default_factory=LatestOutcome)
    gateway: LatestOutcome = field(default_factory=LatestOutcome)
