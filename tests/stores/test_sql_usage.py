from __future__ import annotations

import pytest

from feishu_bot.core.models import Usage
from feishu_bot.stores import Database, SqlUsage, UsageTotal
from feishu_bot.stores.usage import insert_usage


def usage(open_id: str = "ou_1", model: str = "gpt", at: float = 100.0) -> Usage:
    return Usage(
        open_id=open_id,
        chat_id="oc_1",
        model=model,
        outcome="answered",
        seconds=2.5,
        prompt_tokens=10,
        completion_tokens=20,
        created_at=at,
    )


def total(model: str, answers: int) -> UsageTotal:
    return UsageTotal(
        model=model,
        answers=answers,
        prompt_tokens=10 * answers,
        completion_tokens=20 * answers,
        seconds=2.5 * answers,
    )


class TestUsage:
    @pytest.fixture(autouse=True)
    def stored(self, database: Database) -> None:
        with database.write() as connection:
            for item in (usage(), usage("ou_2"), usage(model="o1"), usage(at=200.0)):
                insert_usage(connection, item, now=0.0)

    def test_totals_are_per_model(self, database: Database) -> None:
        assert SqlUsage(database).totals() == [total("gpt", 3), total("o1", 1)]

    def test_totals_of_one_person(self, database: Database) -> None:
        assert SqlUsage(database).totals("ou_2") == [total("gpt", 1)]

    def test_totals_since_a_time(self, database: Database) -> None:
        assert SqlUsage(database).totals("ou_1", since=150.0) == [total("gpt", 1)]

    def test_a_usage_without_a_date_gets_one(self, database: Database) -> None:
        with database.write() as connection:
            insert_usage(connection, usage("ou_3", at=0.0), now=300.0)

        assert SqlUsage(database).totals("ou_3", since=300.0) == [total("gpt", 1)]

    def test_what_is_old_is_swept(self, database: Database) -> None:
        assert SqlUsage(database).sweep(before=150.0) == 3
        assert SqlUsage(database).totals() == [total("gpt", 1)]
