"""A database that is away is told from a statement that is wrong."""

from __future__ import annotations

import socket
import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import Database
from feishu_bot.stores.engine import CUT_IS_NOTICED
from feishu_bot.stores.locks import retry_while_locked


def test_a_locked_file_is_an_outage_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("feishu_bot.stores.engine.BUSY_TIMEOUT", 0.01)
    monkeypatch.setattr("feishu_bot.stores.locks._TRIES", 1)
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    database.migrate()
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="database is locked"), database.write():
        pass

    other.close()
    with database.write():
        pass
    database.close()
    assert retry_while_locked(lambda: 1) == 1


def test_a_server_that_is_away_is_an_outage():
    database = Database("postgresql+psycopg://nobody:secret@127.0.0.1:1/none")

    with pytest.raises(StoreUnavailable) as failure, database.read():
        pass

    assert "secret" not in str(failure.value)
    assert isinstance(failure.value.__cause__, OperationalError)
    assert not database.ping()
    database.close()


def test_a_server_behind_a_cut_link_is_an_outage(monkeypatch):
    monkeypatch.setitem(CUT_IS_NOTICED, "connect_timeout", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(f"postgresql+psycopg://nobody:secret@127.0.0.1:{port}/none")

        with pytest.raises(StoreUnavailable, match="timeout") as failure, database.read():
            pass

    assert failure.value.kind == "away"
    database.close()


def test_a_wrong_statement_is_a_fault_of_ours(database):
    with pytest.raises(DBAPIError), database.read() as connection:
        connection.execute(sa.text("SELECT nothing FROM turns"))
