"""How a running job is told to end early."""

from __future__ import annotations

import threading
from collections.abc import Callable


class JobControl:
    """`stopped`: end it. `lost`: leave no trace, the job is another process's. Thread safe."""

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
        """End the answer here; what there is of it is kept."""
        self.stopped = True

    def mark_lost(self) -> None:
        """Another process has the job: call all that was given to `on_lost`."""
        with self._lock:
            self.lost = True
            callbacks, self._abandon = self._abandon, []
        for abandon in callbacks:
            abandon()
