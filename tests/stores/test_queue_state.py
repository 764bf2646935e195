from __future__ import annotations

import pytest

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import Database, SqlInbox
from feishu_bot.stores.leases import WorkerId
from feishu_bot.stores.queue_state import QueueReader, QueueState


@pytest.fixture
def inbox(database, clock) -> SqlInbox:
    return SqlInbox(database, worker=WorkerId(), clock=clock)


@pytest.fixture
def queue(other_database, clock) -> QueueReader:
    return QueueReader(other_database, clock=clock)


def test_nothing_waits_in_an_empty_inbox(queue) -> None:
    assert queue.read() == QueueState(waiting=0, running=0, oldest_seconds=0.0)


def test_what_waits_is_told_from_what_runs_and_from_what_is_done(
    inbox, queue, make_task, clock
) -> None:
    inbox.put(make_task(1, root="om_a"))
    clock.tick(4)
    inbox.put(make_task(2, root="om_b"))
    clock.tick(4)
    inbox.put(make_task(3, root="om_a"))
    assert queue.read() == QueueState(waiting=3, running=0, oldest_seconds=8.0)

    first, _ = inbox.claim(2)
    clock.tick(1)
    assert queue.read() == QueueState(waiting=1, running=2, oldest_seconds=1.0)

    inbox.finish(first, "answered", None, None)
    assert queue.read() == QueueState(waiting=1, running=1, oldest_seconds=1.0)


def test_a_database_that_is_away_is_an_error_of_ours(empty_url, clock) -> None:
    database = Database(empty_url)

    with pytest.raises(StoreUnavailable):
        QueueReader(database, clock=clock).read()
    database.close()
