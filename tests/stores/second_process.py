"""What another process does in the store tests: an action with the address of a database."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from feishu_bot.core.conversations import Turn
from feishu_bot.core.limits import Limit, Quota, Spending, Window
from feishu_bot.core.usage import Usage
from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import Database, SqlInbox, SqlPeople, WorkerId
from feishu_bot.stores.exclusive_lease import SqlExclusiveLease
from feishu_bot.stores.migration_process import migrate_apart
from feishu_bot.stores.reservations import SqlReservations
from tests.forks import Fork, Forks, serve
from tests.open_jobs import open_jobs


class SecondProcesses:
    """The process that is forked for each of them, seen from the tests."""

    def __init__(self) -> None:
        self._forks = Forks(__name__, warnings="error")

    def start(self, action: str, url: str, folder: Path) -> SecondProcess:
        """Start one that does this; its pipes are made in an empty folder."""
        ways = {name: str(folder / name) for name in ("stdin", "stdout")}
        for way in ways.values():
            os.mkfifo(way)
        return SecondProcess(self._forks, self._forks.start(action=action, url=url, **ways), **ways)

    def close(self) -> None:
        self._forks.close()


class SecondProcess(Fork):
    """One of them, and the pipes to it."""

    def __init__(self, forks: Forks, pid: int, *, stdin: str, stdout: str) -> None:
        super().__init__(forks, pid)
        # Each waits here for the other, so in the same order as `_become`.
        self.stdin = Path(stdin).open("w")  # noqa: SIM115 – until `close`
        self.stdout = Path(stdout).open()  # noqa: SIM115

    def go(self) -> None:
        """Write the line that it waits for."""
        self.stdin.write("\n")
        self.stdin.flush()

    def rest(self) -> str:
        """What it says until it ends."""
        text = self.stdout.read()
        self.wait()
        return text

    def close(self) -> None:
        """End it, if it still runs."""
        self.kill()
        self.wait()
        self.stdin.close()
        self.stdout.close()


def _become(action: str, url: str, stdin: str, stdout: str) -> None:
    os.dup2(os.open(stdin, os.O_RDONLY), 0)
    os.dup2(os.open(stdout, os.O_WRONLY), 1)
    globals()[action](url)


def migrate(url: str) -> None:
    """Wait for a line, so that several begin at the same time; then migrate."""
    print("ready", flush=True)
    sys.stdin.readline()
    Database(url).migrate()
    print("migrated", flush=True)


def migrate_at_head(url: str) -> None:
    """Migrate what is migrated; says whether that imported Alembic."""
    Database(url).migrate()
    print("alembic" in sys.modules, flush=True)


def make_tables(url: str) -> None:
    """Migrate as gunicorn does; says whether all is there then, and whether Alembic came in."""
    migrate_apart(url)
    try:
        Database(url).expect_current()
        print("current")
    except StoreUnavailable:
        print("unavailable")
    print("alembic" in sys.modules)


def hold(url: str) -> None:
    """Claim a job, keep a checkpoint, and hold the job until somebody ends this process."""
    inbox = SqlInbox(Database(url), worker=WorkerId(), lease_seconds=3600.0)
    (job,) = inbox.claim(1)
    inbox.checkpoint(job, {"card_id": "card"})
    print(job.id, flush=True)
    sys.stdin.readline()


def hold_connection(url: str) -> None:
    """Take the lease on the connection, and live until somebody ends this process."""
    lease = SqlExclusiveLease(Database(url), "connection", worker=WorkerId())
    print(lease.claim({}), flush=True)
    sys.stdin.readline()


def drain(url: str) -> None:
    """Work until everything is done; prints the number of every message answered."""
    database = Database(url)
    inbox = SqlInbox(database, worker=WorkerId())
    print("ready", flush=True)
    sys.stdin.readline()
    while open_jobs(database):
        for job in inbox.claim(3):
            message_id = job.target.message_id
            turn = Turn(question=job.task.text, answer="yes", question_id=message_id)
            inbox.finish(job, "answered", turn, None)
            print(message_id, flush=True)


def reserve(url: str) -> None:
    """Answer what the limit of three questions lets pass; prints the number of each."""
    database = Database(url)
    inbox = SqlInbox(database, worker=WorkerId())
    reservations = SqlReservations(database)
    limit = Limit(whose="person", period="day", quota=Quota(questions=3))
    windows = [Window(limit=limit, subject="ou_1", since=0.0, name="2026-11-22")]
    print("ready", flush=True)
    sys.stdin.readline()
    while open_jobs(database):
        for job in inbox.claim(5):
            is_refused = reservations.reserve(job, Spending(questions=1, tokens=9), windows)
            usage = Usage(
                open_id="ou_1",
                chat_id="oc_1",
                model="gpt",
                outcome="noticed" if is_refused else "answered",
                seconds=1.0,
                prompt_tokens=0 if is_refused else 9,
            )
            inbox.finish(job, usage.outcome, None, usage)
            if not is_refused:
                print(job.target.message_id, flush=True)


def meet(url: str) -> None:
    """Wait for a line, so that several begin at the same time; then meet twenty people."""
    people = SqlPeople(Database(url))
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(20):
        if people.meet(f"ou_{number}"):
            print(f"ou_{number}", flush=True)


def fork(url: str) -> None:
    """Migrate, use the database, fork, and use it on both sides."""
    database = Database(url)
    worker = WorkerId()
    database.migrate()
    parent = (str(worker), database.ping())
    read_end, write_end = os.pipe()
    child_pid = os.fork()
    if child_pid == 0:
        os.write(write_end, f"{open_jobs(database)} {worker}".encode())
        database.close()
        os._exit(0)
    os.waitpid(child_pid, 0)
    waiting, child_name = os.read(read_end, 1000).decode().split(" ", 1)
    assert waiting == "0"
    assert child_name.split("|")[1] == str(child_pid)
    assert parent == (str(worker), database.ping())
    database.close()
    print("safe", flush=True)


if __name__ == "__main__":
    serve(_become)
