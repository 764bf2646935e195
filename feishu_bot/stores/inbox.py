"""The inbox: tasks stored, each once, and the leases on those being worked on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.jobs import Job, Outcome, QueuedTask
from feishu_bot.core.queue.admission import Admission, Pending
from feishu_bot.core.queue.concurrency_limits import NOBODY, Askers
from feishu_bot.core.queue.inbox import Renewal
from feishu_bot.core.queue.running_jobs import lease_time
from feishu_bot.core.usage import Usage
from feishu_bot.errors import LeaseLost, StoreUnavailable
from feishu_bot.logs import get_logger
from feishu_bot.stores import admission
from feishu_bot.stores import claim_statements as claims
from feishu_bot.stores import inbox_statements as statements
from feishu_bot.stores.database import Database
from feishu_bot.stores.inbox_leases import InboxLeases
from feishu_bot.stores.inbox_parts import join_words
from feishu_bot.stores.inbox_rows import (
    click_row,
    job_of,
    recalled_row,
    refused_row,
    row_of,
    task_of,
)
from feishu_bot.stores.leases import WorkerId
from feishu_bot.stores.locks import is_transient
from feishu_bot.stores.sweep import Rest, never_stop
from feishu_bot.stores.turns import forget_question, insert_turn
from feishu_bot.stores.usage import insert_usage

logger = get_logger(__name__)

_CLAIM_TRIES = 5
# Longer than any job is put off for: see `WorkerPool`.
_LONGEST_DELAY = 300.0


class SqlInbox:
    """Implements the ports of `core.queue.inbox` for any number of processes on one database.

    A done event keeps its ids until it is swept, so that a repeat of it is known; what the person
    wrote is deleted when the job ends.

    A lease is good for `lease_seconds`, which all processes should have alike, by each one's own
    `timer`: the holder counts from its last renewal, the others from when they first saw that.
    `clock` (seconds since the epoch) dates rows, and decides only when a postponed job is due. May
    be made before a fork, and used by any number of threads.

    A message without words can't be claimed for `media_wait` seconds, unless something was said
    after it; 0 for at once.
    """

    def __init__(
        self,
        database: Database,
        *,
        worker: WorkerId,
        lease_seconds: float = 30.0,
        media_wait: float = 0.0,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = lease_time,
    ) -> None:
        self._database = database
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._media_wait = media_wait
        self._clock = clock
        self._leases = InboxLeases(database, worker, lease_seconds, clock=clock, timer=timer)
        self._held = self._leases.held

    def put(self, task: QueuedTask) -> bool:
        """Store the task; False when its event id or dedupe id is known already."""
        row = row_of(task, self._clock(), self._media_wait)
        with self._database.write() as connection:
            return connection.execute(statements.PUT, row).first() is not None

    def put_if_room(self, task: QueuedTask, most: Pending) -> Admission:
        row = row_of(task, self._clock(), self._media_wait)
        bounds = {"most": most.together, "most_of_person": most.person, "asker": row["sender"]}
        with self._database.write() as connection:
            if connection.execute(admission.PUT_IF_ROOM, {**row, **bounds}).first() is not None:
                return Admission.TAKEN
            counted = connection.execute(admission.PENDING, {**bounds, "asked": task.dedupe_id})
            return admission.reason(counted.one(), most)

    def note_refused(self, task: QueuedTask) -> None:
        row = refused_row(task, self._clock())
        with self._database.write() as connection:
            connection.execute(statements.PUT, row)

    def replace(self, task: QueuedTask) -> bool:
        """What a part of the answer was shown of has begun."""
        parameters = {
            "asked": task.dedupe_id,
            "now_kind": task.kind,
            "now_payload": task.payload(),
            "now_place": task.place or None if self._media_wait > 0 else None,
            "now_wordless": task.is_wordless,
        }
        with self._database.write() as connection:
            return connection.execute(statements.REPLACE, parameters).rowcount == 1

    def is_known(self, dedupe_id: str) -> bool:
        with self._database.read() as connection:
            return bool(connection.scalar(statements.KNOWN, {"asked": dedupe_id}))

    def open_task(self, dedupe_id: str) -> QueuedTask | None:
        """Raises KeyError, TypeError or ValueError when the event isn't readable."""
        with self._database.read() as connection:
            row = connection.execute(statements.OPEN, {"asked": dedupe_id}).one_or_none()
        return task_of(row) if row is not None else None

    def claim(self, limit: int, *, but: Askers = NOBODY, only_with_card: bool = False) -> list[Job]:
        """A waiting event is claimable when it is its conversation's oldest and nothing runs there.

        So is a running one whose lease has ended. The first call also takes over from dead
        processes.
        """
        if self._leases.are_due():
            # After a start there may be the leases of a process that died.
            self._leases.prolong()
        statement = claims.CLAIM
        parameters: dict[str, Any] = {"limit": limit, "latest": self._clock() + _LONGEST_DELAY}
        if but or only_with_card:
            statement = claims.CLAIM_WITH_CARD if only_with_card else claims.CLAIM_OF_OTHERS
            parameters |= {"people": sorted(but.people), "chats": sorted(but.chats)}
        return self._try_claim(statement, parameters)

    def claim_one(self, task_id: int) -> Job | None:
        jobs = self._try_claim(claims.CLAIM_ONE, {"limit": 1, "wanted": task_id})
        return jobs[0] if jobs else None

    def _try_claim(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Job]:
        for tried in range(1, _CLAIM_TRIES + 1):
            try:
                return self._claim(statement, parameters)
            except IntegrityError:
                # Two processes saw different events as the oldest of a conversation, because one
                # of them was just being stored; the index let only one through.
                continue
            except StoreUnavailable as exc:
                if tried == _CLAIM_TRIES or not is_transient(exc.__cause__):
                    raise
        return []

    def renew(self, progress: Iterable[tuple[Job, str]] = ()) -> Renewal:
        """Ends the leases of dead processes on this host, too, and those not renewed any more.

        Call it several times per `lease_seconds`.
        """
        held = self._held.ids()
        owned = self._leases.prolong(self._written(progress))
        # A job that finished meanwhile isn't lost: it is no longer held.
        lost = frozenset((held & self._held.ids()) - owned.keys())
        self._held.drop(lost)
        stopped = frozenset(job for job, stop in owned.items() if stop)
        return Renewal(lost=lost, stopped=stopped, kept=frozenset(owned))

    def keep_progress(self, progress: Iterable[tuple[Job, str]]) -> None:
        """One transaction for all of them; at least one must be given."""
        with self._database.write() as connection:
            connection.execute(statements.KEEP_PROGRESS, self._written(progress))

    def together(self) -> AbstractContextManager[None]:
        return self._database.together()

    def checkpoint(
        self, job: Job, state: Mapping[str, Any], *, is_waiting_card: bool = False
    ) -> None:
        """`json.dumps` must take `state`."""
        parameters = {**self._ours(job), "kept": dict(state), "waits": is_waiting_card}
        with self._database.write() as connection:
            is_ours = connection.execute(statements.CHECKPOINT, parameters).rowcount == 1
        if not is_ours:
            self._held.remove(job)
            raise _lost(job)

    def finish(
        self, job: Job, outcome: Outcome, turn: Turn | None, usage: Usage | None, *further: Usage
    ) -> bool:
        """The turn of a question that was recalled meanwhile is not stored.

        After any other exception than LeaseLost the job is still ours.
        """
        self._held.remove(job)
        try:
            used = (usage, *further) if usage else further
            is_recalled = self._finish(job, outcome, turn, used)
        except BaseException:
            self._held.add(job)
            raise
        if is_recalled is None:
            raise _lost(job)
        return is_recalled

    def release(self, jobs: Iterable[Job]) -> None:
        """The checkpoint stays, and no attempt is counted.

        Jobs that aren't ours any more are skipped.
        """
        jobs = list(jobs)
        if not jobs:
            return
        with self._database.write() as connection:
            connection.execute(statements.RELEASE, [self._ours(job) for job in jobs])
        for job in jobs:
            self._held.remove(job)

    def drop(self, job: Job) -> None:
        """A job that is still ours can be claimed when its lease ends."""
        self._held.remove(job)

    def postpone(self, job: Job, seconds: float) -> None:
        """The attempt counts, and later messages of the conversation wait for the job.

        A job that isn't ours any more is skipped.
        """
        parameters = {**self._ours(job), "until": self._clock() + seconds}
        with self._database.write() as connection:
            connection.execute(statements.POSTPONE, parameters)
        self._held.remove(job)

    def stop(self, message_id: str) -> None:
        """A running job is named by the next `renew` of its process; its turn won't be stored.

        A waiting one ends here, unless a part of its answer is on the screen already: then the
        process that claims it is told, and can end the card. One that comes later is not done.
        """
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(statements.PUT, recalled_row(message_id, now))
            connection.execute(statements.STOP_UNSEEN, {"asked": message_id, "now": now})
            connection.execute(statements.STOP_SHOWN, {"asked": message_id})
            forget_question(connection, message_id)

    def running(self, key: ConversationKey) -> QueuedTask | None:
        """A postponed job counts as running.

        Raises KeyError, TypeError or ValueError when the event isn't readable.
        """
        with self._database.read() as connection:
            row = connection.execute(statements.RUNNING, {"of": str(key)}).one_or_none()
        return task_of(row) if row is not None else None

    def running_of(self, open_id: str, chat_id: str) -> tuple[QueuedTask, ...]:
        """Raises KeyError, TypeError or ValueError when an event isn't readable."""
        parameters = {"person": open_id, "chat": chat_id}
        with self._database.read() as connection:
            return tuple(map(task_of, connection.execute(statements.RUNNING_OF, parameters)))

    def stop_event(self, event_id: str) -> bool:
        """As `stop`, but `finish` stores the turn of what was answered so far."""
        parameters = {"event": event_id, "now": self._clock()}
        with self._database.write() as connection:
            return any(
                connection.execute(statement, parameters).rowcount
                for statement in (statements.STOP_EVENT_UNSEEN, statements.STOP_EVENT_SHOWN)
            )

    def take_click(self, event_id: str) -> bool:
        """Remembered for as long as what comes in is, which is longer than a click is accepted."""
        with self._database.write() as connection:
            row = click_row(event_id, self._clock())
            return connection.execute(statements.PUT, row).first() is not None

    def ended_unanswered(self, dedupe_id: str) -> bool:
        with self._database.read() as connection:
            return bool(connection.scalar(statements.ENDED_UNANSWERED, {"asked": dedupe_id}))

    def sweep(self, before: float, rest: Rest = never_stop) -> int:
        """Repeats of a deleted event aren't recognised: Feishu repeats one for up to 7.1 hours."""
        return statements.OLD.sweep(self._database, before, rest)

    def _claim(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Job]:
        now = self._clock()
        lease = {
            "now": now,
            "until": now + self._lease_seconds,
            "by": str(self._worker),
            "on": self._worker.host,
        }
        # Clocks of replicas differ a little.
        bounds = {"longest_hold": now + 2 * self._media_wait, **parameters}
        with self._database.write() as connection:
            claimed = connection.execute(statement, {**lease, **bounds}).all()
            rows = [join_words(connection, row, lease) for row in claimed]
        jobs = []
        for row in sorted(rows, key=lambda row: (row.created_at, row.id)):
            try:
                job = job_of(row)
            except (KeyError, TypeError, ValueError):
                logger.exception("event not readable", id=row.id, event_id=row.event_id)
                self._give_up(row)
                continue
            self._held.add(job)
            jobs.append(job)
        return jobs

    def _finish(
        self, job: Job, outcome: Outcome, turn: Turn | None, used: Iterable[Usage]
    ) -> bool | None:
        """None, with nothing stored, when the job isn't ours any more."""
        now = self._clock()
        parameters = {**self._ours(job), "ended": outcome, "now": now}
        with self._database.write() as connection:
            row = connection.execute(statements.FINISH, parameters).one_or_none()
            if row is None:
                return None
            if turn is not None and not row.forget_requested:
                insert_turn(connection, job.key, turn, now=now)
            for usage in used:
                insert_usage(connection, usage, now=now)
        return bool(row.forget_requested)

    def _give_up(self, row: sa.Row[Any]) -> None:
        """End a job that can't be read, so that no other process claims it."""
        parameters = {"job": row.id, "by": str(self._worker), "tried": row.attempt}
        with self._database.write() as connection:
            connection.execute(
                statements.FINISH, {**parameters, "ended": "failed", "now": self._clock()}
            )

    def _written(self, progress: Iterable[tuple[Job, str]]) -> list[dict[str, Any]]:
        return [{**self._ours(job), "more": more} for job, more in progress]

    def _ours(self, job: Job) -> dict[str, Any]:
        return {"job": job.id, "by": str(self._worker), "tried": job.fencing_token}


def _lost(job: Job) -> LeaseLost:
    return LeaseLost(f"job {job.id}, token {job.fencing_token}")
