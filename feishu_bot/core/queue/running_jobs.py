"""The jobs that run in this process, and how they are told to end early."""

from __future__ import annotations

import threading
from collections.abc import Callable

from feishu_bot.core.tasks import Job


class JobControl:
    """`stopped`: end it. `lost`: leave no trace, the job is another process's. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._abandon: list[Callable[[], None]] = []
        self._tell_waiting: Callable[[int], None] = _tell_nobody
        self._waiting = 0
        self.stopped = False
        self.lost = False

    def on_lost(self, abandon: Callable[[], None]) -> None:
        """Call `abandon` when the job is lost, at once if it is already."""
        with self._lock:
            if not self.lost:
                self._abandon.append(abandon)
                return
        abandon()

    def on_waiting(self, tell: Callable[[int], None]) -> None:
        """Call `tell` with the number of messages that wait for this job, when it changes."""
        with self._lock:
            self._tell_waiting = tell
            waiting = self._waiting
        if waiting:
            tell(waiting)

    def note_waiting(self, waiting: int) -> None:
        """So many messages wait for this job to end."""
        with self._lock:
            if waiting == self._waiting:
                return
            self._waiting = waiting
            tell = self._tell_waiting
        tell(waiting)

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


class RunningJobs:
    """Jobs with their controls, by id. `changed` is notified when one begins or ends."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._jobs: dict[int, tuple[Job, JobControl]] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> JobControl:
        """Note that a job begins; its control."""
        control = JobControl()
        with self.changed:
            self._jobs[job.id] = (job, control)
            self.changed.notify_all()
        return control

    def remove(self, job: Job, control: JobControl) -> None:
        """Note that a job has ended, unless another attempt of it runs here by now."""
        with self.changed:
            if self._jobs.get(job.id, (job, None))[1] is control:
                del self._jobs[job.id]
            self.changed.notify_all()

    def all(self) -> list[tuple[Job, JobControl]]:
        """Those that run now."""
        with self.changed:
            return list(self._jobs.values())

    def stop(self, message_id: str) -> None:
        """Stop the job of this message, or of which it is a part, if it runs here.

        A dedupe id names one, too.
        """
        for job, control in self.all():
            parts = job.message.part_ids if job.message else ()
            if message_id in (job.dedupe_id, job.target.message_id, *parts):
                control.stop()


def _tell_nobody(waiting: int) -> None:
    """There is no card yet to tell it in."""
