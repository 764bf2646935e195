"""The threads that do tasks: one claims, one renews the leases, a pool works."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from feishu_bot import metrics
from feishu_bot.background_thread import PeriodicThread
from feishu_bot.core.jobs import Job
from feishu_bot.core.queue.chat_pace import ChatPace
from feishu_bot.core.queue.concurrency_limits import ConcurrencyLimits
from feishu_bot.core.queue.inbox import Renewal, TaskQueue
from feishu_bot.core.queue.running_jobs import (
    JobControl,
    Lease,
    ProgressSource,
    RunningJobs,
    lease_time,
)
from feishu_bot.logs import bind, get_logger

logger = get_logger(__name__)

# How soon work left by another process is found; one's own is announced by `wake`.
POLL_SECONDS = 1.0
# Feishu takes 50 messages a second, and every answer begins with one: whatever is claimed beyond
# that would only wait for its card and take time from the answers that are being read.
CLAIM_BURST = 46
CLAIM_SECONDS = 0.9
LEAST_STEP = 4
RENEWALS_PER_LEASE = 6
MAX_RENEWAL_SECONDS = 2.0
# The first words of an answer are kept that soon: until then a crash has them asked for again.
FIRST_WORDS_SECONDS = 0.5
SWEEP_SECONDS = 3600.0
# Between two steps of a sweep, each of which keeps others from writing for some milliseconds.
SWEEP_REST_SECONDS = 0.05
SWEEP_STEP_SECONDS = 2.0
# The first retry of a job that failed; doubled each time, up to the longest.
RETRY_SECONDS = 5.0
MAX_RETRY_SECONDS = 60.0
FIRST_SWEEP_SECONDS = 60.0
NO_CHANGE = Renewal(frozenset(), frozenset())


def always() -> bool:
    """Nothing keeps jobs from being begun."""
    return True


@dataclass(kw_only=True)
class WorkerPool:
    """Does tasks from `start` to `stop`. All threads begin in `start`, after a fork.

    Nothing is claimed while `may_begin` is false, and only what has its card already while
    `may_send` is.
    """

    queue: TaskQueue
    running: RunningJobs
    handle: Callable[[Job, JobControl], None]
    threads: int
    lease_seconds: float
    may_begin: Callable[[], bool] = always
    may_send: Callable[[], bool] = always
    # Takes what to call between two steps; where that gives True, the rest is left as it is.
    sweep: Callable[[Callable[[], bool]], None] = lambda _rest: None
    timer: Callable[[], float] = lease_time

    def __post_init__(self) -> None:
        self._limits = ConcurrencyLimits(self.threads)
        self._pace = ChatPace(self.timer)
        self._claimed_at: deque[float] = deque(maxlen=CLAIM_BURST)
        self._awake = False
        # First no more is claimed; at the very end leases are no longer renewed.
        self._closing = threading.Event()
        self._stopped = threading.Event()
        # A first sweep may take minutes, and leases don't wait for it.
        self._sweeper = PeriodicThread(
            "sweep",
            lambda: self.sweep(lambda: self._closing.wait(SWEEP_REST_SECONDS)),
            first_seconds=FIRST_SWEEP_SECONDS,
            seconds=SWEEP_SECONDS,
            failed="sweep failed",
            join_seconds=SWEEP_STEP_SECONDS,
        )

    def start(self) -> None:
        """Begin to claim and to work."""
        metrics.ANSWER_THREADS.set(self.threads)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="answer")
        self._sweeper.start()
        for run in (self._claim_forever, self._renew_forever):
            threading.Thread(target=run, name=run.__name__.strip("_"), daemon=True).start()

    def wake(self) -> None:
        """Claim at once: there is something new in the inbox."""
        with self.running.changed:
            self._awake = True
            self.running.changed.notify_all()

    def stop(self, grace: float) -> None:
        """Claim no more, give running jobs `grace` seconds, hand the rest back."""
        self._closing.set()
        self._sweeper.close()
        self.wake()
        deadline = self.timer() + grace
        with self.running.changed:
            while self.running and (left := deadline - self.timer()) > 0:
                self.running.changed.wait(left)
        rest = self.running.all()
        try:
            if rest:
                # What there is of the answers goes with them.
                self._renew(self.timer())
        except Exception as exc:  # noqa: BLE001
            logger.failure("answers not kept", exc)
        for _, control in rest:
            control.mark_lost()
        try:
            if rest:
                logger.info("jobs handed back", jobs=len(rest))
                self.queue.release([job for job, _ in rest])
        except Exception as exc:  # noqa: BLE001
            logger.failure("jobs not handed back, their leases run out", exc)
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        # The database is closed next.
        self._sweeper.stop()

    def _claim_forever(self) -> None:
        while not self._closing.is_set():
            with self.running.changed:
                if not self._awake or len(self.running) >= self.threads:
                    self.running.changed.wait(min(POLL_SECONDS, self._pace.wait()))
                self._awake = False
                free = self.threads - len(self.running)
            try:
                if free and not self._closing.is_set() and self.may_begin():
                    self._claim(min(free, self._wait_for_claims()))
            except Exception as exc:  # noqa: BLE001
                logger.failure("claim failed", exc)
                self._closing.wait(POLL_SECONDS)

    def _wait_for_claims(self) -> int:
        """How many more jobs may be claimed now, at least one."""
        if len(self._claimed_at) == CLAIM_BURST:
            wait = self._claimed_at[0] + CLAIM_SECONDS - self.timer()
            if wait > 0:
                self._closing.wait(wait)
        start = self.timer() - CLAIM_SECONDS
        return CLAIM_BURST - sum(at > start for at in self._claimed_at) or 1

    def _claim(self, limit: int) -> None:
        # In small steps: so many may be one person's, beyond their limit.
        step = max(LEAST_STEP, self._limits.person)
        has_room = self.may_send()
        for askers in self._limits.rounds(self.running):
            wanted, began = min(limit, step), self.timer()
            but = askers.with_chats(self._pace.full())
            claimed = self.queue.claim(wanted, but=but, only_with_card=not has_room)
            jobs, early = self._pace.take(claimed)
            self._claimed_at.extend([self.timer()] * len(jobs))
            if not self._begin(jobs, began, has_more=len(claimed) == wanted):
                early = claimed
            if early:
                self.queue.release(early)
            limit -= len(jobs)
            if len(claimed) == wanted or self._closing.is_set():
                # Whoever asked may have much by now.
                return

    def _begin(self, jobs: list[Job], began: float, *, has_more: bool) -> bool:
        """Work on jobs whose claim began then, unless the pool is stopping."""
        with self.running.changed:
            if self._closing.is_set():
                return False
            # There may be more than were asked for.
            self._awake = self._awake or has_more
            for job in jobs:
                lease = Lease(self.timer)
                lease.note_renewed(began, self.lease_seconds)
                control = self.running.add(job, lease)
                if job.is_stopped:
                    control.stop()
                self._pool.submit(self._work, job, control)
        return True

    def _work(self, job: Job, control: JobControl) -> None:
        with bind(event_id=job.event_id, message_id=job.target.message_id):
            try:
                self.handle(job, control)
            except Exception as exc:  # noqa: BLE001
                metrics.JOB_FAILURES.inc()
                logger.failure("job failed", exc, attempt=job.attempt)
                self._postpone(job)
            finally:
                if control.lost:
                    self._give_back(job)
                self.queue.drop(job)
                self.running.remove(job, control)
                # The next message of this conversation may have been waiting for this one.
                self.wake()

    def _give_back(self, job: Job) -> None:
        """The lease ended here before anybody else has noticed: nobody shall wait for that."""
        try:
            self.queue.release([job])
        except Exception as exc:  # noqa: BLE001
            # Somebody ends the lease.
            logger.failure("job not given back", exc)

    def _postpone(self, job: Job) -> None:
        try:
            wait = RETRY_SECONDS * 2 ** min(job.attempt - 1, 10)
            self.queue.postpone(job, min(wait, MAX_RETRY_SECONDS))
        except Exception as exc:  # noqa: BLE001
            # Its lease is dropped all the same, and it is claimed again when that has run out.
            logger.failure("job not postponed", exc)

    def _renew_forever(self) -> None:
        seconds = min(MAX_RENEWAL_SECONDS, self.lease_seconds / RENEWALS_PER_LEASE)
        renewed_at = self.timer()
        while not self._stopped.wait(min(FIRST_WORDS_SECONDS, seconds)):
            now = self.timer()
            if now < renewed_at + seconds:
                self._keep_first_words()
                continue
            renewed_at = now
            renewal = NO_CHANGE
            try:
                renewal = self._renew(now)
            except Exception as exc:  # noqa: BLE001
                logger.failure("leases not renewed", exc)
            for job, control in self.running.all():
                # Without a renewal for so long it has run out, whatever the reason.
                if control.lost or job.id in renewal.lost:
                    control.mark_lost()
                elif job.id in renewal.stopped:
                    control.stop()

    def _keep_first_words(self) -> None:
        """Keep what has just begun to be written. The rest is kept with the next renewal."""
        beginnings = [
            (job, control)
            for job, control in self.running.all()
            if control.progress and control.progress.has_first_words
        ]
        try:
            if news := _news(beginnings):
                self.queue.keep_progress([(job, more) for job, _, more in news])
                _note_kept(news)
        except Exception as exc:  # noqa: BLE001
            # They are kept with the renewal.
            logger.failure("first words not kept", exc)

    def _renew(self, now: float) -> Renewal:
        """Renew all leases, and keep in the same transaction what there is of the answers."""
        running = self.running.all()
        news = _news(running)
        renewal = self.queue.renew([(job, more) for job, _, more in news])
        _note_kept(news)
        for job, control in running:
            if job.id in renewal.kept:
                control.lease.note_renewed(now, self.lease_seconds)
        return renewal


_News = list[tuple[Job, ProgressSource, str]]


def _news(running: list[tuple[Job, JobControl]]) -> _News:
    """What isn't kept yet of the answers that are still ours."""
    return [
        (job, control.progress, more)
        for job, control in running
        if control.progress and not control.lost and (more := control.progress.news())
    ]


def _note_kept(news: _News) -> None:
    for _, progress, _ in news:
        progress.kept()
