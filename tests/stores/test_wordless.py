"""Messages without words wait for the words about them, and become one question with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.messages import Attachment, IncomingMessage, Sender
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import AskQuestion, MakeTitle, RunCommand
from feishu_bot.stores import Database, SqlConversations, SqlInbox, WorkerId
from feishu_bot.stores.schema import inbox as table
from feishu_bot.stores.schema import messages
from feishu_bot.stores.waiting import SqlWaiting

WAIT = 2.0
Make = Callable[..., QueuedTask]


@pytest.fixture
def inbox(database: Database, clock) -> SqlInbox:
    return SqlInbox(database, worker=WorkerId(), media_wait=WAIT, clock=clock)


@pytest.fixture
def other(other_database: Database, clock) -> SqlInbox:
    """The inbox of a second process."""
    return SqlInbox(other_database, worker=WorkerId(), media_wait=WAIT, clock=clock, timer=clock)


@pytest.fixture
def conversations(database: Database, clock) -> SqlConversations:
    return SqlConversations(database, ttl_seconds=3600.0, clock=clock)


def message_of(
    number: int, text: str = "", kind: str = "", *, by: str = "ou_1", **more
) -> IncomingMessage:
    kind = kind or ("text" if text else "image")
    attached = {"image", "file", "audio"} & {kind}
    return IncomingMessage(
        message_id=f"om_{number}",
        chat_id="oc_1",
        chat_type="p2p",
        sender=Sender(open_id=by),
        kind=kind,
        text=text,
        created_at=float(number),
        attachments=tuple(Attachment(kind, f"key_{number}") for kind in attached),
        **more,
    )


def queued(message: IncomingMessage, task=None, *, root: str = "chat") -> QueuedTask:
    return QueuedTask(
        event_id=f"ev_{message.message_id}",
        dedupe_id=message.message_id,
        key=ConversationKey("oc_1", root or message.message_id),
        target=ReplyTarget.of(message),
        task=task or AskQuestion(text=message.text, message=message),
        created_at=message.created_at,
    )


def picture(number: int, *, root: str = "chat", **more) -> QueuedTask:
    return queued(message_of(number, **more), root=root)


def words(number: int, text: str = "what is it?", *, root: str = "chat", **more) -> QueuedTask:
    return queued(message_of(number, text, **more), root=root)


def command(number: int, *, root: str = "chat") -> QueuedTask:
    message = message_of(number, "/help")
    return queued(message, RunCommand(name="help", message=message), root=root)


def put(inbox: SqlInbox, *tasks: QueuedTask) -> None:
    for task in tasks:
        assert inbox.put(task)


def claimed(inbox: SqlInbox) -> dict[str, list[str]]:
    """What is claimed now, and the keys of the attachments of each."""
    return {job.dedupe_id: [item.key for item in job.message.attachments] for job in inbox.claim(9)}


class TestHolding:
    def test_a_picture_is_asked_about_by_itself_after_a_moment(self, inbox, clock) -> None:
        put(inbox, picture(1))
        assert claimed(inbox) == {}

        clock.now += WAIT
        assert claimed(inbox) == {"om_1": ["key_1"]}

    def test_nothing_is_held_when_the_wait_is_off(self, database, clock) -> None:
        inbox = SqlInbox(database, worker=WorkerId(), clock=clock)
        put(inbox, picture(1), words(2))

        (job,) = inbox.claim(9)
        inbox.finish(job, "answered", None, None)

        assert job.dedupe_id == "om_1"
        assert claimed(inbox) == {"om_2": []}

    def test_a_recording_is_a_question_and_takes_the_picture_before_it(self, inbox) -> None:
        put(inbox, picture(1), picture(2, kind="audio"))

        assert claimed(inbox) == {"om_2": ["key_1", "key_2"]}

    @pytest.mark.parametrize("root", ["chat", ""])
    def test_words_are_not_delayed_and_take_the_picture_with_them(self, inbox, root) -> None:
        """In one running conversation, and where each message would open its own."""
        put(inbox, picture(1, root=root), words(2, root=root))

        (job,) = inbox.claim(9)

        assert (job.task.text, job.message.part_ids) == ("what is it?", ("om_1",))
        assert job.message.attachments == (Attachment("image", "key_1", message_id="om_1"),)
        assert not inbox.put(picture(1, root=root))
        assert not inbox.put(words(2, root=root))

    def test_pictures_one_after_the_other_belong_to_the_words_after_them(
        self, inbox, clock
    ) -> None:
        put(inbox, picture(1))
        clock.now += WAIT - 0.5
        put(inbox, picture(2))
        clock.now += WAIT - 0.5
        assert claimed(inbox) == {}

        put(inbox, words(3))

        assert claimed(inbox) == {"om_3": ["key_1", "key_2"]}
        clock.now += WAIT
        assert claimed(inbox) == {}

    @pytest.mark.parametrize("root", ["chat", ""])
    def test_pictures_without_words_are_one_question(self, inbox, clock, root) -> None:
        put(inbox, *(picture(number, root=root) for number in (1, 2, 3)))
        clock.now += WAIT

        assert claimed(inbox) == {"om_3": ["key_1", "key_2", "key_3"]}

    def test_what_waited_for_another_answer_is_joined_when_its_turn_comes(
        self, inbox, clock
    ) -> None:
        put(inbox, words(1))
        (running,) = inbox.claim(9)
        put(inbox, picture(2))
        clock.now += 60.0
        put(inbox, words(3))
        inbox.renew()
        assert claimed(inbox) == {}

        inbox.finish(running, "answered", None, None)

        assert claimed(inbox) == {"om_3": ["key_2"]}

    def test_two_processes_make_one_question_of_it(self, inbox, other, clock) -> None:
        put(inbox, picture(1))
        put(other, words(2))

        assert claimed(other) == {"om_2": ["key_1"]}
        clock.now += WAIT
        assert claimed(inbox) == {}

    def test_words_that_are_answered_already_take_nothing(self, inbox, clock) -> None:
        """Feishu may deliver the second message first."""
        put(inbox, words(2, root=""))
        assert claimed(inbox) == {"om_2": []}

        put(inbox, picture(1, root=""))
        clock.now += WAIT

        assert claimed(inbox) == {"om_1": ["key_1"]}

    def test_a_forwarded_chat_belongs_to_the_words_after_it(self, inbox) -> None:
        put(inbox, picture(1, kind="merge_forward"), words(2))

        assert claimed(inbox) == {"om_2": ["om_1"]}


class TestWhatEndsTheWait:
    """Order is kept: what comes after a picture and isn't about it lets it be asked about now."""

    def first_and_next(self, inbox: SqlInbox) -> list[str]:
        (job,) = inbox.claim(9)
        assert not job.message.part_ids
        inbox.finish(job, "answered", None, None)
        (following,) = inbox.claim(9)
        return [job.dedupe_id, following.dedupe_id]

    def test_a_command_does(self, inbox) -> None:
        put(inbox, picture(1), command(2), words(3))

        assert self.first_and_next(inbox) == ["om_1", "om_2"]

    def test_another_persons_words_do(self, inbox) -> None:
        put(inbox, picture(1), words(2, by="ou_2"), words(3))

        assert self.first_and_next(inbox) == ["om_1", "om_2"]

    def test_a_reply_to_something_else_does(self, inbox) -> None:
        put(inbox, picture(1), words(2, parent_id="om_before"))

        assert self.first_and_next(inbox) == ["om_1", "om_2"]

    def test_a_click_does(self, inbox) -> None:
        pressed = replace(words(2), task=AskQuestion(text="and now?"))
        put(inbox, picture(1), pressed)

        assert self.first_and_next(inbox) == ["om_1", "om_2"]

    def test_a_reply_to_the_picture_does_not(self, inbox) -> None:
        put(inbox, picture(1), words(2, parent_id="om_1"))

        assert claimed(inbox) == {"om_2": ["key_1"]}

    def test_another_persons_words_elsewhere_do_not(self, inbox) -> None:
        put(inbox, picture(1, root=""), words(2, root="", by="ou_2"), words(3, root=""))

        assert claimed(inbox) == {"om_2": [], "om_3": ["key_1"]}

    def test_what_nobody_waits_for_does_not(self, inbox, clock) -> None:
        title = replace(words(2), task=MakeTitle(answer_id="om_answer"))
        put(inbox, picture(1), title)

        assert claimed(inbox) == {}
        put(inbox, words(3))
        assert claimed(inbox) == {"om_3": ["key_1"]}

    def test_a_topic_of_its_own_is_another_place(self, inbox, clock) -> None:
        topics = [
            picture(1, root="", thread_id="omt_1"),
            words(2, root="", thread_id="omt_2"),
        ]
        put(inbox, *topics)

        assert claimed(inbox) == {"om_2": []}


