from __future__ import annotations

from dataclasses import replace

import pytest

from feishu_bot.core.limits import Spending
from feishu_bot.core.usage import Usage, UsageRow, UsageTotal
from feishu_bot.stores import Database, SqlUsage
from feishu_bot.stores.usage import insert_usage
from tests.stores.granting import granted

DAY = "2026-11-22"


def usage(
    open_id: str = "ou_1", model: str = "gpt", at: float = 100.0, chat_id: str = "oc_1"
) -> Usage:
    return Usage(
        open_id=open_id,
        chat_id=chat_id,
        model=model,
        outcome="answered",
        seconds=2.5,
        prompt_tokens=10,
        completion_tokens=20,
        cost=0.25,
        created_at=at,
    )


def total(name: str, answers: int) -> UsageTotal:
    return UsageTotal(
        name=name,
        answers=answers,
        prompt_tokens=10 * answers,
        completion_tokens=20 * answers,
        cost=0.25 * answers,
    )


class TestUsage:
    @pytest.fixture(autouse=True)
    def stored(self, database: Database) -> None:
        with database.write() as connection:
            for item in (
                usage(),
                usage("ou_2"),
                usage(model="o1", chat_id="oc_2"),
                usage(at=200.0),
            ):
                insert_usage(connection, item, now=0.0)

    @pytest.fixture
    def ledger(self, database: Database, clock) -> SqlUsage:
        return SqlUsage(database, clock=clock)

    def test_totals_are_per_model(self, ledger) -> None:
        assert ledger.totals(0.0) == [total("gpt", 3), total("o1", 1)]

    def test_totals_of_one_person(self, ledger) -> None:
        assert ledger.totals(0.0, open_id="ou_2") == [total("gpt", 1)]

    def test_totals_of_one_chat(self, ledger) -> None:
        assert ledger.totals(0.0, chat_id="oc_1") == [total("gpt", 3)]

    def test_totals_of_one_person_in_one_chat(self, ledger) -> None:
        assert ledger.totals(0.0, open_id="ou_1", chat_id="oc_1") == [total("gpt", 2)]
        assert ledger.totals(0.0, open_id="ou_2", chat_id="oc_2") == []

    def test_totals_since_a_time(self, ledger) -> None:
        assert ledger.totals(150.0, open_id="ou_1") == [total("gpt", 1)]

    def test_only_answers_with_something_in_them_are_counted_but_all_tokens(
        self, ledger, database
    ) -> None:
        stored = (("noticed", 5), ("failed", 5), ("stopped", 5), ("stopped", 0), ("answered", 5))
        with database.write() as connection:
            for outcome, tokens in stored:
                item = Usage(
                    open_id="ou_3",
                    chat_id="oc_3",
                    model="gpt",
                    outcome=outcome,
                    seconds=1.0,
                    completion_tokens=tokens,
                )
                insert_usage(connection, item, now=300.0)

        (found,) = ledger.totals(0.0, open_id="ou_3")

        assert (found.answers, found.tokens) == (2, 20)

    def test_what_was_drawn_heard_and_read_is_summed_and_a_drawn_picture_is_an_answer(
        self, ledger, database
    ) -> None:
        item = replace(
            usage("ou_3"),
            prompt_tokens=0,
            completion_tokens=0,
            pictures=1,
            audio_seconds=2.5,
            files=3,
        )
        with database.write() as connection:
            insert_usage(connection, item, now=0.0)
            insert_usage(connection, item, now=0.0)

        (summed,) = ledger.totals(0.0, open_id="ou_3")
        assert (summed.answers, summed.tokens) == (2, 0)
        assert (summed.pictures, summed.audio_seconds, summed.files) == (2, 5.0, 6)

    def test_people_come_with_the_greatest_number_of_tokens_first(self, ledger, database) -> None:
        with database.write() as connection:
            insert_usage(connection, usage("ou_0"), now=0.0)

        assert ledger.people(0.0, 10) == [total("ou_1", 3), total("ou_0", 1), total("ou_2", 1)]

    def test_of_the_people_only_as_many_as_asked_for(self, ledger) -> None:
        assert ledger.people(0.0, 1) == [total("ou_1", 3)]

    def test_people_since_a_time(self, ledger) -> None:
        assert ledger.people(150.0, 10) == [total("ou_1", 1)]

    def test_a_usage_without_a_date_gets_one(self, ledger, database) -> None:
        with database.write() as connection:
            insert_usage(connection, usage("ou_3", at=0.0), now=300.0)

        assert ledger.totals(300.0, open_id="ou_3") == [total("gpt", 1)]

    def test_what_is_old_is_swept(self, ledger) -> None:
        assert ledger.sweep(before=150.0) == 3
        assert ledger.totals(0.0) == [total("gpt", 1)]

    def test_usage_is_grouped_by_whatever_is_asked_for(self, ledger) -> None:
        # From before: two of ou_1 and one of ou_2 on the first day, one of ou_1 on the second.
        starts = (50.0, 150.0)

        def row(answers: int, **groups) -> UsageRow:
            return UsageRow(total=total("", answers), **groups)

        assert ledger.grouped(starts, ("day",), 9) == [row(3, day=0), row(1, day=1)]
        assert ledger.grouped((150.0,), ("day",), 9) == [row(1, day=0)]
        assert ledger.grouped(starts, ("chat",), 9) == [row(3, chat="oc_1"), row(1, chat="oc_2")]
        assert ledger.grouped(starts, ("person",), 1) == [row(3, person="ou_1")]
        assert ledger.grouped(starts, ("day", "model"), 9) == [
            row(2, day=0, model="gpt"), row(1, day=0, model="o1"), row(1, day=1, model="gpt"),
        ]  # fmt: skip
        everything = ledger.grouped(starts, ("day", "person", "chat", "model"), 9)
        assert everything[-1] == row(1, day=1, person="ou_1", chat="oc_1", model="gpt")
        assert len(everything) == 4

    def test_the_people_are_counted(self, ledger) -> None:
        assert ledger.count_people(0.0) == 2
        assert ledger.count_people(150.0) == 1
        assert ledger.count_people(1_000.0) == 0


