from __future__ import annotations

import pytest

from feishu_bot.core.alerts import DAY, Alert, Tally
from feishu_bot.stores import Database
from feishu_bot.stores.alerts import SqlAlerts

NOW = 1_700_000_000.0
ALERT = Alert(kind="key_refused")


@pytest.fixture
def store(database: Database) -> SqlAlerts:
    return SqlAlerts(database)


def test_a_cause_is_due_once_a_day_with_all_that_was_met_since(store: SqlAlerts) -> None:
    assert store.count(ALERT, 2, now=NOW) == Tally(2, NOW)
    assert store.count(ALERT, 1, now=NOW + 60) is None
    assert store.count(ALERT, 3, now=NOW + DAY - 1) is None

    assert store.count(ALERT, 1, now=NOW + DAY) == Tally(5, NOW + 60)
    assert store.count(ALERT, 1, now=NOW + DAY) is None


def test_causes_are_counted_apart(store: SqlAlerts) -> None:
    other = Alert(kind="scope_missing", about="im:resource")

    assert store.count(ALERT, 1, now=NOW)
    assert store.count(other, 1, now=NOW) == Tally(1, NOW)


def test_some_causes_are_told_less_often(store: SqlAlerts) -> None:
    rare = Alert(kind="scope_missing", every=30 * DAY)
    store.count(rare, 1, now=NOW)

    assert store.count(rare, 1, now=NOW + 29 * DAY) is None
    assert store.count(rare, 1, now=NOW + 30 * DAY) == Tally(2, NOW + 29 * DAY)


def test_one_process_alone_finds_a_cause_due(store: SqlAlerts, other_database: Database) -> None:
    found = [each.count(ALERT, 1, now=NOW) for each in (store, SqlAlerts(other_database))]

    assert found == [Tally(1, NOW), None]


def test_what_is_given_back_is_due_again_with_what_it_had(store: SqlAlerts) -> None:
    tally = store.count(ALERT, 2, now=NOW)
    assert tally
    store.give_back(ALERT, tally, retry_at=NOW + 600)

    assert store.count(ALERT, 1, now=NOW + 599) is None
    assert store.count(ALERT, 1, now=NOW + 600) == Tally(4, NOW)


def test_what_is_long_over_is_swept(store: SqlAlerts) -> None:
    store.count(ALERT, 1, now=NOW)
    store.count(Alert(kind="other"), 1, now=NOW + DAY)

    assert store.sweep(NOW + DAY) == 1
    assert store.count(ALERT, 1, now=NOW + 60) == Tally(1, NOW + 60)