class TestWhatBecomesOfIt:
    def question(self, inbox: SqlInbox):
        put(inbox, picture(1), words(2))
        (job,) = inbox.claim(9)
        return job

    def test_a_job_that_is_handed_back_keeps_its_pictures(self, inbox, other, clock) -> None:
        inbox.release([self.question(inbox)])

        (job,) = other.claim(9)

        assert (job.attempt, job.message.part_ids) == (1, ("om_1",))

    def test_what_a_process_that_died_had_claimed_keeps_its_pictures(
        self, inbox, other, clock
    ) -> None:
        self.question(inbox)
        other.renew()
        clock.now += 31.0
        other.renew()

        (job,) = other.claim(9)

        assert (job.fencing_token, job.message.part_ids) == (2, ("om_1",))

    def test_an_edit_before_the_answer_keeps_the_pictures(self, inbox) -> None:
        inbox.release([self.question(inbox)])
        edited = words(2, "what colour?")

        assert inbox.replace(replace(edited, event_id="ev_edit"))

        (job,) = inbox.claim(9)
        assert (job.task.text, job.message.part_ids) == ("what colour?", ("om_1",))

    def test_words_that_an_edit_gives_to_pictures_are_not_waited_for(self, inbox) -> None:
        put(inbox, picture(1, kind="image"))
        assert inbox.replace(words(1))

        assert list(claimed(inbox)) == ["om_1"]

    def test_what_was_shown_of_a_picture_is_not_joined_any_more(self, inbox, clock) -> None:
        put(inbox, picture(1))
        clock.now += WAIT
        (job,) = inbox.claim(9)
        inbox.checkpoint(job, {"card": {}})
        inbox.release([job])
        put(inbox, words(2))

        assert claimed(inbox) == {"om_1": ["key_1"]}

    def test_a_picture_that_is_recalled_while_it_waits_is_not_asked_about(
        self, inbox, clock
    ) -> None:
        put(inbox, picture(1))
        inbox.stop("om_1")
        put(inbox, words(2))

        assert claimed(inbox) == {"om_2": []}

    def test_words_that_are_recalled_leave_the_picture(self, inbox, clock) -> None:
        put(inbox, picture(1), words(2))
        inbox.stop("om_2")
        clock.now += WAIT

        assert claimed(inbox) == {"om_1": ["key_1"]}

    def test_a_recalled_picture_stops_the_answer_that_it_is_part_of(self, inbox) -> None:
        job = self.question(inbox)
        running = RunningJobs()
        control = running.add(job)

        inbox.stop("om_1")
        running.stop("om_1")

        assert control.stopped
        assert inbox.renew().stopped == {job.id}
        assert inbox.finish(job, "stopped", None, None)

    def test_a_recalled_picture_takes_the_turn_that_it_is_part_of_with_it(
        self, inbox, conversations
    ) -> None:
        job = self.question(inbox)
        turn = Turn(
            question="what is it?",
            answer="red",
            question_id="om_2",
            part_ids=job.message.part_ids,
            answer_ids=("om_answer",),
        )
        inbox.finish(job, "answered", turn, None)
        stored = conversations.turn_of("om_1")
        assert (stored.answer, stored.part_ids) == ("red", ("om_1",))

        inbox.stop("om_1")

        assert conversations.turn_of("om_answer") is None
        assert conversations.answers_to("om_1") == ("om_answer",)

    def test_a_picture_goes_with_its_turn(self, inbox, conversations, database, clock) -> None:
        for number in (1, 3):
            put(inbox, picture(number), words(number + 1))
            (job,) = inbox.claim(9)
            parts = job.message.part_ids
            turn = Turn(question="?", answer="!", question_id=job.dedupe_id, part_ids=parts)
            inbox.finish(job, "answered", turn, None)
            clock.now += 100.0

        conversations.sweep(clock.now - 150.0)

        with database.read() as connection:
            left = set(connection.scalars(sa.select(messages.c.message_id)))
        assert left == {"om_3", "om_4"}

    def test_nothing_of_a_person_is_left_on_a_job_that_is_done(self, inbox, database) -> None:
        inbox.finish(self.question(inbox), "answered", None, None)

        with database.read() as connection:
            rows = connection.execute(sa.select(table)).all()
        left = {(row.sender, row.payload, row.place, row.parts) for row in rows}
        assert left == {("", None, None, None)}
        assert {row.state for row in rows} == {"done"}

    def test_stop_finds_what_only_waits_for_words(self, inbox) -> None:
        put(inbox, picture(1))

        (held,) = inbox.running_of("ou_1", "oc_1")

        assert inbox.stop_event(held.event_id)
        put(inbox, words(2))
        assert claimed(inbox) == {"om_2": []}

    def test_a_picture_that_is_only_held_shows_no_sign_of_waiting(
        self, inbox, database, clock
    ) -> None:
        waiting = SqlWaiting(database, clock=clock)
        put(inbox, picture(1), picture(2))
        assert [message.is_behind for message in waiting.waiting()] == [False, False]

        clock.now += WAIT

        assert [message.is_behind for message in waiting.waiting()] == [False, True]
