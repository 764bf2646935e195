"""The jobs that run in this process, their leases, and how they are told to end early."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from feishu_bot.core.jobs import Job

# The last part of a lease isn't used: what was sent before its end may arrive a little later.
MARGIN = 0.1
# After this part of a lease without a renewal nothing more is shown for the moment: it couldn't be
# kept, and whoever takes the answer over would have to take it back.
BEHIND = 0.25
# The kernel's clock that also counts while the machine sleeps, where there is one.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def lease_time() -> float:
    """Seconds by a clock that nobody can set."""
    return time.clock_gettime(_CLOCK)


class Lease:
    """Ends by itself unless it is renewed, whatever the database or another thread does.

    Without a first renewal it has no end.
    """

    def __init__(self, timer: Callable[[], float] = lease_time) -> None:
        self._timer = timer
        self._ends_at = self._behind_at = float("inf")
        self._is_lost = False

    def note_renewed(self, at: float, seconds: float) -> None:
        """It was claimed or renewed for so many seconds by a statement sent `at` this time.

        What has ended stays so: somebody may have acted on it.
        """
        if self.is_over:
            self.lose()
        self._ends_at = at + seconds * (1 - MARGIN)
        self._behind_at = at + seconds * BEHIND

    def lose(self) -> None:
        """It is another process's from now on."""
        self._is_lost = True

    @property
    def is_over(self) -> bool:
        """Whether somebody else may have the job: then nothing may be shown any more."""
        return self._is_lost or self._timer() >= self._ends_at

    @property
    def is_behind(self) -> bool:
        """Whether it isn't certain any more that what is shown can be kept."""
        return self._timer() >= self._behind_at


class ProgressSource(Protocol):
    """What there is of an answer that isn't kept yet."""

    @property
    def has_first_words(self) -> bool:
        """Whether the answer itself has begun, and nothing of it is kept."""

    def news(self) -> str:
        """To be added to what is kept; empty where there is nothing new."""

    def kept(self) -> None:
        """What `news` gave last is kept now."""


class JobControl:
    """`stopped`: end it. `lost`: leave no trace, the job is another process's. Thread safe."""

    def __init__(self, lease: Lease | None = None) -> None:
        self.lease = lease or Lease()
        # Asked now and then, while the job runs.
        self.progress: ProgressSource | None = None
        self._lock = threading.Lock()
        self._abandon: list[Callable[[], None]] = []
        self._tell_waiting: Callable[[int], None] = _tell_nobody
        self._waiting = 0
        self.stopped = False

    @property
    def lost(self) -> bool:
        """Also when nobody could say so: the lease ends by itself."""
        return self.lease.is_over

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody waits for more of it from this process."""
        return self.lost or self.stopped

    def on_lost(self, abandon: Callable[[], None]) -> None:
        """Call `abandon` when the job is lost, at once if it is already."""
        with self._lock:
            if not self.lease.is_over:
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
            self.lease.lose()
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

    def add(self, job: Job, lease: Lease | None = None) -> JobControl:
        """Note that a job begins; its control."""
        control = JobControl(lease)
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

    def wait_for_any(self, seconds: float, *, unless: Callable[[], bool]) -> None:
        """Wait until one runs, so long at the most. `unless` is asked when `wake` is called."""
        with self.changed:
            self.changed.wait_for(lambda: self._jobs or unless(), seconds)

    def wake(self) -> None:
        """Have all who wait look again."""
        with self.changed:
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
