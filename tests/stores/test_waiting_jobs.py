"""Questions that wait with a card, and those that are refused at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.messages import Sender
from feishu_bot.core.queue.admission import Admission, Pending, refusal_of
from feishu_bot.core.queue.concurrency_limits import Askers
from feishu_bot.core.tasks import RunCommand
from feishu_bot.errors import LeaseLost
from feishu_bot.stores import Database, SqlInbox, WorkerId
from feishu_bot.stores.waiting import SqlWaiting
from tests.polling import Clock

MakeTask = Callable[..., QueuedTask]
CARD = {"card": {"cards": [{"card_id": "c1"}], "waits": True}}


@pytest.fixture
def inbox(database: Database, clock: Clock) -> SqlInbox:
    return SqlInbox(database, worker=WorkerId(), clock=clock)


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlWaiting:
    return SqlWaiting(database, clock=clock)


def show_card(inbox: SqlInbox, store: SqlWaiting, task: QueuedTask) -> Job:
    """Put a question that waits with a card; the job that showed it."""
    assert inbox.put(task)
    job = inbox.claim_one(id_of(store, task))
    assert job is not None
    inbox.checkpoint(job, CARD, is_waiting_card=True)
    inbox.release([job])
    return job


def id_of(store: SqlWaiting, task: QueuedTask) -> int:
    (found,) = [one.id for one in store.waiting() if one.message_id == task.target.message_id]
    return found


def asked_by(task: QueuedTask, person: str) -> QueuedTask:
    return replace(task, target=replace(task.target, sender=Sender(person)))


class TestACard:
    def test_a_question_with_one_still_waits_and_its_answer_has_not_begun(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        show_card(inbox, store, make_task(1))

        (task,) = store.waiting()
        assert (task.has_card, task.is_message, task.is_stopped) == (True, True, False)
        (job,) = inbox.claim(1)
        assert job.has_waiting_card
        assert not job.has_begun
        assert job.checkpoint == CARD
        assert job.attempt == 1

    def test_once_its_answer_has_begun_it_is_one_that_was_handed_back(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        show_card(inbox, store, make_task(1))
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, CARD)
        inbox.release([job])

        assert store.waiting() == ()
        (again,) = inbox.claim(1)
        assert again.has_begun

    def test_a_former_holder_shows_none(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        job = show_card(inbox, store, make_task(1))
        inbox.claim(1)

        with pytest.raises(LeaseLost):
            inbox.checkpoint(job, CARD, is_waiting_card=True)

    def test_a_process_that_dies_with_it_in_hand_leaves_it_to_the_next(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask, database: Database
    ) -> None:
        timer = Clock()
        other = SqlInbox(database, worker=WorkerId(), lease_seconds=30, timer=timer)
        inbox.put(make_task(1))
        job = inbox.claim_one(id_of(store, make_task(1)))
        assert job is not None
        inbox.checkpoint(job, CARD, is_waiting_card=True)

        assert other.claim(1) == []
        timer.tick(31)
        other.renew()
        (taken,) = other.claim(1)
        assert taken.has_waiting_card

    def test_only_those_with_one_are_claimed_where_no_message_can_be_sent(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        inbox.put(make_task(1, root="om_1"))
        show_card(inbox, store, make_task(2, root="om_2"))

        first = inbox.claim(5, only_with_card=True)
        assert [job.dedupe_id for job in first] == ["om_2"]
        inbox.release(first)
        left_out = Askers(people=frozenset({first[0].target.sender.open_id}))
        assert inbox.claim(5, only_with_card=True, but=left_out) == []

    def test_one_that_is_stopped_is_told_to_whoever_claims_it(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        task = make_task(1)
        show_card(inbox, store, task)

        assert inbox.running_of(task.target.sender.open_id, task.key.chat_id) == (task,)
        assert inbox.stop_event(task.event_id)

        (waiting,) = store.waiting()
        assert waiting.is_stopped
        (job,) = inbox.claim(1)
        assert job.is_stopped
        assert not inbox.finish(job, "stopped", None, None)

    def test_one_that_is_recalled_is_not_stored_as_a_turn(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        show_card(inbox, store, make_task(1))

        inbox.stop("om_1")

        (job,) = inbox.claim(1)
        assert job.is_stopped
        assert inbox.finish(job, "stopped", None, None)

    def test_a_question_is_edited_behind_it_but_becomes_no_command(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        task = make_task(1)
        show_card(inbox, store, task)
        edited = replace(task, task=replace(task.task, text="edited"))

        assert not inbox.replace(replace(task, task=RunCommand(name="help")))
        assert inbox.replace(edited)

        (job,) = inbox.claim(1)
        assert job.task == edited.task
        inbox.checkpoint(job, CARD)
        inbox.release([job])
        assert not inbox.replace(task)


class TestOneTask:
    def test_is_claimed_only_while_it_is_the_next_of_its_conversation(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        first, second = make_task(1, root="om_1"), make_task(2, root="om_1")
        inbox.put(first)
        inbox.put(second)
        ids = {task.message_id: task.id for task in store.waiting()}

        assert inbox.claim_one(ids["om_2"]) is None
        assert inbox.claim_one(ids["om_1"]) is not None
        assert inbox.claim_one(ids["om_1"]) is None
        assert inbox.claim_one(ids["om_2"]) is None


class TestTheDoor:
    def test_takes_in_so_many_of_all_and_each_once(
        self, inbox: SqlInbox, make_task: MakeTask
    ) -> None:
        most = Pending(3)
        tasks = [asked_by(make_task(number), f"ou_{number}") for number in range(1, 5)]

        taken = [inbox.put_if_room(task, most) for task in tasks]

        assert taken == [Admission.TAKEN] * 3 + [Admission.FULL]
        assert inbox.put_if_room(tasks[0], most) is Admission.KNOWN
        (job, *_) = inbox.claim(3)
        assert (job.dedupe_id, job.task) == ("om_1", tasks[0].task)
        assert inbox.put_if_room(tasks[3], most) is Admission.FULL
        inbox.finish(job, "answered", None, None)
        assert inbox.put_if_room(tasks[0], most) is Admission.KNOWN
        assert inbox.put_if_room(tasks[3], most) is Admission.TAKEN

    def test_takes_in_a_part_of_that_of_one_person(
        self, inbox: SqlInbox, make_task: MakeTask
    ) -> None:
        most = Pending(110)
        assert most.person == 11
        own = [asked_by(make_task(number), "ou_busy") for number in range(12)]

        taken = [inbox.put_if_room(task, most) for task in own]

        assert taken == [Admission.TAKEN] * 11 + [Admission.PERSON_FULL]
        other = asked_by(make_task(99), "ou_other")
        assert inbox.put_if_room(other, most) is Admission.TAKEN

    def test_refuses_a_command_for_what_its_person_waits_for_alone(
        self, inbox: SqlInbox, make_task: MakeTask
    ) -> None:
        most, of_commands = Pending(10), Pending(10, is_question=False)
        assert most.person == 10
        commands = [
            replace(asked_by(make_task(number), "ou_busy"), task=RunCommand(name="picture"))
            for number in range(11)
        ]

        taken = [inbox.put_if_room(task, of_commands) for task in commands]

        assert taken == [Admission.TAKEN] * 10 + [Admission.PERSON_FULL]
        other = asked_by(make_task(98), "ou_other")
        assert inbox.put_if_room(other, most) is Admission.FULL
        assert inbox.put_if_room(other, of_commands) is Admission.TAKEN

    def test_a_notice_comes_before_all_that_waits_and_waits_for_nothing(
        self, inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask
    ) -> None:
        first, second, third = (make_task(number, root="om_1") for number in (1, 2, 3))
        inbox.put(first)
        inbox.claim(1)
        inbox.put(second)

        assert inbox.put(refusal_of(third, Admission.FULL, Pending(2), now=60.0))
        inbox.note_refused(third)

        assert [task.kind for task in store.waiting()] == ["refuse", "ask"]
        (job,) = inbox.claim(5)
        assert (job.kind, job.key, job.target) == ("refuse", third.key, third.target)
        assert not inbox.put(third)
        assert inbox.ended_unanswered(third.dedupe_id)
        again = refusal_of(make_task(4), Admission.FULL, Pending(2), now=119.0)
        assert not inbox.put(again)
        later = refusal_of(make_task(4), Admission.FULL, Pending(2), now=120.0)
        assert inbox.put(later)
        assert third.target.sender.open_id not in job.dedupe_id


def test_a_very_long_queue_is_read_to_its_end(
    inbox: SqlInbox, store: SqlWaiting, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feishu_bot.stores.waiting._MANY", 1)
    for number in range(1, 8):
        inbox.put(make_task(number))

    assert [task.message_id for task in store.waiting()] == [f"om_{n}" for n in range(1, 8)]
