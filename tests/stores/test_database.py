from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import Database, migrations
from feishu_bot.stores.schema import metadata, threads
from tests.polling import eventually
from tests.postgres import Postgres


def thread(name: str) -> dict[str, object]:
    return {"chat_id": "oc_1", "thread_id": name, "root": "om_1", "created_at": 1.0}


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(connection.scalars(sa.select(threads.c.thread_id)))


class TestDatabase:
    # Nothing reads back what SQLite's indexes of expressions are made of.
    @pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based")
    @pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
    def test_migrations_build_the_tables_that_the_code_expects(self, empty_url: str) -> None:
        database = Database(empty_url)

        database.migrate()

        with database.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        database.close()

    def test_a_migration_can_be_repeated(self, empty_url: str) -> None:
        database = Database(empty_url)

        database.migrate()
        database.migrate()

        assert database.ping()
        database.close()

    def test_several_processes_can_migrate_at_once(self, empty_url: str, start_process) -> None:
        processes = [start_process("migrate", empty_url) for _ in range(3)]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3

        for process in processes:
            process.go()

        assert [process.stdout.readline() for process in processes] == ["migrated\n"] * 3

    def test_a_migrated_database_needs_no_alembic(self, url: str, start_process) -> None:
        process = start_process("migrate_at_head", url)

        assert process.rest() == "False\n"

    def test_it_can_be_used_on_both_sides_of_a_fork(self, empty_url: str, start_process) -> None:
        process = start_process("fork", empty_url)

        assert process.rest() == "safe\n"

    def test_a_transaction_that_raises_leaves_nothing(self, database: Database) -> None:
        def write_twice() -> None:
            with database.write() as connection:
                connection.execute(sa.insert(threads), thread("omt_1"))
                connection.execute(sa.insert(threads), thread("omt_1"))

        with pytest.raises(IntegrityError):
            write_twice()

        assert names(database) == []

    def test_what_a_thread_does_together_is_one_transaction(
        self, database: Database, other_database: Database
    ) -> None:
        with database.together():
            for name in ("omt_1", "omt_2"):
                with database.together(), database.write() as connection:
                    connection.execute(sa.insert(threads), thread(name))
            assert (names(database), names(other_database)) == (["omt_1", "omt_2"], [])
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(names, database).result() == []

        assert names(other_database) == ["omt_1", "omt_2"]

    def test_nothing_of_it_is_left_when_one_part_fails(self, database: Database) -> None:
        def write_together() -> None:
            with database.together():
                for _ in range(2):
                    with database.write() as connection:
                        connection.execute(sa.insert(threads), thread("omt_1"))

        with pytest.raises(IntegrityError):
            write_together()

        assert names(database) == []
        with database.write() as connection:
            connection.execute(sa.insert(threads), thread("omt_1"))
        assert names(database) == ["omt_1"]

    def test_many_threads_write_at_once(self, database: Database, other_database: Database) -> None:
        def write(number: int) -> None:
            target = (database, other_database)[number % 2]
            with target.write() as connection:
                connection.execute(sa.insert(threads), thread(f"omt_{number:03d}"))

        with ThreadPoolExecutor(64) as pool:
            list(pool.map(write, range(200)))

        assert names(database) == [f"omt_{number:03d}" for number in range(200)]

    def test_a_closed_one_opens_again(self, database: Database) -> None:
        assert database.ping()

        database.close()

        assert database.ping()

    def test_it_is_not_ready_without_tables(self, empty_url: str) -> None:
        database = Database(empty_url)

        assert not database.ping()
        database.close()


def test_connections_to_a_server_that_only_reads_are_left(postgres: Postgres) -> None:
    """As after a failover, while the former server still lives."""
    with postgres.schema(tables=True) as url:
        database = Database(url, pool_size=1)
        with database.write() as connection:
            connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

        with pytest.raises(StoreUnavailable) as failure, database.write() as connection:
            connection.execute(threads.insert(), thread("omt_1"))
        with database.write() as connection:
            connection.execute(threads.insert(), thread("omt_2"))

        assert failure.value.kind == "read_only"
        assert names(database) == ["omt_2"]
        database.close()


def test_a_server_without_the_tables_is_an_outage(postgres: Postgres) -> None:
    with postgres.schema(tables=False) as url:
        database = Database(url)

        with pytest.raises(StoreUnavailable):
            names(database)

        database.close()


def test_what_a_frozen_process_has_locked_is_free_again_soon(postgres: Postgres) -> None:
    with postgres.schema(tables=True) as url:
        database = Database(url)
        limits = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
        with database.write() as connection:
            told = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in limits]
        with pytest.raises(StoreUnavailable, match="idle-in-transaction timeout"):
            _stand_still(database)
        database.close()

    assert told == ["10s", "10s", "30s"]


def _stand_still(database: Database) -> None:
    """Do nothing in a transaction until the server has had enough."""
    with database.write() as connection:
        connection.exec_driver_sql("SET idle_in_transaction_session_timeout = '20ms'")
        eventually(lambda: not _is_there(database, connection))
        connection.exec_driver_sql("SELECT 1")


def _is_there(database: Database, connection: sa.Connection) -> bool:
    """Whether the server still has this session."""
    assert connection.connection.dbapi_connection is not None
    pid = connection.connection.dbapi_connection.info.backend_pid
    with database.read() as other:
        found = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        return bool(other.scalar(found, {"pid": pid}))


def test_the_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))

    assert ScriptDirectory.from_config(config).get_current_head() == migrations.REVISION


def test_a_database_that_cannot_be_opened_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "bot.db").mkdir()

    assert not Database(f"sqlite:///{tmp_path}/bot.db").ping()


def test_a_writer_waits_for_the_lock_of_another_process(tmp_path: Path) -> None:
    database, other = (Database(f"sqlite:///{tmp_path}/bot.db") for _ in range(2))
    database.migrate()

    def write() -> None:
        with other.write() as connection:
            connection.execute(sa.insert(threads), thread("omt_2"))

    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            connection.execute(sa.insert(threads), thread("omt_1"))
            written = pool.submit(write)
        written.result()

    assert names(database) == ["omt_1", "omt_2"]
    database.close()
    other.close()


def test_sqlite_keeps_its_journal_beside_the_file_and_checks_references(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/bot.db")

    with database.read() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]

    assert found == ["wal", 1, 1, 5000]
    database.close()
