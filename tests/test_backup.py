"""`feishu-bot backup`, as an operator types it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest
from click.testing import CliRunner
from lark_oapi.core.http import Transport

from feishu_bot.cli import main
from feishu_bot.stores import Database
from feishu_bot.stores import backup as backups
from feishu_simulator import Simulator
from tests.scenarios.bots import environment


@pytest.fixture
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def file(tmp_path, migrated_file):
    """The file of a database with tables."""
    path = tmp_path / "data" / "feishu_bot.db"
    path.parent.mkdir()
    shutil.copy(migrated_file, path)
    return path


@pytest.fixture
def environ(sim, file):
    return environment(sim, f"sqlite:///{file}")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    # The check puts our transport in place of the SDK's.
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(environ, *arguments):
        return CliRunner().invoke(main, arguments, env=environ, catch_exceptions=False)

    return run


def rows(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()


# backup


def test_a_backup_lies_beside_the_database_and_is_its_owners_alone(run, file):
    done = run({"DATABASE_URL": f"sqlite:///{file}"}, "backup")

    (copy,) = file.parent.glob("feishu_bot-*.db")
    assert done.exit_code == 0
    assert done.stdout == f"{copy}\n"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert rows(copy) == rows(file)
    assert list(file.parent.glob("*.partial")) == []


def test_a_backup_of_a_database_in_use_is_whole_and_one_file(file, tmp_path):
    url = f"sqlite:///{file}"
    database, ends = Database(url), threading.Event()
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE filler (x)")

    def write_on():
        while not ends.is_set():
            with database.write() as connection:
                connection.exec_driver_sql("INSERT INTO filler VALUES (hex(randomblob(2000)))")

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        copies = [backups.back_up(url, tmp_path / f"{n}.db", now=0.0) for n in range(5)]
    finally:
        ends.set()
        writer.join()
        database.close()

    for copy in copies:
        assert rows(copy) == rows(file)
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert sorted(path.name for path in tmp_path.glob("?.*")) == [f"{n}.db" for n in range(5)]


def test_what_was_committed_but_is_not_in_the_file_yet_is_in_the_copy(file, tmp_path):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE fresh (x)")
        connection.commit()

        copy = backups.back_up(f"sqlite:///{file}", tmp_path, now=0.0)

    assert ("fresh",) in rows(copy)


def test_nothing_is_overwritten(run, file, tmp_path):
    kept = tmp_path / "kept.db"
    kept.write_text("mine")

    done = run({"DATABASE_URL": f"sqlite:///{file}"}, "backup", str(kept))

    assert done.exit_code == 1
    assert "exists and was left alone" in done.output
    assert kept.read_text() == "mine"


def test_a_damaged_database_makes_no_backup(run, tmp_path):
    file = tmp_path / "bad.db"
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)

    done = run({"DATABASE_URL": f"sqlite:///{file}"}, "backup")

    assert done.exit_code == 1
    assert "The backup failed" in done.output
    assert [path.name for path in tmp_path.glob("*.db*")] == ["bad.db"]


def test_without_a_database_the_path_is_named(run, tmp_path):
    done = run({"DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}, "backup")

    assert done.exit_code == 1
    assert f"{tmp_path}/none.db" in done.output


def test_for_postgresql_the_command_is_told_without_the_password(run):
    done = run({"DATABASE_URL": "postgresql://bot:pa55word@db.example/name"}, "backup")

    assert done.exit_code == 1
    assert "pg_dump --clean --if-exists --dbname='postgresql://bot@db.example/name'" in done.output
    assert "pa55word" not in done.output


def test_a_backup_needs_no_other_setting_and_a_bad_address_is_told(run):
    done = run({"DATABASE_URL": "mysql://x"}, "backup")

    assert done.exit_code == 1
    assert "DATABASE_URL" in done.output
