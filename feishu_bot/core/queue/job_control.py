"""How a running job is told to end early."""

from __future__ import annotations

import threading
from collections.abc import Callable


class JobControl:
    """How a running job is told to end early. `lost` means: leave no trace, it isn't ours."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._abandon: list[Callable[[], None]] = []
        self.stopped = False
        self.lost = False

    def on_lost(self, abandon: Callable[[], None]) -> None:
        """Call `abandon` when the job is lost, at once if it is already."""
        with self._lock:
            if not self.lost:
                self._abandon.append(abandon)
                return
        abandon()

    def stop(self) -> None:
        self.stopped = True

    def mark_lost(self) -> None:
        with self._lock:
            self.lost = True
            callbacks, self._abandon = self._abandon, []
        for abandon in callbacks:
            abandon()
