"""The index of words: filled in the background, kept in step, and without what was forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.stores import Database, SqlConversations, SqlHistory, SqlInbox, SqlPeople, WorkerId
from feishu_bot.stores.schema import metadata
from feishu_bot.stores.sqlite_text_index import BATCH
from feishu_bot.stores.text_index import TextIndexUpkeep
from feishu_bot.stores.turns import insert_turn
from tests.polling import eventually

KEY = ConversationKey("oc_1", "chat")
ALICE = "ou_alice"
TURNS = metadata.tables["turns"]


def store(
    database: Database, *questions: str, key: ConversationKey = KEY, prefix: str = "q"
) -> list[int]:
    ids = []
    with database.write() as connection:
        for number, question in enumerate(questions):
            turn = Turn(
                question=question,
                answer="fine",
                question_id=f"om_{prefix}{number}",
                asker=ALICE,
            )
            ids.append(insert_turn(connection, key, turn, now=float(number + 1)))
    return ids


def found(database: Database, word: str) -> list[int]:
    return [one.origin for one in SqlHistory(database).search(ALICE, [word], limit=500)]


@pytest.fixture
def upkeep(database: Database) -> Callable[[], None]:
    index = TextIndexUpkeep(database)
    return lambda: index.run_once(rest_seconds=0.0)


class TestBothDatabases:
    def test_turns_of_a_version_without_origins_are_completed(self, database, upkeep) -> None:
        first, second = store(database, "first", "second")
        with database.write() as connection:
            connection.execute(
                sa.update(TURNS).where(TURNS.c.id == second).values(parent=first, origin=None)
            )
            connection.execute(sa.update(TURNS).where(TURNS.c.id == first).values(origin=None))
        assert SqlHistory(database).newest(ALICE, limit=8) == []

        upkeep()

        (only,) = SqlHistory(database).newest(ALICE, limit=8)
        assert (only.origin, only.count) == (first, 2)

    def test_it_runs_in_a_thread_of_its_own_until_it_is_stopped(
        self, database, monkeypatch
    ) -> None:
        monkeypatch.setattr("feishu_bot.stores.text_index.FIRST_SECONDS", 0.0)
        (first,) = store(database, "first")
        with database.write() as connection:
            connection.execute(sa.update(TURNS).values(origin=None))
        index = TextIndexUpkeep(database)

        index.start()

        eventually(lambda: SqlHistory(database).find(ALICE, first))
        index.stop()


class TestSqlite:
    @pytest.fixture
    def backend(self) -> str:
        return "sqlite"

    @pytest.fixture
    def scalar(self, database) -> Callable[[str], object]:
        def scalar(statement: str) -> object:
            with database.read() as connection:
                return connection.scalar(sa.text(statement))

        return scalar

    @staticmethod
    def is_anywhere(database: Database, word: str) -> bool:
        """Whether any column of any table, the index's own included, has these bytes."""
        with database.read() as connection:
            tables = connection.scalars(
                sa.text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%'")
            ).all()
            rows = [
                row
                for table in tables
                for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')
            ]
        cells = (cell for row in rows for cell in row)
        return any(
            word.encode() in (cell if isinstance(cell, bytes) else str(cell).encode())
            for cell in cells
        )

    def test_what_is_stored_is_found_before_and_after_it_is_indexed(
        self, database, upkeep, scalar
    ) -> None:
        ids = store(database, *(f"needle {number}" for number in range(BATCH + 20)))
        assert len(found(database, "needle")) == len(ids)

        upkeep()

        assert scalar("SELECT indexed FROM turns_text_state") == ids[-1]
        store(database, "one more needle", prefix="more")
        assert len(found(database, "needle")) == len(ids) + 1

    def test_storing_a_turn_does_not_touch_the_index(self, database, upkeep, scalar) -> None:
        store(database, "first")
        upkeep()
        before = scalar("SELECT sum(length(block)) FROM turns_text_data")

        store(database, "second", prefix="more")

        assert scalar("SELECT sum(length(block)) FROM turns_text_data") == before

    @pytest.mark.parametrize("how", ["recall", "forget", "sweep"])
    def test_forgotten_words_are_in_no_table(self, database, upkeep, how) -> None:
        store(database, "zqxj the secret", "something to keep wvu")
        other = ConversationKey("oc_2", "chat")
        store(database, "kept xyw", key=other, prefix="other")
        upkeep()
        # The index keeps three characters each: the word itself, and what is left of it there.
        assert self.is_anywhere(database, "zqxj")
        assert self.is_anywhere(database, "zqx")

        if how == "recall":
            SqlInbox(database, worker=WorkerId()).stop("om_q0")
        elif how == "forget":
            SqlPeople(database).forget(ALICE, keep_usage_since=0.0)
        else:
            SqlConversations(database, ttl_seconds=1.0).sweep(10.0)

        assert found(database, "secret") == []
        assert not self.is_anywhere(database, "zqxj")
        upkeep()
        assert not self.is_anywhere(database, "zqx")
        assert not self.is_anywhere(database, "qxj")

    def test_the_index_stays_sound_whatever_changes(self, database, upkeep) -> None:
        store(database, *(f"text {number} abc" for number in range(30)))
        upkeep()
        SqlInbox(database, worker=WorkerId()).stop("om_q3")
        SqlHistory(database).set_title(5, "named")
        store(database, "later def", prefix="later")
        SqlInbox(database, worker=WorkerId()).stop("om_later0")
        upkeep()

        with database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO turns_text(turns_text) VALUES('integrity-check')"
            )
        assert found(database, "named") == [5]
        assert found(database, "later") == []

    def test_ids_that_are_given_out_again_are_indexed_again(self, database, upkeep) -> None:
        store(database, "the old one")
        upkeep()
        SqlConversations(database, ttl_seconds=1.0).sweep(10.0)
        (again,) = store(database, "the new one")
        assert found(database, "new one") == [again]

        upkeep()

        assert found(database, "new one") == [again]
        assert found(database, "old one") == []

    def test_an_index_without_its_triggers_is_made_anew(self, database, upkeep) -> None:
        store(database, "first needle", "second needle")
        upkeep()
        with database.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER turns_text_changed")
        SqlInbox(database, worker=WorkerId()).stop("om_q0")
        assert found(database, "needle") == [2]

        upkeep()

        assert found(database, "needle") == [2]
        assert not self.is_anywhere(database, "fir")

    def test_without_fts5_a_search_finds_the_same(self, database, upkeep) -> None:
        def refuse(connection, _record) -> None:
            connection.set_authorizer(
                lambda what, *_: (
                    sqlite3.SQLITE_DENY
                    if what == sqlite3.SQLITE_CREATE_VTABLE
                    else sqlite3.SQLITE_OK
                )
            )

        sa.event.listen(database._of_this_process().engine, "connect", refuse)
        (first,) = store(database, "a needle")

        upkeep()
        upkeep()

        assert found(database, "needle") == [first]

    def test_a_stop_ends_it_between_two_steps(self, database, scalar) -> None:
        store(database, *(f"needle {number}" for number in range(2 * BATCH)))
        index = TextIndexUpkeep(database)
        index.stop()

        index.run_once()

        assert scalar("SELECT indexed FROM turns_text_state") == BATCH

    def test_two_processes_may_be_at_it(self, database, other_database, upkeep, scalar) -> None:
        ids = store(database, *(f"needle {number}" for number in range(2 * BATCH)))
        upkeep()
        TextIndexUpkeep(other_database).run_once(rest_seconds=0.0)

        assert scalar("SELECT indexed FROM turns_text_state") == ids[-1]
        with database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO turns_text(turns_text) VALUES('integrity-check')"
            )


class TestPostgresql:
    @pytest.fixture
    def backend(self) -> str:
        return "postgresql"

    def test_without_the_extension_a_search_finds_the_same(self, database, upkeep) -> None:
        (first,) = store(database, "a needle 周报模板")

        upkeep()
        upkeep()

        assert found(database, "needle") == [first]
        assert found(database, "周报模板") == [first]
