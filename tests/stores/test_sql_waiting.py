from __future__ import annotations

from collections.abc import Callable

import pytest

from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.queue.waiting import LeftReaction, WaitingTask
from feishu_bot.core.tasks import RunCommand
from feishu_bot.stores import Database, SqlInbox, WorkerId
from feishu_bot.stores.waiting import SqlWaiting
from tests.polling import Clock

MakeTask = Callable[..., QueuedTask]


@pytest.fixture
def inbox(database: Database, clock: Clock) -> SqlInbox:
    return SqlInbox(database, worker=WorkerId(), clock=clock)


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlWaiting:
    return SqlWaiting(database, clock=clock)


def test_what_no_process_has_claimed_waits(
    inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask, clock: Clock
) -> None:
    for number in (1, 2):
        inbox.put(make_task(number, root="om_1"))

    (job,) = inbox.claim(10)

    waiting = WaitingTask(
        id=job.id + 1,
        kind="ask",
        message_id="om_2",
        conversation=str(job.key),
        chat_id=job.key.chat_id,
        sender=job.target.sender.open_id,
        received_at=clock(),
        is_message=True,
        is_stopped=False,
        has_card=False,
        is_behind=True,
        has_reaction=False,
    )
    assert store.waiting() == (waiting,)
    store.begin("om_2", until=clock() + 30)
    assert [message.has_reaction for message in store.waiting()] == [True]
    inbox.finish(job, "answered", None, None)
    inbox.claim(10)
    assert store.waiting() == ()


def test_who_waits_behind_another_question_is_told_from_who_waits_for_a_thread(
    inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
) -> None:
    for number, root in ((1, "om_1"), (2, "om_2"), (3, "om_2"), (4, "om_1")):
        inbox.put(make_task(number, root=root))

    inbox.claim(1)

    behind = {message.message_id: message.is_behind for message in store.waiting()}
    assert behind == {"om_2": False, "om_3": True, "om_4": True}


def test_what_was_handed_back_with_a_card_and_what_was_pressed_does_not(
    inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
) -> None:
    inbox.put(make_task(1))
    (job,) = inbox.claim(1)
    inbox.checkpoint(job, {"card": "c1"})
    inbox.release([job])
    pressed = make_task(2)
    inbox.put(
        QueuedTask(
            event_id="ev_click",
            dedupe_id="click:1",
            key=pressed.key,
            target=pressed.target,
            task=RunCommand(name="help"),
        )
    )

    assert store.waiting() == ()


def test_a_reaction_is_left_over_once_its_message_waits_no_more(
    inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask, clock: Clock
) -> None:
    inbox.put(make_task(1))
    store.begin("om_1", until=clock() + 30)
    store.begin("om_gone", until=clock() + 30)
    store.note("om_1", "re_1")
    assert store.left() == ()

    inbox.claim(1)
    clock.tick(30)

    left = LeftReaction(message_id="om_1", reaction_id="re_1", created_at=clock() - 30)
    gone = LeftReaction(message_id="om_gone", reaction_id="", created_at=clock() - 30)
    assert set(store.left()) == {left, gone}


def test_one_process_at_a_time_has_a_reaction_in_hand(
    store: SqlWaiting, other_database: Database, clock: Clock
) -> None:
    other = SqlWaiting(other_database, clock=clock)

    assert store.begin("om_1", until=clock() + 30)
    assert not other.begin("om_1", until=clock() + 30)
    assert not other.take("om_1", until=clock() + 30)
    clock.tick(30)
    assert other.take("om_1", until=clock() + 30)
    assert not store.take("om_1", until=clock() + 30)
    other.hold("om_1", until=clock() + 60)
    clock.tick(30)
    assert store.left() == ()
    assert not store.take("om_1", until=clock() + 30)
    clock.tick(30)
    assert len(store.left()) == 1

    store.forget("om_1")

    assert store.left() == ()
    assert not store.take("om_1", until=clock() + 30)
