"""Limits hold over all processes while questions are being answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from feishu_bot.core.limits import COMPANY, Limit, Quota, Spending, Window
from feishu_bot.core.usage import Usage
from feishu_bot.errors import LeaseLost
from feishu_bot.stores import Database, SqlUsage
from feishu_bot.stores.inbox import SqlInbox
from feishu_bot.stores.leases import WorkerId
from feishu_bot.stores.reservations import SETTLED_SECONDS, SqlReservations
from feishu_bot.stores.usage import insert_usage

DAY = "2026-11-22"
EXPECTED = Spending(questions=1, tokens=50, cost=0.5)


def window(whose="person", subject="ou_1", since=0.0, **quota) -> Window:
    limit = Limit(whose=whose, period="day", quota=Quota(**quota))
    return Window(limit=limit, subject=subject, since=since, name=DAY)


def used(tokens: int, at: float, *, open_id: str = "ou_1", chat_id: str = "oc_1") -> Usage:
    return Usage(
        open_id=open_id,
        chat_id=chat_id,
        model="gpt",
        outcome="answered",
        seconds=1.0,
        prompt_tokens=tokens,
        cost=tokens / 100,
        created_at=at,
    )


def store(database: Database, *usages: Usage) -> None:
    with database.write() as connection:
        for item in usages:
            insert_usage(connection, item, now=0.0)


class TestReservations:
    @pytest.fixture
    def inbox(self, database, clock) -> SqlInbox:
        return SqlInbox(database, worker=WorkerId(), clock=clock, timer=clock)

    @pytest.fixture
    def other(self, other_database, clock) -> SqlInbox:
        """The inbox of a second process."""
        return SqlInbox(other_database, worker=WorkerId(), clock=clock, timer=clock)

    @pytest.fixture
    def reservations(self, database, clock) -> SqlReservations:
        return SqlReservations(database, clock=clock)

    @pytest.fixture
    def claim(self, inbox, make_task):
        """Claims so many jobs, each of a conversation of its own."""

        def claim(count: int):
            for number in range(count):
                inbox.put(make_task(number, root=f"om_root_{number}"))
            return inbox.claim(count)

        return claim

    def test_what_is_reserved_counts_until_it_becomes_usage(
        self, claim, inbox, reservations, clock
    ) -> None:
        first, second, third = claim(3)
        limit = [window(tokens=100)]
        assert not reservations.reserve(first, replace(EXPECTED, tokens=150), limit)

        (state,) = reservations.reserve(second, EXPECTED, limit)
        assert (state.spent.tokens, state.reserved.tokens, state.reserved.questions) == (0, 150, 1)
        assert (state.used_up, state.spoken_for) == (None, "tokens")

        inbox.finish(first, "answered", None, used(60, clock.now))
        assert not reservations.reserve(second, EXPECTED, limit)
        inbox.finish(second, "answered", None, used(40, clock.now))
        (state,) = reservations.reserve(third, EXPECTED, limit)
        assert (state.spent.tokens, state.reserved.tokens, state.used_up) == (100, 0, "tokens")

    @pytest.mark.parametrize(
        ("limited", "unit"),
        [({"questions": 1}, "questions"), ({"tokens": 50}, "tokens"), ({"cost": 0.5}, "cost")],
    )
    def test_questions_tokens_and_money_are_reserved(
        self, claim, reservations, limited, unit
    ) -> None:
        first, second = claim(2)

        assert not reservations.reserve(first, EXPECTED, [window(**limited)])
        (state,) = reservations.reserve(second, EXPECTED, [window(**limited)])

        assert state.spoken_for == unit

    @pytest.mark.parametrize(
        ("limited", "other"),
        [
            (("person", "ou_1"), ("person", "ou_2")),
            (("chat", "oc_1"), ("chat", "oc_2")),
            (("company", COMPANY), None),
        ],
    )
    def test_a_person_a_group_and_the_company_are_counted_for_themselves(
        self, claim, reservations, limited, other
    ) -> None:
        first, second = claim(2)
        assert not reservations.reserve(first, EXPECTED, [])

        assert reservations.reserve(second, EXPECTED, [window(*limited, questions=1)])
        if other:
            assert not reservations.reserve(second, EXPECTED, [window(*other, questions=1)])

    def test_a_reservation_falls_away_with_the_lease_of_a_process_that_died(
        self, claim, other, make_task, reservations, clock
    ) -> None:
        (first,) = claim(1)
        other.put(make_task(2, root="om_root_2"))
        (second,) = other.claim(1)
        limit = [window(questions=1)]
        reservations.reserve(first, EXPECTED, limit)
        assert reservations.reserve(second, EXPECTED, limit)

        other.renew()
        clock.tick(31.0)
        other.renew()

        assert not reservations.reserve(second, EXPECTED, limit)

    def test_a_job_of_another_process_reserves_nothing(
        self, claim, inbox, other, reservations, clock
    ) -> None:
        (lost,) = claim(1)
        other.renew()
        clock.tick(31.0)
        other.renew()
        (again,) = other.claim(1)
        assert again.fencing_token == 2

        with pytest.raises(LeaseLost):
            reservations.reserve(lost, EXPECTED, [window(questions=5)])
        with pytest.raises(LeaseLost):
            reservations.reserve(lost, EXPECTED, [])
        # Its own earlier reservation is none of others.
        limit = [window(questions=1)]
        assert not reservations.reserve(again, EXPECTED, limit)
        assert not reservations.reserve(again, EXPECTED, limit)

    def test_grants_add_to_the_limit_of_their_subject_and_period(
        self, claim, reservations, database, clock
    ) -> None:
        (job,) = claim(1)
        store(database, used(100, 1.0))
        ledger = SqlUsage(database, clock=clock)
        more = Spending(tokens=1, cost=9.0)
        ledger.grant("ou_1", "2026-11-21", more, "ou_admin", message_id="a")
        ledger.grant("ou_2", DAY, more, "ou_admin", message_id="b")
        assert reservations.reserve(job, EXPECTED, [window(tokens=100)])

        assert ledger.grant("ou_1", DAY, more, "ou_admin", message_id="c")
        assert not ledger.grant("ou_1", DAY, more, "ou_admin", message_id="c")

        assert not reservations.reserve(job, EXPECTED, [window(tokens=100)])
        (state,) = reservations.states([window(tokens=100, cost=1.0)])
        assert (state.left("tokens"), state.left("cost"), state.granted) == (1, 9.0, more)

    def test_every_window_must_have_something_left_and_all_are_told(
        self, claim, reservations, database
    ) -> None:
        (job,) = claim(1)
        store(database, used(100, 1.0, open_id="ou_9", chat_id="oc_9"))
        windows = [window(tokens=100), window("company", COMPANY, tokens=100)]

        states = reservations.reserve(job, EXPECTED, windows)

        assert [state.used_up for state in states] == [None, "tokens"]

    def test_the_sum_of_the_company_is_kept_and_what_comes_late_isnt_missed(
        self, database, clock
    ) -> None:
        since = clock.now - 5_000.0
        company = [window("company", COMPANY, since=since, questions=5)]
        reservations = SqlReservations(database, clock=clock)

        def questions() -> int:
            return reservations.states(company)[0].spent.questions

        store(database, used(1, since - 1.0), used(1, since), used(1, clock.now))
        assert questions() == 2
        # Another process was slow to store it.
        store(database, used(1, clock.now - SETTLED_SECONDS + 1.0))
        assert questions() == 3
        clock.tick(3 * SETTLED_SECONDS)
        store(database, used(1, clock.now))

        assert questions() == 4

    def test_forty_at_once_take_no_more_than_the_limit_lets_begin(
        self, claim, inbox, reservations, clock
    ) -> None:
        jobs = claim(40)
        limit = [window(tokens=100)]

        def answer(job) -> bool:
            if reservations.reserve(job, replace(EXPECTED, tokens=90), limit):
                return False
            inbox.finish(job, "answered", None, used(81, clock.now))
            return True

        with ThreadPoolExecutor(8) as threads:
            answered = sum(threads.map(answer, jobs))

        assert 1 <= answered <= 2
        (state,) = reservations.states(limit)
        assert state.spent.tokens <= 2 * 81

    def test_three_questions_a_day_are_three_for_several_processes(
        self, inbox, make_task, start_process, url
    ) -> None:
        for number in range(30):
            inbox.put(make_task(number, root=f"om_root_{number}"))
        processes = [start_process("reserve", url) for _ in range(3)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.go()

        answers = [process.rest().split() for process in processes]

        assert sum(map(len, answers)) == 3
