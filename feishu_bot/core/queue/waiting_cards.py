"""Cards of questions that wait for a thread: how many stand before them, and their end.

Beside the threads that answer, since those are what such a question waits for.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from feishu_bot.core.jobs import Job
from feishu_bot.core.queue.concurrency_limits import Askers, ConcurrencyLimits
from feishu_bot.core.queue.inbox import TaskQueue
from feishu_bot.core.queue.running_jobs import JobControl, Lease, RunningJobs, lease_time
from feishu_bot.core.queue.waiting import WaitingTask
from feishu_bot.core.tasks import ANSWERS
from feishu_bot.errors import FeishuUnavailable, LeaseLost
from feishu_bot.logs import bind, get_logger

logger = get_logger(__name__)

# Who waits less has no need to know; with two calls to Feishu it is seen after two seconds.
LEAST_WAIT = 1.5
# A number that has become much smaller is told, but seldom: each time is a call.
TELL_AGAIN_SECONDS = 10.0
SMALLER = 2
THREADS = 8
# Begun at one look, in all and of one chat, so that the next look finds what is more important.
MOST_AT_ONCE = 2 * THREADS
MOST_OF_CHAT = 2
# After so many for which Feishu has no room now there is hardly any for another.
MOST_WITHOUT_ROOM = 30
# Of the threads, the part that may be free where all are in use.
NEARLY_FULL_PART = 20
RETRY_SECONDS = 10.0
JOIN_SECONDS = 2.0


@dataclass(slots=True)
class _Memory:
    """What this process knows of a task that waits."""

    told: int | None = None
    told_at: float = 0.0
    not_before: float = 0.0
    has_no_card: bool = False


@dataclass(kw_only=True)
class WaitingCards:
    """Shows and ends such cards, in threads of its own, from `start` to `stop`.

    `show` says in a job's card how many stand before it, or gives False where it has none; `work`
    ends a job, `wake` has free threads look again. `has_room` says whether a chat takes a message
    that isn't urgent. `clock` is in seconds since the epoch.
    """

    queue: TaskQueue
    running: RunningJobs
    threads: int
    lease_seconds: float
    show: Callable[[Job, JobControl, int], bool]
    work: Callable[[Job, JobControl], None]
    has_room: Callable[[str], bool]
    wake: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.time
    timer: Callable[[], float] = lease_time
    _known: dict[int, _Memory] = field(default_factory=dict, init=False)
    _in_hand: set[int] = field(default_factory=set, init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False)
    _closing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._limits = ConcurrencyLimits(self.threads)

    def start(self) -> None:
        """Be ready to show cards; no thread runs before the first."""
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="waiting-card")

    def stop(self) -> None:
        """Begin nothing more, and let what was begun end, for a moment."""
        with self._changed:
            self._closing = True
            self._changed.wait_for(lambda: not self._in_hand, JOIN_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self, waiting: Sequence[WaitingTask]) -> frozenset[int]:
        """Show what there is to be shown of these, the oldest first; those that have a card."""
        known = {task.id: self._known.get(task.id) or _Memory() for task in waiting}
        self._known = known
        if not waiting:
            return frozenset()
        # One ends and the next begins all the time.
        is_full = len(self.running) >= self.threads - self.threads // NEARLY_FULL_PART
        positions = _Positions(self._limits.full(self.running), is_full=is_full)
        due = [
            (task, ahead or 0)
            for task in waiting
            if self._is_due(task, known[task.id], ahead := positions.pass_by(task))
        ]
        # Who has seen nothing yet comes first.
        due.sort(key=lambda each: each[0].has_reaction)
        begun: Counter[str] = Counter()
        shown = {task.id for task in waiting if task.has_card}
        without_room = 0
        for task, ahead in due:
            if begun[task.chat_id] == MOST_OF_CHAT:
                continue
            if not task.is_stopped and (
                without_room == MOST_WITHOUT_ROOM or not self.has_room(task.chat_id)
            ):
                without_room = min(without_room + 1, MOST_WITHOUT_ROOM)
                continue
            if begun.total() == MOST_AT_ONCE or not self._begin(task, known[task.id], ahead):
                break
            begun[task.chat_id] += 1
            shown.add(task.id)
        return frozenset(shown)

    def _is_due(self, task: WaitingTask, memory: _Memory, ahead: int | None) -> bool:
        now = self.clock()
        if task.id in self._in_hand or now < memory.not_before:
            return False
        if task.kind == "refuse" or task.is_stopped:
            return True
        if ahead is None or memory.has_no_card or task.is_behind or task.kind not in ANSWERS:
            return False
        if not task.has_card:
            return now - task.received_at >= LEAST_WAIT
        if memory.told is None:
            # Another process told it, or this one before it was started again.
            memory.told, memory.told_at = ahead, now
        is_smaller = ahead * SMALLER <= memory.told and ahead < memory.told
        return is_smaller and now - memory.told_at >= TELL_AGAIN_SECONDS

    def _begin(self, task: WaitingTask, memory: _Memory, ahead: int) -> bool:
        with self._changed:
            if self._closing or len(self._in_hand) >= MOST_AT_ONCE:
                return False
            self._in_hand.add(task.id)
            self._pool.submit(self._do_safely, task, memory, ahead)
        return True

    def _do_safely(self, task: WaitingTask, memory: _Memory, ahead: int) -> None:
        memory.not_before = self.clock() + RETRY_SECONDS
        try:
            self._do(task, memory, ahead)
        except (FeishuUnavailable, LeaseLost) as exc:
            logger.info("waiting question not shown", message_id=task.message_id, error=str(exc))
        except Exception as exc:  # noqa: BLE001
            # Its turn comes all the same.
            logger.failure("waiting question not shown", exc)
        finally:
            with self._changed:
                self._in_hand.discard(task.id)
                self._changed.notify_all()

    def _do(self, task: WaitingTask, memory: _Memory, ahead: int) -> None:
        began = self.timer()
        job = self.queue.claim_one(task.id)
        if job is None:
            # Its turn has come, or it is over.
            return
        lease = Lease(self.timer)
        lease.note_renewed(began, self.lease_seconds)
        control = JobControl(lease)
        try:
            with bind(event_id=job.event_id, message_id=job.target.message_id):
                if job.is_stopped or job.kind == "refuse":
                    if job.is_stopped:
                        control.stop()
                    self.work(job, control)
                elif self.show(job, control, ahead):
                    memory.told, memory.told_at, memory.not_before = ahead, self.clock(), 0.0
                else:
                    memory.has_no_card = True
        finally:
            # What has been ended isn't ours any more.
            self.queue.release([job])
            self.wake()


class _Positions:
    """Counts what stands before each task for its own turn; tasks are given oldest first.

    Who has reached their limit waits for their own, and whoever is left for all others.
    """

    def __init__(self, full: Askers, *, is_full: bool) -> None:
        self._full = full
        self._is_full = is_full
        self._of_person: Counter[str] = Counter()
        self._of_chat: Counter[str] = Counter()
        self._others = 0

    def pass_by(self, task: WaitingTask) -> int | None:
        """How many stand before this one; None where a thread is free for it."""
        if task.kind not in ANSWERS:
            return None
        if task.sender in self._full.people:
            ahead = self._of_person[task.sender]
        elif task.chat_id in self._full.chats:
            ahead = self._of_chat[task.chat_id]
        else:
            ahead = self._others
            self._others += 1
            if not self._is_full:
                return None
        self._of_person[task.sender] += 1
        self._of_chat[task.chat_id] += 1
        return ahead
