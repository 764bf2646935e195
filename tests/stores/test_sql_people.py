from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from feishu_bot.core.people import Person
from feishu_bot.core.usage import Usage
from feishu_bot.stores import Database, SqlPeople
from feishu_bot.stores.schema import people as table
from feishu_bot.stores.usage import insert_usage
from tests.polling import Clock

DAY = 86_400.0


class TestPeople:
    @pytest.fixture
    def people(self, database: Database, clock) -> SqlPeople:
        return SqlPeople(database, clock=clock, timer=clock)

    @pytest.fixture
    def other(self, other_database: Database, clock) -> SqlPeople:
        """The people of a second process."""
        return SqlPeople(other_database, clock=clock, timer=clock)

    @staticmethod
    def stored(database: Database) -> list[str]:
        with database.read() as connection:
            return sorted(connection.scalars(sa.select(table.c.open_id)))

    def test_nothing_is_known_of_somebody_new(self, people) -> None:
        assert people.get("ou_1") == Person(open_id="ou_1")

    def test_language_and_block_are_kept(self, people, other) -> None:
        people.set_language("ou_1", "en")
        people.block("ou_1", blocked=True)

        expected = Person(open_id="ou_1", language="en", is_blocked=True)
        assert people.get("ou_1") == other.get("ou_1") == expected
        assert people.get("ou_2") == Person(open_id="ou_2")

    def test_a_favourite_model_is_kept(self, people, other, database, clock) -> None:
        people.set_favourite("ou_1", "gpt-b")

        assert people.get("ou_1") == other.get("ou_1") == Person(open_id="ou_1", favourite="gpt-b")
        people.sweep(clock() + DAY)
        assert self.stored(database) == ["ou_1"]
        people.set_favourite("ou_1", "")
        assert self.stored(database) == []

    def test_a_clock_that_is_set_back_hides_no_block(self, people, database) -> None:
        timer, wall = Clock(), Clock()
        process = SqlPeople(database, clock=wall, timer=timer)
        people.set_language("ou_1", "en")
        assert not process.get("ou_1").is_blocked

        people.block("ou_1", blocked=True)
        wall.tick(-3600)
        timer.tick(3.1)

        assert process.get("ou_1").is_blocked

    def test_a_change_is_seen_at_once_by_who_made_it(self, people) -> None:
        people.get("ou_1")

        people.block("ou_1", blocked=True)
        assert people.get("ou_1").is_blocked

        people.block("ou_1", blocked=False)
        assert not people.get("ou_1").is_blocked

    def test_a_change_is_seen_by_others_within_three_seconds(self, people, other, clock) -> None:
        other.get("ou_1")

        people.block("ou_1", blocked=True)

        assert not other.get("ou_1").is_blocked
        clock.tick(3.1)
        assert other.get("ou_1").is_blocked

    def test_who_has_nothing_set_is_not_stored(self, people, database) -> None:
        people.set_language("ou_1", "en")
        people.set_language("ou_1", "")
        people.block("ou_2", blocked=False)

        assert self.stored(database) == []

    # Meeting

    def test_a_person_is_met_once(self, people, other) -> None:
        assert [people.meet("ou_1"), people.meet("ou_1"), other.meet("ou_1")] == [
            True,
            False,
            False,
        ]
        assert people.meet("ou_2")

    def test_a_person_with_settings_can_still_be_met(self, people) -> None:
        people.set_language("ou_1", "en")
        people.block("ou_1", blocked=True)

        assert people.meet("ou_1")
        assert people.get("ou_1") == Person(open_id="ou_1", language="en", is_blocked=True)

    def test_a_person_whose_settings_went_stays_met(self, people) -> None:
        people.meet("ou_1")
        people.set_language("ou_1", "en")
        people.set_language("ou_1", "")

        assert not people.meet("ou_1")

    @pytest.mark.parametrize("known", [False, True])
    def test_of_sixteen_threads_at_once_one_meets_a_person(self, people, other, known) -> None:
        if known:
            people.set_language("ou_1", "en")
        start = threading.Barrier(16)

        def meet(number: int) -> bool:
            start.wait()
            return (people, other)[number % 2].meet("ou_1")

        with ThreadPoolExecutor(16) as pool:
            met = list(pool.map(meet, range(16)))

        assert met.count(True) == 1

    def test_of_two_processes_at_once_one_meets_a_person(self, url, start_process) -> None:
        processes = [start_process("meet", url) for _ in range(2)]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2

        for process in processes:
            process.go()
        met = [name for process in processes for name in process.rest().split()]

        assert sorted(met) == sorted(f"ou_{number}" for number in range(20))

    def test_the_private_chat_is_found_at_any_meeting(self, people, other, clock) -> None:
        people.get("ou_1")
        people.meet("ou_1")
        assert not people.meet("ou_1", "oc_1")
        assert people.get("ou_1").private_chat == other.get("ou_1").private_chat == "oc_1"

        people.meet("ou_1")
        people.meet("ou_2", "oc_2")
        assert people.get("ou_1").private_chat == "oc_1"
        assert people.get("ou_2").private_chat == "oc_2"

        people.meet("ou_1", "oc_new")
        assert people.get("ou_1").private_chat == "oc_new"

    # Sweeping

    def test_who_still_asks_is_not_swept(self, people, database, clock) -> None:
        people.meet("ou_1")
        people.meet("ou_2")
        usage = Usage(open_id="ou_1", chat_id="oc_1", model="m", outcome="answered", seconds=1.0)
        with database.write() as connection:
            insert_usage(connection, usage, now=clock.now)
        clock.tick(DAY * 1000)

        assert people.sweep(before=clock.now) == 1
        assert self.stored(database) == ["ou_1"]

    def test_who_was_not_met_for_long_is_swept(self, people, database, clock) -> None:
        for open_id in ("ou_gone", "ou_here"):
            people.meet(open_id)
        clock.tick(DAY * 10)
        people.meet("ou_here")

        assert people.sweep(before=clock.now - DAY) == 1

        assert self.stored(database) == ["ou_here"]

    def test_settings_are_never_swept(self, people, database, clock) -> None:
        people.set_language("ou_1", "en")
        people.block("ou_2", blocked=True)
        clock.tick(DAY * 1000)

        assert people.sweep(before=clock.now) == 0
        assert self.stored(database) == ["ou_1", "ou_2"]
