"""The threads that claim, renew and work."""

from __future__ import annotations

import threading

import pytest

from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.messages import Sender
from feishu_bot.core.queue.concurrency_limits import Askers, ConcurrencyLimits
from feishu_bot.core.queue.running_jobs import JobControl, Lease, RunningJobs, lease_time
from feishu_bot.core.queue.worker_pool import CLAIM_BURST, LEAST_STEP, WorkerPool
from tests.builders import message, queued
from tests.core.fakes import FakeInbox, refuse
from tests.polling import Clock, eventually


def task(number: int) -> QueuedTask:
    return queued(message(message_id=f"om_{number}"))


class Handler:
    """Does jobs when it is let."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.controls: dict[str, JobControl] = {}
        self.go = threading.Event()
        self.failure: Exception | None = None

    def __call__(self, job, control) -> None:
        self.controls[job.dedupe_id] = control
        self.started.append(job.dedupe_id)
        self.go.wait(10)
        if self.failure:
            raise self.failure


@pytest.fixture
def inbox():
    """Where the tasks are."""
    return FakeInbox()


@pytest.fixture
def handler():
    """Lets all jobs end at the end."""
    handler = Handler()
    yield handler
    handler.go.set()


@pytest.fixture
def running():
    """The jobs of this process."""
    return RunningJobs()


@pytest.fixture
def start(inbox, handler, running):
    """Starts worker pools, and stops them at the end."""
    started = []

    def start(threads: int = 4, lease_seconds: float = 0.3, timer=lease_time) -> WorkerPool:
        workers = WorkerPool(
            queue=inbox,
            running=running,
            handle=handler,
            threads=threads,
            lease_seconds=lease_seconds,
            timer=timer,
        )
        workers.start()
        started.append(workers)
        return workers

    yield start
    handler.go.set()
    for workers in started:
        workers.stop(5)


def test_what_is_put_is_worked_on_at_once(inbox, handler, start):
    workers = start()
    inbox.put(task(1))
    workers.wake()

    assert eventually(lambda: handler.started) == ["om_1"]


def test_no_more_jobs_run_than_there_are_threads(inbox, handler, running, start):
    for number in range(5):
        inbox.put(task(number))
    workers = start(threads=2)
    workers.wake()
    eventually(lambda: len(handler.started) == 2)

    assert len(running) == 2
    handler.go.set()
    eventually(lambda: len(handler.started) == 5)


def test_nobody_takes_all_threads_and_who_has_little_comes_first(inbox, handler, running, start):
    def ask(number: int, person: str, chat: str) -> None:
        asked = message(message_id=f"om_{number}", sender=Sender(person), chat_id=chat)
        inbox.put(queued(asked))

    for number in range(100):
        ask(number, "ou_busy", f"oc_{number}")
    for number in range(100, 200):
        ask(number, f"ou_{number}", "oc_group")
    # Half of them is less than begins in one chat without a pause.
    workers = start(threads=16)
    workers.wake()
    eventually(lambda: len(running) >= 12)
    for number in range(200, 203):
        ask(number, f"ou_{number}", f"oc_{number}")
    workers.wake()

    eventually(lambda: {f"om_{number}" for number in range(200, 203)} <= set(handler.started))
    own = [name for name in handler.started if int(name.removeprefix("om_")) < 100]
    # A share is passed by what comes with one claim, at the most.
    assert 2 <= len(own) < 2 + LEAST_STEP
    assert len(running) < 16


def test_limits_leave_room_for_others_whatever_the_number_of_threads():
    limits = {threads: ConcurrencyLimits(threads) for threads in (1, 20, 200)}
    found = {threads: (limit.person, limit.chat) for threads, limit in limits.items()}

    assert found == {1: (2, 2), 20: (2, 10), 200: (25, 100)}
    assert list(limits[200].rounds(RunningJobs())) == [Askers()]


def test_a_job_that_fails_is_put_off_longer_each_time(inbox, handler, start):
    inbox.put(task(1))
    handler.failure = RuntimeError("bug")
    handler.go.set()
    start().wake()

    assert eventually(lambda: inbox.postponed)[0][1] == 5.0


def test_a_recalled_message_is_stopped(inbox, handler, running, start):
    inbox.put(task(1))
    workers = start()
    workers.wake()
    eventually(lambda: handler.started)

    running.stop("om_1")

    assert handler.controls["om_1"].stopped


def test_a_stop_asked_for_elsewhere_arrives_with_the_renewal(inbox, handler, start):
    inbox.put(task(1))
    start().wake()
    eventually(lambda: handler.started)
    inbox.to_stop.add(1)

    eventually(lambda: handler.controls["om_1"].stopped)


def test_a_lost_lease_makes_the_job_give_way(inbox, handler, start):
    inbox.put(task(1))
    start().wake()
    eventually(lambda: handler.started)
    abandoned = []
    handler.controls["om_1"].on_lost(lambda: abandoned.append(1))

    inbox.taken_over.add(1)

    assert eventually(lambda: abandoned) == [1]


def test_leases_that_could_not_be_renewed_in_time_are_lost(inbox, handler, start):
    inbox.put(task(1))
    start(lease_seconds=0.1).wake()
    eventually(lambda: handler.started)

    inbox.renew = refuse(OSError("away"))

    eventually(lambda: handler.controls["om_1"].lost)
    handler.go.set()
    assert eventually(lambda: inbox.released)


def test_a_lease_that_has_ended_here_is_over_though_it_is_renewed_late():
    timer = Clock()
    lease = Lease(timer)
    lease.note_renewed(timer(), 30.0)

    timer.tick(26.9)
    assert not lease.is_over
    timer.tick(0.2)
    assert lease.is_over
    lease.note_renewed(timer(), 30.0)
    assert lease.is_over


def test_a_renewal_that_is_due_leaves_the_lease_behind():
    timer = Clock()
    lease = Lease(timer)
    lease.note_renewed(timer(), 30.0)

    timer.tick(7.6)
    assert lease.is_behind
    lease.note_renewed(timer(), 30.0)
    assert not lease.is_behind


class Words:
    """An answer that has more to keep each time it is asked."""

    def __init__(self) -> None:
        self.times_kept = 0

    @property
    def has_first_words(self) -> bool:
        return not self.times_kept

    def news(self) -> str:
        return f"line {self.times_kept}\n"

    def kept(self) -> None:
        self.times_kept += 1


def test_what_there_is_of_an_answer_is_kept_with_the_lease(inbox, handler, start):
    inbox.put(task(1))
    start().wake()
    eventually(lambda: handler.started)

    handler.controls["om_1"].progress = Words()

    eventually(lambda: inbox.progress.get(1, "").startswith("line 0\nline 1\nline 2\n"))


def test_first_words_are_kept_long_before_the_lease_is_renewed(inbox, handler, start):
    inbox.put(task(1))
    start(lease_seconds=3600.0, timer=Clock()).wake()
    eventually(lambda: handler.started)

    handler.controls["om_1"].progress = words = Words()

    # The rest waits for a renewal, and this clock stands.
    eventually(lambda: words.times_kept)
    assert inbox.progress == {1: "line 0\n"}


def test_first_words_that_could_not_be_kept_are_tried_again(inbox, handler, start):
    inbox.put(task(1))
    keep, failures = inbox.keep_progress, []

    def fail_once(progress):
        if not failures:
            failures.append(progress)
            raise OSError("away")
        keep(progress)

    inbox.keep_progress = fail_once
    start(lease_seconds=3600.0, timer=Clock()).wake()
    eventually(lambda: handler.started)

    handler.controls["om_1"].progress = Words()

    eventually(lambda: inbox.progress.get(1) == "line 0\n")
    assert failures


def test_what_could_not_be_kept_is_given_again(inbox, handler, start):
    inbox.put(task(1))
    # Long enough to outlive one renewal that fails, on a busy machine too.
    start(lease_seconds=3.0).wake()
    eventually(lambda: handler.started)
    words, renew, failures = Words(), inbox.renew, []

    def fail_once(progress):
        if not failures and progress:
            failures.append(progress)
            raise OSError("away")
        return renew(progress)

    inbox.renew = fail_once
    handler.controls["om_1"].progress = words

    eventually(lambda: failures and inbox.progress.get(1, "").startswith("line 0\n"))


def test_stopping_waits_for_running_jobs(inbox, handler, running, start):
    inbox.put(task(1))
    workers = start()
    workers.wake()
    eventually(lambda: handler.started)
    threading.Timer(0.05, handler.go.set).start()

    workers.stop(5)

    assert len(running) == 0
    assert not inbox.released


def test_what_is_not_done_in_the_grace_time_is_handed_back(inbox, handler, start):
    inbox.put(task(1))
    workers = start()
    workers.wake()
    eventually(lambda: handler.started)

    workers.stop(0)

    assert handler.controls["om_1"].lost
    assert [job.dedupe_id for job in inbox.released] == ["om_1"]


def test_nothing_is_claimed_while_stopping(inbox, start):
    workers = start()
    workers.stop(0)
    inbox.put(task(1))
    workers.wake()

    assert len(inbox.jobs) == 1


def test_who_asks_to_be_told_after_the_loss_is_told_at_once():
    control = JobControl()
    control.mark_lost()
    told = []

    control.on_lost(lambda: told.append(1))

    assert told == [1]


def test_a_job_that_could_not_even_be_put_off_is_let_go(inbox, handler, start):
    inbox.put(task(1))
    inbox.postpone = lambda job, seconds: 1 / 0
    handler.failure = RuntimeError("the database is away")
    handler.go.set()
    start().wake()

    assert eventually(lambda: inbox.dropped) == [1]


def test_leases_are_renewed_until_the_last_job_has_ended(inbox, handler, start):
    renewals = []
    renew = inbox.renew
    inbox.renew = lambda progress: renewals.append(1) or renew(progress)
    inbox.put(task(1))
    workers = start(lease_seconds=0.1)
    workers.wake()
    eventually(lambda: handler.started)
    stopping = threading.Thread(target=workers.stop, args=(5,))
    stopping.start()
    so_far = len(renewals)

    eventually(lambda: len(renewals) > so_far + 2)
    handler.go.set()
    stopping.join(5)
    assert not inbox.released


def test_tasks_are_claimed_no_faster_than_feishu_takes_messages(inbox, handler, start):
    for number in range(60):
        asked = message(message_id=f"om_{number}", chat_id=f"oc_{number}")
        inbox.put(queued(asked))
    handler.go.set()
    start(threads=100).wake()

    eventually(lambda: len(handler.started) >= CLAIM_BURST)
    assert len(handler.started) <= CLAIM_BURST
    eventually(lambda: len(handler.started) == 60)