class TestGrants:
    @pytest.fixture
    def ledger(self, database: Database, clock) -> SqlUsage:
        return SqlUsage(database, clock=clock)

    def test_nothing_is_granted_to_begin_with(self, ledger, database) -> None:
        assert granted(database, "ou_1", DAY) == 0

    def test_grants_of_a_day_add_up(self, ledger, database) -> None:
        ledger.grant("ou_1", DAY, Spending(questions=5), "ou_admin", message_id="om_1")
        ledger.grant("ou_1", DAY, Spending(questions=3), "ou_other_admin", message_id="om_2")

        assert granted(database, "ou_1", DAY) == 8

    def test_a_message_grants_once(self, ledger, database) -> None:
        for _ in range(2):
            ledger.grant("ou_1", DAY, Spending(questions=5), "ou_admin", message_id="om_1")

        assert granted(database, "ou_1", DAY) == 5

    def test_a_grant_is_for_one_person_and_one_day(self, ledger, database) -> None:
        ledger.grant("ou_1", DAY, Spending(questions=5), "ou_admin", message_id="om_3")

        assert granted(database, "ou_2", DAY) == 0
        assert granted(database, "ou_1", "2026-11-23") == 0

    def test_old_grants_are_swept(self, ledger, database, clock) -> None:
        ledger.grant("ou_1", DAY, Spending(questions=5), "ou_admin", message_id="om_4")
        clock.tick(100)
        ledger.grant("ou_1", DAY, Spending(questions=3), "ou_admin", message_id="om_5")

        assert ledger.sweep(before=clock.now) == 1
        assert granted(database, "ou_1", DAY) == 3
