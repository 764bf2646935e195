"""Two hundred thousand rows cost nobody anything: everything reads an index, and sweeps rest."""

from __future__ import annotations

import dataclasses
import time

import pytest
import sqlalchemy as sa

from bench.grown_rows import FIVE, PEOPLE, fill
from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.feedback import RatedAnswer
from feishu_bot.core.limits import Spending
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.queue.admission import Admission, Pending
from feishu_bot.core.usage import Usage
from feishu_bot.stores import Database, Stores, erasure, sweep
from feishu_bot.stores.queue_state import QueueReader
from feishu_bot.stores.schema import metadata
from tests.polling import Clock
from tests.stores.grown import plans_of

# Enough for PostgreSQL to prefer an index; SQLite without statistics doesn't look at the number.
ROWS = {"sqlite": 100, "postgresql": 12_000}
# What a person has is read for a list of it.
MOST_ROWS = 500
# The door, /stop and /metrics look at the open tasks, and may look at all for the first minute of a
# database that was filled at one blow.
RARE = ("inbox.sender = %(person)s", "GROUP BY inbox.state", "counted.everything")


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores.open(
        database, lease_seconds=30, media_wait=1.0, conversation_ttl=3600, retention_days=30
    )


@pytest.fixture
def grown(database: Database, backend: str) -> int:
    """The number of the last turn."""
    fill(database, ROWS[backend], start=time.time() - ROWS[backend])
    return ROWS[backend]


def use_everything(stores: Stores, make_task, last: int, tag: str) -> None:  # type: ignore[no-untyped-def]
    """All that a message, a click or a recall reads and writes, and what runs beside them."""
    first = last // FIVE * FIVE - FIVE
    person = f"ou_{first // FIVE % PEOPLE}"
    key = ConversationKey(f"oc_{first // FIVE % PEOPLE}", f"om_q{first}")
    task = dataclasses.replace(make_task(1), event_id=f"ev_{tag}", dedupe_id=f"om_{tag}", key=key)
    conversations, inbox = stores.conversations, stores.inbox
    conversations.exists(key), conversations.key_of(f"om_a{first}")
    stores.people.get(person), stores.chats.settings(key.chat_id)
    assert inbox.put_if_room(task, Pending(10**6)) is Admission.TAKEN
    assert not inbox.put(task)
    inbox.is_known("om_x"), inbox.open_task(task.dedupe_id), inbox.replace(task)
    (found, *_), _ = stores.waiting.waiting(), stores.waiting.left()
    one = inbox.claim_one(found.id)
    assert one is not None
    inbox.release([one])
    (job,) = inbox.claim(46)
    inbox.release([job]), inbox.claim(46, only_with_card=True)
    (job,) = inbox.claim(46)
    stores.people.meet(person, key.chat_id), stores.people.meet(f"ou_{tag}")
    assert conversations.load(key, f"om_a{first + 3}").turns
    conversations.load(key)
    conversations.turn_of(f"om_a{first + 3}"), conversations.answers_to(f"om_q{first + 3}")
    conversations.card_of(f"om_a{first}"), conversations.tree(key, whole=True)
    conversations.newest(key.chat_id), conversations.newest("oc_unknown")
    conversations.bind(key, SentMessages((f"om_s{tag}",), thread_id=f"omt_{tag}"))
    conversations.go_on_from(key, first + 2), conversations.save_settings(key, model="gpt")
    inbox.running(key), inbox.running_of(person, key.chat_id), inbox.ended_unanswered("om_q7")
    inbox.checkpoint(job, {"text": "so far"}), inbox.renew()
    stores.own_roles.of(person), stores.own_roles.keepers("prompt 9")
    stores.own_roles.save(person, tag, "prompt 9", most=99)
    stores.own_roles.save(person, tag, "another", most=99)
    stores.usage.grant(person, "2026-11", Spending(questions=1), "ou_1", message_id=f"om_g{tag}")
    turn = Turn(question="q", answer="a", question_id=task.dedupe_id, answer_ids=(f"om_s{tag}",))
    used = Usage(open_id=person, chat_id=key.chat_id, model="m", outcome="answered", seconds=1.0)
    inbox.finish(job, "answered", dataclasses.replace(turn, asker=person, parent=first + 2), used)
    inbox.stop(f"om_nobody{tag}"), inbox.stop(f"om_q{first + 1}"), inbox.stop_event("ev_nobody")
    stores.history.newest(person, limit=9), stores.history.find(person, first)
    stores.history.search(person, ["question"], limit=9)
    answer = RatedAnswer(message_id=f"om_a{first}")
    stores.feedback.toggle(answer, person, "up"), stores.feedback.ratings(answer.message_id)
    conversations.clear(key)
    stores.overrides.refresh()
    QueueReader(conversations._database).read()


