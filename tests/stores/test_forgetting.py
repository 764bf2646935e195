from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from feishu_bot.core.administration.audit import Change
from feishu_bot.core.administration.sessions import Session
from feishu_bot.core.answering.question_context import tagged
from feishu_bot.core.chats import ChatSettings
from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.feedback import RatedAnswer
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.limits import Spending
from feishu_bot.core.messages import Attachment, Sender
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import ErasureReport, Person, pseudonym
from feishu_bot.core.usage import Usage
from feishu_bot.stores import (
    Database,
    SqlChats,
    SqlConversations,
    SqlFeedback,
    SqlInbox,
    SqlOwnRoles,
    SqlPeople,
    SqlUsage,
    WorkerId,
)
from feishu_bot.stores.audit import SqlAuditLog
from feishu_bot.stores.overrides import SqlOverrides
from feishu_bot.stores.schema import metadata
from feishu_bot.stores.sessions import SqlSessions
from feishu_bot.stores.turns import insert_turn
from feishu_bot.stores.usage import insert_usage
from tests.stores.granting import granted

KEY = ConversationKey("oc_1", "om_root")
DAY = "2026-11-22"


class TestForgetting:
    @pytest.fixture
    def people(self, database: Database, clock) -> SqlPeople:
        return SqlPeople(database, clock=clock)

    @pytest.fixture
    def conversations(self, database: Database, clock) -> SqlConversations:
        return SqlConversations(database, ttl_seconds=3600.0, clock=clock)

    @pytest.fixture
    def inbox(self, database: Database, clock) -> SqlInbox:
        return SqlInbox(database, worker=WorkerId(), clock=clock)

    @pytest.fixture
    def ledger(self, database: Database, clock) -> SqlUsage:
        return SqlUsage(database, clock=clock)

    @pytest.fixture
    def add(self, database: Database, clock) -> Callable[..., int]:
        """Stores a turn that `asker` asked; returns its id."""

        def add(
            name: str, asker: str, parent: int | None = None, key: ConversationKey = KEY
        ) -> int:
            turn = Turn(
                question=f"question {name}",
                answer=f"answer {name}",
                question_id=f"om_q{name}",
                answer_ids=(f"om_a{name}",),
                parent=parent,
                asker=asker,
                speaker="小明",
            )
            with database.write() as connection:
                return insert_turn(connection, key, turn, now=clock())

        return add

    @pytest.fixture
    def forget(self, people, clock) -> Callable[[], ErasureReport]:
        return lambda: people.forget("ou_1", keep_usage_since=clock.now)

    @staticmethod
    def task_of(open_id: str, task: QueuedTask) -> QueuedTask:
        return replace(task, target=replace(task.target, sender=Sender(open_id)))

    def test_of_somebody_unknown_nothing_is_deleted(self, forget) -> None:
        assert forget() == ErasureReport()

    # Turns

    def test_only_the_turns_of_this_person_go(self, forget, conversations, add) -> None:
        first = add("1", "ou_1")
        second = add("2", "ou_2", parent=first)
        add("3", "ou_1", parent=second)

        assert forget().turns == 2

        assert [turn.question for turn in conversations.load(KEY).turns] == ["question 2"]
        assert [turn.question for turn in conversations.tree(KEY, whole=True)] == ["question 2"]

    def test_nothing_of_a_forgotten_turn_is_left(self, forget, database, add) -> None:
        add("1", "ou_1")

        forget()

        turns = metadata.tables["turns"]
        columns = (turns.c.question, turns.c.answer, turns.c.asker, turns.c.speaker)
        with database.read() as connection:
            assert tuple(connection.execute(sa.select(*columns)).one()) == ("", "", "", "")

    def test_what_was_sent_is_gone_from_every_table(
        self, forget, database, clock, inbox, make_task
    ) -> None:
        where = {"message": "om_f1", "key": "file_v3_secret"}
        document = tagged("document", "the secret text", name="秘密.pdf", pages="1 of 1", **where)
        recording = tagged("recording", "(the question was spoken)", message="om_f2", key="file_v3")
        turn = Turn(
            question=f"{document}{recording}the secret words",
            answer="![the secret](picture:0b1c)",
            question_id="om_q1",
            part_ids=("om_f1", "om_f2"),
            answer_ids=("om_a1",),
            asker="ou_1",
            unread=(Notice("document_whole", {"name": "秘密.pdf"}),),
            pictures={"picture:0b1c": "img_v3_secret"},
        )
        with database.write() as connection:
            insert_turn(connection, KEY, turn, now=clock())
        secret = Attachment("file", "file_v3_secret", "秘密.pdf")
        task = make_task(1)
        asked = replace(task.task.message, attachments=(secret,), text="the secret words")
        asking = replace(task.task, message=asked)
        inbox.put(self.task_of("ou_1", replace(task, task=asking)))

        forget()

        with database.read() as connection:
            kept = [
                str(row)
                for table in metadata.tables.values()
                for row in connection.execute(sa.select(table))
            ]
        assert kept
        assert not [row for row in kept if "secret" in row or "秘密" in row or "file_v3" in row]

    def test_messages_still_belong_to_their_conversation(self, forget, conversations, add) -> None:
        add("1", "ou_1")

        forget()

        assert conversations.key_of("om_a1") == KEY
        assert conversations.turn_of("om_a1") is None

    def test_turns_of_nobody_known_stay(self, forget, conversations, add) -> None:
        add("1", "")

        assert forget().turns == 0
        assert len(conversations.load(KEY).turns) == 1

    # Roles

    def test_the_role_of_a_conversation_of_their_own_goes(self, forget, conversations, add) -> None:
        add("1", "ou_1")
        conversations.save_settings(KEY, role="a poet", model="gpt")

        assert forget().settings == 1

        stored = conversations.load(KEY)
        assert (stored.role, stored.model) == ("", "gpt")

    def test_the_role_of_a_conversation_with_others_stays(self, forget, conversations, add) -> None:
        shared, strange = (
            ConversationKey("oc_1", "om_shared"),
            ConversationKey("oc_1", "om_strange"),
        )
        add("1", "ou_1", key=shared)
        add("2", "ou_2", key=shared)
        add("3", "ou_2", key=strange)
        for key in (shared, strange):
            conversations.save_settings(key, role="a poet")

        assert forget().settings == 0

        assert [conversations.load(key).role for key in (shared, strange)] == ["a poet"] * 2

    def test_what_was_chosen_in_their_private_chat_goes(self, people, forget, database) -> None:
        chats = SqlChats(database, timer=lambda: 0.0)
        people.meet("ou_1", "oc_private")
        for chat in ("oc_private", "oc_1"):
            chats.save(chat, role="a poet", model="gpt")

        assert forget().settings == 1

        left = SqlChats(database, timer=lambda: 0.0)
        assert left.settings("oc_private") == ChatSettings()
        assert left.settings("oc_1").role == "a poet"

    def test_a_role_that_was_told_before_anybody_asked_goes(
        self, people, forget, conversations, add
    ) -> None:
        own = ConversationKey("oc_private", "om_own")
        told, strange = ConversationKey("oc_1", "om_told"), ConversationKey("oc_9", "om_strange")
        people.meet("ou_1", "oc_private")
        add("1", "ou_1")
        conversations.save_settings(own, role="my doctor", model="gpt", mode="precise")
        for key in (told, strange):
            conversations.save_settings(key, role="a poet")

        assert forget().settings == 2

        assert [conversations.load(key).role for key in (told, strange)] == ["", "a poet"]
        stored = conversations.load(own)
        assert (stored.role, stored.model, stored.mode) == ("", "", "")

    # Usage, grants and feedback

    def test_usage_goes_up_to_the_time_from_which_it_counts(self, people, ledger, database) -> None:
        with database.write() as connection:
            for open_id, at in (("ou_1", 1.0), ("ou_1", 2.0), ("ou_2", 1.0)):
                usage = Usage(
                    open_id=open_id,
                    chat_id="oc_1",
                    model="gpt",
                    outcome="answered",
                    seconds=1.0,
                    completion_tokens=1,
                    created_at=at,
                )
                insert_usage(connection, usage, now=at)

        assert people.forget("ou_1", keep_usage_since=2.0).usage == 1

        assert [(total.name, total.answers) for total in ledger.people(0.0, 9)] == [
            ("ou_1", 1),
            ("ou_2", 1),
        ]

    def test_only_grants_of_today_stay(self, forget, ledger, database, clock) -> None:
        ledger.grant("ou_1", "2026-11-21", Spending(questions=5), "ou_admin", message_id="om_1")
        ledger.grant("ou_2", "2026-11-21", Spending(questions=5), "ou_admin", message_id="om_2")
        clock.tick(100)
        ledger.grant("ou_1", DAY, Spending(questions=3), "ou_admin", message_id="om_3")

        forget()

        assert [granted(database, "ou_1", day) for day in ("2026-11-21", DAY)] == [0, 3]
        assert granted(database, "ou_2", "2026-11-21") == 5

    def test_what_was_kept_for_the_limits_goes_when_the_day_is_over(
        self, people, ledger, database, clock
    ) -> None:
        with database.write() as connection:
            for open_id in ("ou_1", "ou_2"):
                usage = Usage(
                    open_id=open_id,
                    chat_id="oc_1",
                    model="gpt",
                    outcome="answered",
                    seconds=1.0,
                    completion_tokens=1,
                )
                insert_usage(connection, usage, now=clock())
        for number, open_id in enumerate(("ou_1", "ou_2")):
            ledger.grant(open_id, DAY, Spending(questions=3), "ou_admin", message_id=f"om_{number}")
        people.forget("ou_1", keep_usage_since=clock())

        assert ledger.sweep_forgotten(clock()) == 0
        assert [total.name for total in ledger.people(0.0, 9)] == ["ou_1", "ou_2"]
        assert granted(database, "ou_1", DAY) == 3
        assert ledger.sweep_forgotten(clock() + 1) == 2

        assert [total.name for total in ledger.people(0.0, 9)] == ["ou_2"]
        assert [granted(database, person, DAY) for person in ("ou_1", "ou_2")] == [0, 3]

    def test_what_they_granted_to_others_stays_without_their_name(
        self, forget, ledger, database
    ) -> None:
        ledger.grant("ou_2", DAY, Spending(questions=5), "ou_1", message_id="om_4")

        forget()

        assert granted(database, "ou_2", DAY) == 5
        with database.read() as connection:
            assert connection.scalar(sa.select(metadata.tables["grants"].c.granted_by)) == ""

    def test_feedback_goes(self, forget, database, clock) -> None:
        feedback = SqlFeedback(database, clock=clock)
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "down", "wrong")
        feedback.save(RatedAnswer(message_id="om_1"), "ou_2", "up")

        assert forget().feedback == 1

        with database.read() as connection:
            judges = connection.scalars(sa.select(metadata.tables["feedback"].c.open_id)).all()
        assert judges == ["ou_2"]

    # The person

    def test_a_person_is_as_new(self, people, forget, database) -> None:
        people.set_language("ou_1", "en")
        people.meet("ou_1")
        people.get("ou_1")

        assert forget().settings == 1

        assert people.get("ou_1") == Person(open_id="ou_1")
        with database.read() as connection:
            assert connection.execute(sa.select(metadata.tables["people"])).all() == []
        assert people.meet("ou_1")

    def test_a_block_stays(self, people, forget) -> None:
        people.set_language("ou_1", "en")
        people.meet("ou_1", "oc_private")
        people.block("ou_1", blocked=True)

        forget()

        assert people.get("ou_1") == Person(open_id="ou_1", is_blocked=True)
        assert people.meet("ou_1")

    # What waits

    def test_waiting_questions_of_this_person_end(self, forget, inbox, database, make_task) -> None:
        inbox.put(make_task(1))
        inbox.put(self.task_of("ou_2", make_task(2)))

        forget()

        assert [job.target.message_id for job in inbox.claim(2)] == ["om_2"]
        table = metadata.tables["inbox"]
        with database.read() as connection:
            row = connection.execute(sa.select(table).where(table.c.event_id == "ev_1")).one()
        assert (row.outcome, row.payload, row.sender) == ("stopped", None, "")

    def test_any_text_can_wait(self, forget, inbox, make_task) -> None:
        event = make_task(1)
        inbox.put(replace(event, task=replace(event.task, text="\0 \ud83d")))

        forget()

        assert inbox.claim(1) == []

    def test_a_handed_back_answer_is_ended_by_who_claims_it_and_leaves_no_turn(
        self, forget, inbox, conversations, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"card_id": "card"})
        inbox.release([job])

        forget()

        (again,) = inbox.claim(1)
        assert inbox.renew().stopped == {job.id}
        turn = Turn(question="question", answer="yes", question_id="om_1", asker="ou_1")
        inbox.finish(again, "stopped", turn, None)
        assert conversations.tree(job.key) == ()

    def test_what_is_being_answered_leaves_no_turn(
        self, forget, inbox, conversations, make_task
    ) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)

        forget()

        turn = Turn(question="question", answer="yes", question_id="om_1", asker="ou_1")
        assert inbox.finish(job, "answered", turn, None)
        assert conversations.tree(job.key) == ()

    def test_the_job_that_asks_for_it_runs_on(self, forget, inbox, make_task) -> None:
        inbox.put(make_task(1))
        (job,) = inbox.claim(1)

        forget()

        assert inbox.renew().stopped == frozenset()
        inbox.finish(job, "noticed", None, None)

    # Everything

    def test_no_table_and_no_file_names_them_any_more(
        self, people, forget, conversations, inbox, ledger, database, add, make_task, clock
    ) -> None:
        """Names and words of a person who has used everything; ids of messages stay."""
        marker = "xyzzy-of-ou_1"
        people.meet("ou_1", "oc_private")
        people.set_language("ou_1", "en")
        people.set_favourite("ou_1", marker)
        SqlChats(database, timer=clock).save("oc_private", role=marker)
        SqlOwnRoles(database, clock=clock).save("ou_1", marker, marker, most=5)
        turn = Turn(
            question=f"<attachments>\n{marker} read of a file\n</attachments>\n\n{marker} heard",
            answer=marker,
            question_id="om_q1",
            answer_ids=("om_a1",),
            asker="ou_1",
            speaker=marker,
            unread=(Notice("file_too_large", {"name": marker}),),
            pictures={marker: "img_1"},
        )
        with database.write() as connection:
            insert_turn(connection, KEY, turn, now=clock())
            usage = Usage(
                open_id="ou_1", chat_id="oc_1", model="gpt", outcome="answered", seconds=1.0
            )
            insert_usage(connection, usage, now=clock())
        conversations.save_settings(KEY, role=marker)
        conversations.save_settings(ConversationKey("oc_private", "om_s"), role=marker)
        ledger.grant("ou_1", DAY, Spending(questions=3), "ou_admin", message_id="om_g1")
        ledger.grant("ou_2", DAY, Spending(questions=3), "ou_1", message_id="om_g2")
        SqlFeedback(database, clock=clock).save(
            RatedAnswer(message_id="om_1"), "ou_1", "down", marker
        )
        SqlAuditLog(database).add(Change(actor="ou_2", action="block", subject="ou_1"))
        by_them = Change(actor="ou_1", action="limit", subject="USER_DAILY_QUESTIONS")
        SqlOverrides(database).put("limit", "USER_DAILY_QUESTIONS", 5, by_them)
        session = Session(actor="ou_1", ids=("ou_1",), created_at=clock(), seen_at=clock())
        SqlSessions(database).add("hash", session)
        SqlSessions(database).add_link("hash", ("ou_1",), clock())
        asked = self.task_of("ou_1", make_task(1))
        waiting = replace(asked, task=replace(asked.task, text=marker))
        done = replace(
            self.task_of("ou_1", make_task(2)),
            dedupe_id="comment:om_a1:ou_1",
            key=ConversationKey("oc_2", "welcome:ou_1"),
        )
        inbox.put(done)
        (job,) = inbox.claim(1)
        inbox.checkpoint(job, {"draft": marker})
        inbox.finish(job, "noticed", None, None)
        inbox.put(waiting)

        assert people.forget("ou_1", keep_usage_since=math.inf).turns == 1

        with database.read() as connection:
            rows = [
                f"{table.name}: {row}"
                for table in metadata.sorted_tables
                for row in connection.execute(sa.select(table))
            ]
        assert [row for row in rows if "ou_1'" in row or marker in row or "ou_1/" in row] == []
        assert inbox.is_known(f"comment:om_a1:{pseudonym('ou_1')}")
        for word in (marker, "ou_1"):
            assert not left_in_files(database, word)


def left_in_files(database: Database, word: str) -> list[str]:
    """The files of an SQLite database that hold these bytes."""
    path = sa.make_url(database._url).database
    if database._url.get_backend_name() != "sqlite" or not path:
        return []
    files = (Path(f"{path}{suffix}") for suffix in ("", "-wal"))
    return [file.name for file in files if file.exists() and word.encode() in file.read_bytes()]
