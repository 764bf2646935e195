"""The bot under gunicorn in a process of its own, as it is deployed: started, watched, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LAST_LINES = 20
TRACEBACK = "Traceback (most recent call last):"


class BotProcess:
    """Used as a context manager; *log* takes all it prints, and its folder is where it runs."""

    def __init__(self, environ: Mapping[str, str], port: int, log: Path) -> None:
        self._environ = dict(environ)
        self._port = port
        self._log = log

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "--bind", f"127.0.0.1:{self._port}", "wsgi:app"],
                # The bot reads the `.env` of its folder, and here is none.
                cwd=self._log.parent,
                env=self._environ,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                # Ctrl-C in the terminal is for the chat; it stops the bot in order.
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def comes_up(self) -> bool:
        """Whether the bot answers before it ends or the time is up."""
        deadline = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with opener.open(f"http://127.0.0.1:{self._port}/ping", timeout=1):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        return False

    def wait(self) -> None:
        """Until the bot ends by itself."""
        self._process.wait()

    def kill_workers(self) -> int:
        """kill -9 of those that do the work; gunicorn starts others. How many there were."""
        killed = 0
        for pid in children_of(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        return killed

    def last_words(self) -> str:
        return last_words(self._log.read_text(errors="replace"))


def children_of(pid: int) -> list[int]:
    """The ids of a process's children, from /proc or, where there is none, from ps."""
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return [child for child, parent in _all_processes() if parent == pid]


def _all_processes() -> list[tuple[int, int]]:
    """Every process with its parent."""
    table = subprocess.run(
        ["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False
    ).stdout
    rows = [line.split() for line in table.splitlines()]
    return [(int(row[0]), int(row[1])) for row in rows if len(row) == 2]


def last_words(log: str) -> str:
    """The last lines of a log; where the process gave a plain reason after a traceback, that."""
    _, found, after = log.rpartition(TRACEBACK)
    lines = after.splitlines()
    if found:
        # The first line at the margin names the exception and ends the traceback.
        end = next((at for at, line in enumerate(lines) if line[:1].strip()), len(lines))
        plain = [line for line in lines[end + 1 :] if line.strip()]
        lines = plain or [found, *lines]
    return "\n".join(lines[-LAST_LINES:])
