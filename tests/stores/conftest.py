"""Every store test runs on a SQLite file and on a PostgreSQL that is started for the session."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.messages import IncomingMessage, Sender
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import AskQuestion
from feishu_bot.stores import Database
from tests.polling import Clock
from tests.postgres import Postgres
from tests.stores.second_process import SecondProcess, SecondProcesses


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
    return Clock(1_700_000_000.0)


@pytest.fixture
def make_task() -> Callable[..., QueuedTask]:
    """Builds the task of message `om_<number>`, sent at second `number`."""

    def make_task(number: int, *, root: str = "om_root", at: float | None = None) -> QueuedTask:
        message = IncomingMessage(
            message_id=f"om_{number}",
            chat_id="oc_1",
            chat_type="group",
            sender=Sender(open_id="ou_1"),
            kind="text",
            text=f"question {number}",
            created_at=float(number) if at is None else at,
        )
        return QueuedTask(
            event_id=f"ev_{number}",
            dedupe_id=message.message_id,
            key=ConversationKey("oc_1", root),
            target=ReplyTarget.of(message),
            task=AskQuestion(text=message.text, message=message),
            created_at=message.created_at,
        )

    return make_task


@pytest.fixture(scope="session")
def second_processes() -> Iterator[SecondProcesses]:
    processes = SecondProcesses()
    yield processes
    processes.close()


@pytest.fixture
def start_process(
    second_processes: SecondProcesses, tmp_path: Path
) -> Iterator[Callable[[str, str], SecondProcess]]:
    """Starts `second_process.py` with an action; ends what still runs in the end."""
    started: list[SecondProcess] = []

    def start(action: str, url: str) -> SecondProcess:
        folder = tmp_path / f"process-{len(started)}"
        folder.mkdir()
        process = second_processes.start(action, url, folder)
        started.append(process)
        return process

    yield start
    for process in started:
        process.close()
