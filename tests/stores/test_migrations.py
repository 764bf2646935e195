"""A database that an earlier version has used, brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.messages import IncomingMessage, Sender
from feishu_bot.core.usage import UsageTotal
from feishu_bot.stores import (
    Database,
    SqlConversations,
    SqlHistory,
    SqlInbox,
    SqlPeople,
    SqlUsage,
    WorkerId,
    migrations,
)
from feishu_bot.stores.text_index import TextIndexUpkeep

KEY = ConversationKey("oc_1", "om_root")


def config_for(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def insert(connection: sa.Connection, table: str, *rows: dict[str, Any]) -> None:
    """Insert into a table as it is in the database, whatever the code expects of it."""
    reflected = sa.Table(table, sa.MetaData(), autoload_with=connection)
    connection.execute(sa.insert(reflected), list(rows))


def event(number: int, state: str, *, stop_requested: bool = False) -> dict[str, Any]:
    message = IncomingMessage(
        message_id=f"om_{number}",
        chat_id="oc_1",
        chat_type="p2p",
        sender=Sender("ou_1"),
        kind="text",
        text="\0 any text",
    )
    return {
        "event_id": f"ev_{number}",
        "dedupe_id": f"om_{number}",
        "message_id": f"om_{number}",
        "kind": "message",
        "conversation": f"oc_1/om_{number}",
        "chat_id": "oc_1",
        "root": f"om_{number}",
        "payload": asdict(message) | {"action": {}} if state != "done" else None,
        "created_at": float(number),
        "received_at": float(number),
        "state": state,
        "stop_requested": stop_requested,
    }


def turn(number: int, at: float) -> dict[str, Any]:
    return {
        "chat_id": KEY.chat_id,
        "root": KEY.root,
        "parent": number - 1 or None,
        "question": f"question {number}",
        "answer": "yes",
        "question_id": f"om_q{number}",
        "answer_ids": [f"om_a{number}"],
        "model": "gpt",
        "finish_reason": "stop",
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "estimated_tokens": 3,
        "created_at": at,
    }


def usage(open_id: str, at: float) -> dict[str, Any]:
    return {
        "open_id": open_id,
        "chat_id": KEY.chat_id,
        "model": "gpt",
        "outcome": "answered",
        "seconds": 1.0,
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "created_at": at,
    }


class TestFromTheFirstVersion:
    @pytest.fixture
    def database(self, empty_url: str) -> Iterator[Database]:
        database = Database(empty_url)
        with database.write() as connection:
            command.upgrade(config_for(connection), "0001")
            insert(
                connection,
                "inbox",
                event(1, "done"),
                event(2, "waiting"),
                event(3, "waiting", stop_requested=True),
            )
            conversation = {"chat_id": KEY.chat_id, "root": KEY.root}
            insert(
                connection,
                "conversations",
                {**conversation, "role": "a poet", "created_at": 1.0, "last_at": 30.0},
            )
            # The third and fourth were answered within the same second.
            insert(connection, "turns", turn(1, 10.0), turn(2, 20.0), turn(3, 30.0), turn(4, 30.25))
            message = {**conversation, "message_id": "om_a2", "turn": 2, "own": True}
            insert(connection, "messages", message)
            insert(
                connection,
                "usage",
                usage("ou_1", 10.001),
                usage("ou_2", 20.0),
                usage("ou_1", 30.0),
                usage("ou_2", 30.25),
            )
        database.migrate()
        yield database
        database.close()

    @pytest.fixture
    def conversations(self, database: Database) -> SqlConversations:
        return SqlConversations(database, ttl_seconds=3600.0, clock=lambda: 40.0)

    def test_conversations_go_on(self, conversations) -> None:
        loaded = conversations.load(KEY)

        assert loaded.role == "a poet"
        assert [turn.id for turn in loaded.turns] == [1, 2, 3, 4]
        assert conversations.turn_of("om_a2").question == "question 2"
        assert conversations.go_on_from(KEY, 2)

    def test_the_usage_tells_who_asked_unless_it_may_have_been_two(self, conversations) -> None:
        assert [turn.asker for turn in conversations.tree(KEY)] == ["ou_1", "ou_2", "", "ou_2"]

    def test_usage_has_cost_nothing(self, database) -> None:
        total = UsageTotal(name="gpt", answers=4, prompt_tokens=4, completion_tokens=8, cost=0.0)

        assert SqlUsage(database).totals(0.0) == [total]

    def test_waiting_questions_can_be_answered(self, database) -> None:
        jobs = SqlInbox(database, worker=WorkerId()).claim(5)

        assert [job.target.message_id for job in jobs] == ["om_2", "om_3"]

    def test_a_question_that_was_recalled_leaves_no_turn(self, database, conversations) -> None:
        inbox = SqlInbox(database, worker=WorkerId())
        _, job = inbox.claim(5)
        before = conversations.tree(KEY)

        inbox.finish(job, "stopped", before[0], None)

        assert conversations.tree(KEY) == before

    def test_a_person_can_be_forgotten(self, database, conversations) -> None:
        forgotten = SqlPeople(database).forget("ou_1", keep_usage_since=40.0)

        assert (forgotten.turns, forgotten.usage) == (1, 2)
        assert SqlInbox(database, worker=WorkerId()).claim(5) == []

    def test_turns_belong_to_the_conversation_they_began_in(self, database) -> None:
        (only,) = SqlHistory(database).newest("ou_2", limit=8)

        assert (only.origin, only.count, only.asked.id, only.last.id) == (1, 4, 2, 4)
        assert SqlHistory(database).search("ou_2", ["question"], limit=8)[0].found.id == 4

    def test_the_way_back_keeps_what_was_said(self, database) -> None:
        TextIndexUpkeep(database).run_once(rest_seconds=0.0)
        SqlPeople(database).set_language("ou_1", "en")

        for revision in ("0008", "0007", "0006", "0005", "0004", "0003", "0002", "0001"):
            with database.write() as connection:
                command.downgrade(config_for(connection), revision)
                counts = {
                    table: connection.scalar(sa.text(f"SELECT count(*) FROM {table}"))
                    for table in ("conversations", "turns", "messages", "usage", "inbox")
                }
            kept = {"conversations": 1, "turns": 4, "messages": 1, "usage": 4, "inbox": 3}
            assert counts == kept, revision

        database.migrate()

        assert SqlHistory(database).newest("ou_2", limit=8)[0].count == 4

    def test_the_way_back_is_open(self, database) -> None:
        TextIndexUpkeep(database).run_once(rest_seconds=0.0)
        with database.write() as connection:
            command.downgrade(config_for(connection), "0001")

            assert sorted(sa.inspect(connection).get_table_names()) == [
                "alembic_version",
                "conversations",
                "inbox",
                "messages",
                "threads",
                "turns",
                "usage",
            ]
            names = {column["name"] for column in sa.inspect(connection).get_columns("turns")}
            assert not names & {"asker", "speaker"}
