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


def count(store: SqlAlerts, alert: Alert, times: int, *, now: float) -> Tally | None:
    """Count, and tell at once what is due."""
    tally = store.count(alert, times, now=now, retry_at=now + 600)
    if tally:
        store.note_told(alert, tally, now=now)
    return tally


def test_a_cause_is_due_once_a_day_with_all_that_was_met_since(store: SqlAlerts) -> None:
    assert count(store, ALERT, 2, now=NOW) == Tally(2, NOW)
    assert count(store, ALERT, 1, now=NOW + 60) is None
    assert count(store, ALERT, 3, now=NOW + DAY - 1) is None

    assert count(store, ALERT, 1, now=NOW + DAY) == Tally(5, NOW + 60)
    assert count(store, ALERT, 1, now=NOW + DAY) is None


def test_causes_are_counted_apart(store: SqlAlerts) -> None:
    other = Alert(kind="scope_missing", about="im:resource")

    assert count(store, ALERT, 1, now=NOW)
    assert count(store, other, 1, now=NOW) == Tally(1, NOW)


def test_some_causes_are_told_less_often(store: SqlAlerts) -> None:
    rare = Alert(kind="scope_missing", every=30 * DAY)
    count(store, rare, 1, now=NOW)

    assert count(store, rare, 1, now=NOW + 29 * DAY) is None
    assert count(store, rare, 1, now=NOW + 30 * DAY) == Tally(2, NOW + 29 * DAY)


def test_one_process_alone_finds_a_cause_due(store: SqlAlerts, other_database: Database) -> None:
    found = [count(each, ALERT, 1, now=NOW) for each in (store, SqlAlerts(other_database))]

    assert found == [Tally(1, NOW), None]


def test_what_was_not_told_to_the_end_is_due_again_with_what_it_had(store: SqlAlerts) -> None:
    assert store.count(ALERT, 2, now=NOW, retry_at=NOW + 600) == Tally(2, NOW)

    assert count(store, ALERT, 1, now=NOW + 599) is None
    assert count(store, ALERT, 1, now=NOW + 600) == Tally(4, NOW)
    assert count(store, ALERT, 1, now=NOW + 601) is None


def test_what_is_met_while_it_is_told_is_told_the_next_time(store: SqlAlerts) -> None:
    tally = store.count(ALERT, 2, now=NOW, retry_at=NOW + 600)
    assert tally
    assert store.count(ALERT, 3, now=NOW + 1, retry_at=NOW + 601) is None
    store.note_told(ALERT, tally, now=NOW + 2)

    assert count(store, ALERT, 1, now=NOW + DAY + 1) is None
    assert count(store, ALERT, 1, now=NOW + DAY + 2) == Tally(5, NOW + 2)


def test_what_is_long_over_is_swept(store: SqlAlerts) -> None:
    count(store, ALERT, 1, now=NOW)
    count(store, Alert(kind="other"), 1, now=NOW + DAY)

    assert store.sweep(NOW + DAY) == 1
    assert count(store, ALERT, 1, now=NOW + 60) == Tally(1, NOW + 60)
