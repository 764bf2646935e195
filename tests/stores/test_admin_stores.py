"""What the administrator's page stores and reads, on both databases."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from feishu_bot.core.administration.audit import Change
from feishu_bot.core.administration.reports import WAIT_BOUNDS, WaitCount, wait_at
from feishu_bot.core.administration.sessions import Session
from feishu_bot.core.limits import Spending
from feishu_bot.core.usage import Usage
from feishu_bot.stores import Database, SqlPeople, SqlUsage, Stores
from feishu_bot.stores import overrides as overrides_module
from feishu_bot.stores.audit import SqlAuditLog
from feishu_bot.stores.overrides import SqlOverrides
from feishu_bot.stores.reports import SqlReports
from feishu_bot.stores.schema import admin_links, admin_sessions
from feishu_bot.stores.sessions import SqlSessions
from feishu_bot.stores.usage import insert_usage
from tests.polling import Clock, eventually

CHANGE = Change(actor="ou_boss", action="limit", subject="USER_DAILY_TOKENS", after="5")
DAY = 86_400.0


def use(database: Database, at: float, **changes: object) -> None:
    values: dict[str, object] = {
        "open_id": "ou_1",
        "chat_id": "oc_1",
        "model": "gpt",
        "outcome": "answered",
        "seconds": 2.0,
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "created_at": at,
    }
    with database.write() as connection:
        insert_usage(connection, Usage(**values | changes), now=at)  # type: ignore[arg-type]


class TestOverrides:
    def test_a_change_holds_at_once_here_and_elsewhere_after_the_next_look(
        self, database, other_database
    ) -> None:
        here, there = SqlOverrides(database), SqlOverrides(other_database)
        here.put("limit", "USER_DAILY_TOKENS", 5, CHANGE)

        assert here.of("limit")["USER_DAILY_TOKENS"].value == 5
        assert there.of("limit") == {}
        there.refresh()
        assert there.of("limit")["USER_DAILY_TOKENS"].changed_by == "ou_boss"

    def test_the_thread_of_a_process_looks_by_itself(
        self, database, other_database, monkeypatch
    ) -> None:
        monkeypatch.setattr(overrides_module, "LOOK_SECONDS", 0.01)
        there = SqlOverrides(other_database)
        there.start()
        SqlOverrides(database).put("price", "gpt-*", {"prompt": "1"}, CHANGE)

        assert eventually(lambda: there.of("price"))["gpt-*"].value == {"prompt": "1"}
        there.stop()

    def test_what_is_taken_back_is_gone_and_can_be_set_again(self, database) -> None:
        store, other = SqlOverrides(database), SqlOverrides(database)
        for value in (5, None, 7):
            store.put("limit", "X", value, CHANGE)
            other.refresh()
            held = {name: one.value for name, one in other.of("limit").items()}
            assert held == ({} if value is None else {"X": value})

    def test_a_section_that_did_not_change_is_the_same_object(self, database) -> None:
        store = SqlOverrides(database)
        store.put("role", "poet", {"zh": {"title": "诗人"}}, CHANGE)
        roles = store.of("role")
        store.put("limit", "X", 1, CHANGE)

        assert store.of("role") is roles
        store.put("role", "poet", {}, CHANGE)
        assert store.of("role") is not roles

    def test_a_change_and_its_note_are_one_transaction(self, database) -> None:
        store = SqlOverrides(database)
        broken = Change(actor="ou_boss", action="limit", subject=None)  # type: ignore[arg-type]

        with pytest.raises(sa.exc.IntegrityError):
            store.put("limit", "X", 1, broken)
        store.refresh()
        assert store.of("limit") == {}


class TestAudit:
    def test_the_newest_changes_come_first_and_page_by_page(self, database) -> None:
        clock = Clock(100.0)
        log = SqlAuditLog(database, clock=clock)
        for number in range(5):
            clock.now = 100.0 + number
            log.add(Change(actor="ou_boss", action="block", subject=f"ou_{number}"))

        assert [one.subject for one in log.newest(2)] == ["ou_4", "ou_3"]
        assert [one.subject for one in log.newest(2, skipped=2)] == ["ou_2", "ou_1"]
        assert log.newest(1)[0].at == 104.0

    def test_changes_outlive_what_they_are_about(self, database) -> None:
        stores = Stores.open(database, lease_seconds=30, conversation_ttl=60, retention_days=30)
        now = 10_000_000_000.0
        SqlAuditLog(database, clock=lambda: now - 40 * DAY).add(CHANGE)
        SqlAuditLog(database, clock=lambda: now - 400 * DAY).add(CHANGE)

        stores.sweep(now)
        assert len(stores.audit.newest(9)) == 1

    def test_changes_stay_as_long_as_everything_else(self, database) -> None:
        stores = Stores.open(database, lease_seconds=30, conversation_ttl=60, retention_days=900)
        now = 10_000_000_000.0
        SqlAuditLog(database, clock=lambda: now - 800 * DAY).add(CHANGE)

        stores.sweep(now)
        assert len(stores.audit.newest(9)) == 1


class TestSessions:
    SESSION = Session(
        actor="ou_1", ids=("ou_1", "on_1"), password_mark="m", created_at=100.0, seen_at=100.0
    )

    def test_a_session_is_found_in_every_process_until_it_ends(
        self, database, other_database
    ) -> None:
        here, there = SqlSessions(database), SqlSessions(other_database)
        here.add("hash", self.SESSION)

        assert there.find("hash") == self.SESSION
        there.touch("hash", 160.0)
        found = here.find("hash")
        assert found is not None
        assert found.seen_at == 160.0
        there.end("hash")
        assert here.find("hash") is None

    def test_of_two_at_once_one_gets_the_link(self, database, other_database) -> None:
        store, other = SqlSessions(database), SqlSessions(other_database)
        store.add_link("hash", ("ou_1",), 100.0)
        taken: list[object] = []
        start = threading.Barrier(2)

        def take(sessions: SqlSessions) -> None:
            start.wait(5)
            taken.append(sessions.take_link("hash", 0.0, 101.0))

        threads = [threading.Thread(target=take, args=(one,)) for one in (store, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

        assert sorted(map(str, taken)) == ["('ou_1',)", "None"]

    def test_a_link_that_is_too_old_is_not_taken(self, database) -> None:
        store = SqlSessions(database)
        store.add_link("hash", ("ou_1",), 100.0)

        assert store.take_link("hash", 100.1, 101.0) is None
        assert store.has_links(100.0)
        assert not store.has_links(100.1)

    def test_what_has_ended_is_swept(self, database) -> None:
        store = SqlSessions(database)
        store.add("old", self.SESSION)
        store.add_link("old", ("ou_1",), 100.0)
        store.sweep(100.0 + 2 * DAY)

        with database.read() as connection:
            for table in (admin_sessions, admin_links):
                assert connection.execute(sa.select(table)).all() == []


class TestReports:
    STARTS = (0.0, 100.0, 200.0)

    def test_answers_failures_and_costs_are_summed_by_stretch(self, database) -> None:
        use(database, 50.0, cost=0.5)
        use(database, 250.0, cost=0.25)
        use(database, 260.0, prompt_tokens=0, completion_tokens=0, notice="gave_up")

        first, last = SqlReports(database).totals(self.STARTS)
        assert (first.number, first.answers, first.failures, first.cost) == (0, 1, 0, 0.5)
        assert (last.number, last.answers, last.failures) == (2, 1, 1)
        assert (last.prompt_tokens, last.completion_tokens) == (10, 5)

    def test_waits_are_counted_in_steps(self, database) -> None:
        for waited in (0.1, 0.25, 0.3, 4.0, 1_000.0):
            use(database, 150.0, waited=waited)
        use(database, 150.0, first_text=1.0)

        counts = SqlReports(database).waits(self.STARTS, "queue")
        assert {(one.number, one.step): one.count for one in counts} == {
            (1, 0): 2,
            (1, 1): 1,
            (1, 5): 1,
            (1, len(WAIT_BOUNDS)): 1,
        }
        assert SqlReports(database).waits(self.STARTS, "first_text") == [WaitCount(1, 2, 1)]

    def test_the_newest_failures_come_first_and_nothing_else(self, database) -> None:
        use(database, 1.0)
        for at in (2.0, 3.0, 4.0):
            use(database, at, notice="gave_up", request_id=f"r{at:.0f}", chat_type="p2p")

        found = SqlReports(database).failures(2)
        assert [(one.request_id, one.at, one.chat_type) for one in found] == [
            ("r4", 4.0, "p2p"),
            ("r3", 3.0, "p2p"),
        ]

    def test_chats_grants_and_blocked_people_are_listed(self, database) -> None:
        use(database, 150.0, chat_id="oc_2", chat_type="group", prompt_tokens=100)
        use(database, 150.0, chat_type="p2p")
        SqlUsage(database, clock=lambda: 150.0).grant(
            "oc_2", "2026-11", Spending(tokens=7), "password", message_id="admin:1"
        )
        SqlPeople(database).block("ou_bad", blocked=True)
        SqlPeople(database).set_language("ou_good", "en")
        reports = SqlReports(database)

        found = [(one.total.name, one.chat_type) for one in reports.chats(0.0, 5)]
        assert found == [("oc_2", "group"), ("oc_1", "p2p")]
        (grant,) = reports.grants(100.0, 5)
        assert (grant.subject, grant.more.tokens, grant.granted_by) == ("oc_2", 7, "password")
        assert reports.grants(200.0, 5) == []
        assert reports.blocked(5) == ["ou_bad"]


def test_the_share_of_waits_is_that_of_the_step_it_falls_on() -> None:
    counts = [WaitCount(0, 0, 90), WaitCount(0, 5, 9), WaitCount(0, 13, 1), WaitCount(1, 2, 1)]

    assert wait_at(counts, 0, 0.5) == 0.25
    assert wait_at(counts, 0, 0.95) == 5.0
    assert wait_at(counts, 0, 1.0) == 300.0
    assert wait_at(counts, 1, 0.5) == 1.0
    assert wait_at(counts, 2, 0.5) is None
