"""The jobs that a process has claimed and not yet given up."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from feishu_bot.core.tasks import Job


class HeldLeases:
    """The ids of claimed jobs, safe to use from several threads.

    A job is held for one attempt: when an old attempt gives up, a newer one stays held.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempt_by_id: dict[int, int] = {}

    def ids(self) -> set[int]:
        with self._lock:
            return set(self._attempt_by_id)

    def add(self, job: Job) -> None:
        with self._lock:
            self._attempt_by_id[job.id] = job.attempt

    def remove(self, job: Job) -> None:
        with self._lock:
            if self._attempt_by_id.get(job.id) == job.attempt:
                del self._attempt_by_id[job.id]

    def drop(self, ids: Iterable[int]) -> None:
        with self._lock:
            for job_id in ids:
                self._attempt_by_id.pop(job_id, None)