def test_no_statement_reads_a_whole_table(
    database: Database, stores: Stores, grown: int, make_task, backend: str
) -> None:
    """On PostgreSQL also before it has any statistics: it takes all tasks for open then."""
    with plans_of(database) as plans:
        use_everything(stores, make_task, grown, "before")
        assert len(plans.reads) > 60
        found = plans.whole_tables(MOST_ROWS)
        assert [one for one in found if not any(rare in one for rare in RARE)] == []
        plans.reads.clear()
        if backend == "postgresql":
            with database.write() as connection:
                connection.exec_driver_sql("ANALYZE")
        database.close()
    with plans_of(database) as plans:
        use_everything(stores, make_task, grown - 50, "after")
        assert plans.whole_tables(MOST_ROWS) == {}


def test_who_is_forgotten_is_looked_up_in_steps(
    database: Database, stores: Stores, grown: int, backend: str
) -> None:
    if backend == "postgresql":
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
        database.close()
    with plans_of(database) as plans:
        report = stores.people.forget("ou_7", keep_usage_since=time.time())

    assert report.turns
    assert [one[:300] for one in plans.whole_tables(erasure.TASKS_READ)] == []


def test_reports_read_no_more_than_the_time_that_they_are_about(
    database: Database, stores: Stores, grown: int, backend: str
) -> None:
    if backend == "postgresql":
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
    since, reports = time.time() - 300, stores.reports

    with plans_of(database) as plans:
        assert reports.totals([since, since + 60])
        assert reports.waits([since], "queue") == reports.waits([since], "first_text") == []
        assert reports.chats(since, 20)
        assert reports.grants(since, 20)
        assert reports.failures(20) == reports.blocked(20) == []
        assert len(plans.reads) == 7
        assert plans.whole_tables(MOST_ROWS) == {}


def test_a_sweep_deletes_all_that_is_old_in_steps_and_rests_between_them(
    database: Database, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "STEP_SECONDS", 0.0)
    fill(database, 1_000, start=0.0)
    rests = []

    stores.sweep(time.time(), lambda: bool(rests.append(1)))

    with database.read() as connection:
        left = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in metadata.sorted_tables
        }
    kept = {"chats": 996, "own_roles": 996}
    assert {name: number for name, number in left.items() if number} == kept
    assert len(rests) > 20


def test_a_sweep_that_is_to_stop_leaves_the_rest(
    database: Database, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "STEP_SECONDS", 0.0)
    fill(database, 200, start=0.0)

    stores.sweep(time.time(), lambda: True)

    with database.read() as connection:
        left = connection.scalar(sa.text("SELECT count(*) FROM inbox"))
    assert left == 196 - sweep.FIRST_ROWS


class SlowRows:
    """Rows that take so many seconds each to delete; `steps` is how long each step took."""

    def __init__(self, database: Database, clock: Clock, rows: list[float]) -> None:
        self.rows = rows
        self.steps: list[float] = []
        self._clock = clock
        self._began = clock()
        sweep.in_steps(database, self.delete, self.rest, timer=clock)

    def delete(self, _: sa.Connection, most: int) -> int | None:
        for seconds in self.rows[:most]:
            self._clock.tick(seconds)
        done = len(self.rows[:most])
        del self.rows[:most]
        return done or None

    def rest(self) -> bool:
        self.steps.append(self._clock() - self._began)
        self._clock.tick(0.05)
        self._began = self._clock()
        return False


@pytest.mark.parametrize("seconds", [0.00001, 0.0005, 0.003])
def test_no_step_takes_longer_however_slow_the_machine_is(
    database: Database, clock: Clock, seconds: float
) -> None:
    slow = SlowRows(database, clock, [seconds] * 2_000)

    assert not slow.rows
    assert max(slow.steps) < 0.02
    # And not many more steps than that bound needs.
    assert len(slow.steps) <= 10 + 2 * 2_000 * seconds / sweep.STEP_SECONDS


def test_rows_that_take_longer_than_those_before_end_their_step(
    database: Database, clock: Clock
) -> None:
    slow = SlowRows(database, clock, [0.00001] * 500 + [0.001] * 100)

    assert max(slow.steps) < 0.02


def test_postgres_compiles_no_statements(database: Database, backend: str) -> None:
    """It takes fifty times as long as running them."""
    if backend == "postgresql":
        with database.read() as connection:
            assert connection.scalar(sa.text("SHOW jit")) == "off"
