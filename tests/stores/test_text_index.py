"""The index of words: filled in the background, kept in step, and without what was forgotten."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.stores import Database, SqlConversations, SqlHistory, SqlInbox, SqlPeople, WorkerId
from feishu_bot.stores.schema import metadata
from feishu_bot.stores.sqlite_text_index import BATCH, BATCH_CHARS
from feishu_bot.stores.text_index import TextIndexUpkeep
from feishu_bot.stores.turns import insert_turn
from tests import trigram_postgres
from tests.polling import eventually
from tests.postgres import Postgres

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
    return [
        one.origin for one in SqlHistory(database, few_turns=0).search(ALICE, [word], limit=500)
    ]


def plans(database: Database, read: Callable[[SqlHistory], object]) -> list[str]:
    """How the database does each statement that `read` comes to."""
    engine = database._of_this_process().engine
    seen: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        seen.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    read(SqlHistory(database, few_turns=0))
    sa.event.remove(engine, "before_cursor_execute", note)
    with database.read() as connection:
        explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
        if explain == "EXPLAIN":
            # What it would do with many rows, not with those of a test.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {sql}", bound))
            for sql, bound in seen
        ]


@pytest.fixture
def upkeep(database: Database) -> Callable[[], None]:
    index = TextIndexUpkeep(database)
    return lambda: index.run_once(rest_seconds=0.0)


class TestBothDatabases:
    @pytest.fixture
    def among_many(self, database) -> None:
        """Alice has asked a hundred questions, among thousands of others."""
        rows = [
            {
                "chat_id": "oc_all",
                "root": "chat",
                "origin": number,
                "question": f"question {number}",
                "answer": "fine " * 20,
                "question_id": f"om_all{number}",
                "asker": f"ou_{number % 50}" if number % 50 else ALICE,
                "answer_ids": [],
                "model": "gpt",
                "finish_reason": "stop",
                "prompt_tokens": 0,
                "completion_tokens": 0,
                "estimated_tokens": 0,
                "created_at": 1.0,
            }
            for number in range(1, 5001)
        ]
        conversation = {"chat_id": "oc_all", "root": "chat", "created_at": 1.0, "last_at": 1.0}
        with database.write() as connection:
            connection.execute(sa.insert(metadata.tables["conversations"]), conversation)
            connection.execute(sa.insert(TURNS), rows)
        if not str(database._url).startswith("sqlite"):
            # PostgreSQL does so by itself, SQLite never.
            with database.read() as connection:
                plain = connection.execution_options(isolation_level="AUTOCOMMIT")
                plain.exec_driver_sql("VACUUM ANALYZE turns")

    @pytest.mark.usefixtures("among_many")
    def test_a_list_is_made_from_indexes(self, database) -> None:
        for where in ("", "oc_all"):
            listing, summaries, rows = plans(
                database, lambda history, where=where: history.newest(ALICE, chat_id=where, limit=8)
            )

            assert "turns_person" in listing
            assert re.search("COVERING INDEX|Index Only Scan", listing)
            assert "turns_origin" in summaries
            assert re.search("turns_pkey|PRIMARY KEY", rows)

    @pytest.mark.usefixtures("among_many")
    def test_for_few_turns_no_index_is_asked(self, database, upkeep) -> None:
        upkeep()

        def search(history: SqlHistory) -> object:
            return SqlHistory(database).search(ALICE, ["question"], limit=8)

        assert not any("turns_text" in plan for plan in plans(database, search))

    @pytest.mark.usefixtures("among_many")
    @pytest.mark.parametrize("word", ["question 2350", "question", "50"])
    @pytest.mark.parametrize("is_indexed", [False, True], ids=["unindexed", "indexed"])
    def test_a_search_reads_only_the_turns_of_the_person(
        self, database, upkeep, word, is_indexed
    ) -> None:
        if is_indexed:
            upkeep()

        searching = plans(database, lambda history: history.search(ALICE, [word], limit=8))

        (reading,) = (plan for plan in searching[1:] if "turns_person" in plan)
        assert not re.search(r"SCAN turns\b|Seq Scan on turns|turns_pkey|PRIMARY KEY", reading)

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
        assert "text-index" not in {thread.name for thread in threading.enumerate()}


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

    def test_long_turns_are_few_in_a_step_so_that_nobody_waits_long_for_it(
        self, database, upkeep, scalar
    ) -> None:
        ids = store(database, *(["needle " + "x" * (BATCH_CHARS // 2)] * 3), "y" * BATCH_CHARS * 2)

        index = TextIndexUpkeep(database)
        index.stop()
        steps = []
        for _ in range(3):
            index.run_once()
            steps.append(scalar("SELECT indexed FROM turns_text_state"))

        assert steps == [ids[1], ids[3], ids[3]]
        assert found(database, "needle") == found(database, "xxxx") != []

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


class TestTrigrams:
    """PostgreSQL with its extension, where this machine has it."""

    @pytest.fixture(scope="module")
    @classmethod
    def trigrams(cls) -> Iterator[Postgres]:
        binaries = trigram_postgres.find_binaries()
        if binaries is None:
            pytest.skip("no PostgreSQL with pg_trgm on this machine")
        with trigram_postgres.running(binaries) as server:
            yield server

    @pytest.fixture
    def url(self, trigrams) -> Iterator[str]:
        with trigrams.schema(tables=True) as url:
            yield url

    @staticmethod
    def indexed(database: Database) -> list[int]:
        with database.read() as connection:
            return list(connection.scalars(sa.text("SELECT id FROM turns_text ORDER BY id")))

    def test_what_is_stored_is_found_before_and_after_the_index_is_there(
        self, database, upkeep
    ) -> None:
        (first,) = store(database, "Needle 周报模板 100%")
        assert found(database, "needle") == [first]

        upkeep()

        assert self.indexed(database) == [first]
        (second,) = store(database, "another needle, 周报模板", prefix="more")
        assert found(database, "NEEDLE") == [second, first]
        assert found(database, "周报模板") == [second, first]
        assert found(database, "周报") == [second, first]
        assert found(database, "0%") == [first]
        assert found(database, "d%周") == []
        upkeep()
        assert self.indexed(database) == [first, second]
        assert found(database, "周报模板") == [second, first]

    def test_a_turn_that_may_be_overtaken_by_one_with_a_lower_id_waits(
        self, database, upkeep
    ) -> None:
        first, second = store(database, "needle one", "needle two")
        with database.write() as connection:
            connection.execute(
                sa.update(TURNS).where(TURNS.c.id == first).values(created_at=time.time())
            )

        upkeep()

        assert self.indexed(database) == []
        assert found(database, "needle") == [second, first]

    @pytest.mark.parametrize("how", ["recall", "forget", "sweep"])
    def test_forgotten_words_are_in_no_table(self, database, upkeep, how) -> None:
        store(database, "zqxj the secret")
        upkeep()

        if how == "recall":
            SqlInbox(database, worker=WorkerId()).stop("om_q0")
        elif how == "forget":
            SqlPeople(database).forget(ALICE, keep_usage_since=0.0)
        else:
            SqlConversations(database, ttl_seconds=1.0).sweep(10.0)

        with database.read() as connection:
            rows = connection.execute(sa.text("SELECT * FROM turns_text")).all()
            rows += connection.execute(sa.select(TURNS)).all()
        assert "zqxj" not in str(rows)
        assert found(database, "secret") == []

    def test_a_title_is_found(self, database, upkeep) -> None:
        (first,) = store(database, "hello")
        upkeep()

        SqlHistory(database).set_title(first, "量子纠缠")

        assert found(database, "量子纠缠") == [first]

    def test_words_are_looked_up_in_the_index(self, database, upkeep) -> None:
        store(database, *(f"question {number} of many" for number in range(300)))
        upkeep()
        with database.write() as connection:
            # So few short texts are read faster than looked up.
            connection.exec_driver_sql("DROP INDEX turns_text_asker")
            connection.exec_driver_sql("ANALYZE")

        searching = plans(database, lambda history: history.search(ALICE, ["量子纠缠"], limit=8))

        assert any("turns_text_body" in plan for plan in searching)

    def test_where_the_role_may_not_create_it_a_search_finds_the_same(
        self, trigrams, url, database
    ) -> None:
        name = sa.make_url(url).query["options"].rpartition("=")[2]
        trigrams.run(
            "CREATE ROLE guest LOGIN; REVOKE CREATE ON DATABASE postgres FROM PUBLIC;"
            f"GRANT ALL ON SCHEMA {name} TO guest;"
            f"GRANT ALL ON ALL TABLES IN SCHEMA {name} TO guest;"
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {name} TO guest"
        )
        guest = Database(sa.make_url(url).set(username="guest").render_as_string())
        (first,) = store(guest, "a needle")

        index = TextIndexUpkeep(guest)
        index.run_once(rest_seconds=0.0)
        index.run_once(rest_seconds=0.0)

        with database.read() as connection:
            assert connection.scalar(sa.text("SELECT to_regclass('turns_text')")) is None
        assert found(guest, "needle") == [first]
        guest.close()
        trigrams.run("DROP OWNED BY guest; DROP ROLE guest")
