"""The queue under any schedule of kills, freezes, cut links, lost replies and clocks that are set.

Processes are the real inbox, conversations and worker pool, without threads: what each does next,
and what happens to it, is drawn by Hypothesis. `python -m tests.stores.queue_model` tries thousands
of schedules.

What must hold: nothing is shown of an answer that somebody else has claimed; the answers of a
conversation stand in the order of its questions; each was asked with all turns before it; and in
the end each question has exactly one.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.messages import IncomingMessage, Sender
from feishu_bot.core.queue.running_jobs import JobControl, RunningJobs
from feishu_bot.core.queue.worker_pool import WorkerPool
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import AskQuestion
from feishu_bot.errors import LeaseLost, StoreUnavailable
from feishu_bot.stores import Database, SqlConversations, SqlInbox, WorkerId
from feishu_bot.stores.schema import inbox as table
from feishu_bot.stores.schema import metadata, turns
from tests.polling import Clock

LEASE = 30.0
EPOCH = 1_700_000_000.0
PROCESSES = 3
CONVERSATIONS = 2
MOST_ROUNDS = 60
ROUND_SECONDS = 4.0


class LinkedDatabase(Database):
    """A database behind a link that can be cut, or lose the reply to a commit."""

    is_cut = False
    loses_reply = False

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        self._expect_link()
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        self._expect_link()
        with super().write() as connection:
            yield connection
        if self.loses_reply:
            self.loses_reply = False
            raise StoreUnavailable("committed, but who knows")

    def _expect_link(self) -> None:
        if self.is_cut:
            raise StoreUnavailable("cut off")


class Work:
    """A claimed job, and the prompt once it was made."""

    def __init__(self, job: Job, control: JobControl) -> None:
        self.job = job
        self.control = control
        self.prompt: tuple[Turn, ...] | None = None


class Process:
    """A process that answers; its threads are the rules of the model."""

    def __init__(self, url: str, timer: Clock) -> None:
        self.is_frozen = False
        self.clock_is_off = 0.0
        self.working: list[Work] = []
        self.database = LinkedDatabase(url, pool_size=2)
        self.conversations = SqlConversations(
            self.database,
            ttl_seconds=1e9,
            clock=lambda: EPOCH + timer() + self.clock_is_off,
            timer=timer,
        )
        self.inbox = SqlInbox(
            self.database,
            worker=WorkerId(),
            lease_seconds=LEASE,
            clock=lambda: EPOCH + timer() + self.clock_is_off,
            timer=timer,
        )
        self.pool = WorkerPool(
            queue=self.inbox,
            running=RunningJobs(),
            handle=lambda job, control: None,
            threads=4,
            lease_seconds=LEASE,
            timer=timer,
        )
        # In place of its threads.
        self.pool._pool = self

    def submit(self, _work: object, job: Job, control: JobControl) -> None:
        self.working.append(Work(job, control))

    def claim(self) -> None:
        self.pool._claim(2)

    def renew(self) -> None:
        renewal = self.pool._renew(self.pool.timer())
        for work in self.working:
            if work.control.lost or work.job.id in renewal.lost:
                work.control.mark_lost()

    def prepare(self, work: Work) -> None:
        """Read the history, as every answer begins."""
        if work.prompt is None:
            work.prompt = self.conversations.load(work.job.key).turns

    def end(self, work: Work) -> None:
        """As `AnswerRun` and the pool end an answer."""
        if work.prompt is None and not work.control.lost:
            return
        if not work.control.lost:
            try:
                self.inbox.finish(work.job, "answered", _turn(work), None)
            except LeaseLost:
                work.control.mark_lost()
        self.let_go(work)

    def fail(self, work: Work) -> None:
        """As the pool does with an exception."""
        self.inbox.postpone(work.job, 5.0)
        self.let_go(work)

    def let_go(self, work: Work) -> None:
        self.working.remove(work)
        try:
            if work.control.lost:
                self.inbox.release([work.job])
        except StoreUnavailable:
            # Somebody ends the lease.
            pass
        self.inbox.drop(work.job)
        self.pool.running.remove(work.job, work.control)


def _turn(work: Work) -> Turn:
    """A turn whose answer tells with which prompt it was made."""
    assert work.prompt is not None
    return Turn(
        question=work.job.task.text,
        answer=" ".join(turn.question for turn in work.prompt) or "-",
        question_id=work.job.target.message_id,
        parent=work.prompt[-1].id if work.prompt else None,
    )


class QueueModel(RuleBasedStateMachine):
    """All processes and what people have asked; `url` is that of an empty database."""

    url = ""

    @initialize()
    def begin(self) -> None:
        self.timer = Clock()
        self.seen = Database(self.url, pool_size=1)
        with self.seen.write() as connection:
            for each in reversed(metadata.sorted_tables):
                connection.execute(sa.delete(each))
        self.asked: list[list[str]] = [[] for _ in range(CONVERSATIONS)]
        self.processes = [Process(self.url, self.timer) for _ in range(PROCESSES)]
        for where in range(CONVERSATIONS):
            self._ask(where)

    # What people do

    @rule(where=st.integers(0, CONVERSATIONS - 1), count=st.integers(1, 3))
    def ask(self, where: int, count: int) -> None:
        for _ in range(count):
            self._ask(where)

    def _ask(self, where: int) -> None:
        number = sum(map(len, self.asked)) + 1
        message = IncomingMessage(
            message_id=f"om_{number}",
            chat_id=f"oc_{where}",
            chat_type="p2p",
            sender=Sender(open_id="ou_1"),
            kind="text",
            text=f"q{number}",
            created_at=float(number),
        )
        task = QueuedTask(
            event_id=f"ev_{number}",
            dedupe_id=message.message_id,
            key=ConversationKey(message.chat_id, "chat"),
            target=ReplyTarget.of(message),
            task=AskQuestion(text=message.text, message=message),
            created_at=message.created_at,
        )
        assert SqlInbox(self.seen, worker=WorkerId()).put(task)
        self.asked[where].append(message.text)

    # What happens: few rules, so that Hypothesis comes to long stories

    which = st.integers(0, PROCESSES - 1)

    @rule(rounds=st.sampled_from([1, 3, 7, 10]))
    def wait(self, rounds: int) -> None:
        """Time passes, and all do what they always do."""
        for _ in range(rounds):
            self.timer.tick(ROUND_SECONDS)
            for which in range(PROCESSES):
                for step in (self.renew, self.claim, self.prepare, self.show):
                    step(which)

    @rule(seconds=st.sampled_from([1.0, 26.0, 31.0]))
    def stand_still(self, seconds: float) -> None:
        """Time passes, and nobody gets to run."""
        self.timer.tick(seconds)

    @rule(which=which, step=st.sampled_from(["end", "end", "fail", "renew", "claim", "prepare"]))
    def run(self, which: int, step: str) -> None:
        """One process does one thing."""
        getattr(self, step)(which)

    @rule(which=which, fault=st.sampled_from(["kill", "freeze", "cut", "lose_reply", "set_clock"]))
    def break_something(self, which: int, fault: str) -> None:
        """Something happens to one process, a busy one if there is; a second time it is over."""
        busy = [process for process in self.processes if process.working] or self.processes
        process = busy[which % len(busy)]
        match fault:
            case "kill":
                process.database.close()
                at = self.processes.index(process)
                self.processes[at] = Process(self.url, self.timer)
            case "freeze":
                process.is_frozen = not process.is_frozen
            case "cut":
                process.database.is_cut = not process.database.is_cut
            case "lose_reply":
                process.database.loses_reply = True
            case "set_clock":
                process.clock_is_off = 3600.0 if process.clock_is_off <= 0.0 else -3600.0

    # What processes do

    def claim(self, which: int) -> None:
        self._do(which, lambda process: process.claim())

    def renew(self, which: int) -> None:
        self._do(which, lambda process: process.renew())

    def prepare(self, which: int) -> None:
        self._do(which, lambda process: [process.prepare(work) for work in process.working])

    def show(self, which: int) -> None:
        """A frame: it needs no database, so a process that is cut off goes on with it."""
        process = self.processes[which]
        if process.is_frozen:
            return
        for work in process.working:
            if not work.control.lease.is_over:
                with self.seen.read() as connection:
                    of_job = table.c.id == work.job.id
                    token = connection.scalar(sa.select(table.c.attempt).where(of_job))
                assert token == work.job.fencing_token, "shown by a process that had lost it"

    def end(self, which: int) -> None:
        self._do(which, lambda process: [process.end(work) for work in [*process.working]])

    def fail(self, which: int) -> None:
        self._do(which, lambda process: [process.fail(work) for work in [*process.working]])

    # What must hold

    def teardown(self) -> None:
        if not hasattr(self, "processes"):
            return
        try:
            self._expect_order()
            self._come_to_an_end()
            self._expect_order(whole=True)
        finally:
            for process in self.processes:
                process.database.close()
            self.seen.close()

    def _do(self, which: int, what) -> None:
        process = self.processes[which]
        if process.is_frozen:
            return
        try:
            what(process)
        except StoreUnavailable:
            return

    def _come_to_an_end(self) -> None:
        for process in self.processes:
            process.is_frozen = process.database.is_cut = process.database.loses_reply = False
        steps = (self.renew, self.claim, self.prepare, self.show, self.end)
        for _ in range(MOST_ROUNDS):
            for step in steps:
                for which in range(PROCESSES):
                    step(which)
            self.timer.tick(2.0)
            with self.seen.read() as connection:
                is_open = sa.select(sa.func.count()).where(table.c.state != "done")
                if not connection.scalar(is_open):
                    return
        raise AssertionError("something waits for ever")

    def _expect_order(self, *, whole: bool = False) -> None:
        for where, asked in enumerate(self.asked):
            with self.seen.read() as connection:
                columns = (turns.c.question, turns.c.answer)
                of_chat = sa.select(*columns).where(turns.c.chat_id == f"oc_{where}")
                rows = connection.execute(of_chat.order_by(turns.c.id)).all()
            answered = [row.question for row in rows]
            assert answered == asked[: len(answered)], "out of order, or twice"
            for number, row in enumerate(rows):
                assert row.answer == (" ".join(answered[:number]) or "-"), "a turn is missing"
            assert not whole or len(answered) == len(asked), "not answered"


def check(url: str, examples: int, steps: int) -> None:
    """Try so many schedules of so many steps each. Raises AssertionError with the shortest."""
    model = type("QueueModel", (QueueModel,), {"url": url})
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(model, settings=profile)


def main(arguments: Sequence[str] | None = None) -> None:
    """Thousands of schedules on SQLite, and some on PostgreSQL."""
    parser = argparse.ArgumentParser(prog="python -m tests.stores.queue_model", description=__doc__)
    parser.add_argument("--sqlite", type=int, default=4000, help="schedules on SQLite (4000)")
    parser.add_argument("--postgres", type=int, default=500, help="schedules on PostgreSQL (500)")
    parser.add_argument("--steps", type=int, default=30, help="steps of each (30)")
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="queue"))
    try:
        url = f"sqlite:///{folder}/bot.db"
        Database(url).migrate()
        check(url, given.sqlite, given.steps)
        print(f"SQLite: {given.sqlite} schedules of up to {given.steps} steps hold", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if given.postgres:
        from tests import postgres

        with postgres.running() as server, server.schema(tables=True) as url:
            check(url, given.postgres, given.steps)
        print(f"PostgreSQL: {given.postgres} schedules of up to {given.steps} steps hold")


if __name__ == "__main__":
    main()
