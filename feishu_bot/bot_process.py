"""The bot under gunicorn in a process of its own, as it is deployed."""

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
from typing import Self

# By its path, so that gunicorn reads it again on SIGHUP.
CONFIGURATION = Path(__file__).with_name("gunicorn_conf.py")
GUNICORN = (sys.executable, "-m", "gunicorn", "--config", str(CONFIGURATION), "feishu_bot.wsgi:app")
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LAST_LINES = 20
TRACEBACK = "Traceback (most recent call last):"


class BotProcess:
    """A context manager; *log* takes all that the bot prints, and it runs in the log's folder."""

    def __init__(self, environ: Mapping[str, str], port: int, log: Path) -> None:
        self._environ = dict(environ)
        self._port = port
        self._log = log

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [*GUNICORN, "--bind", f"127.0.0.1:{self._port}"],
                # The bot reads the `.env` of its folder, and there is none here.
                cwd=self._log.parent,
                env=self._environ,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                # Ctrl-C in the terminal is for the chat, which then stops the bot in order.
                start_new_session=True,
            )
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def wait_until_up(self) -> bool:
        """Wait for the first answer to /ping; False if the bot ends or the time is up."""
        deadline = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with opener.open(f"http://127.0.0.1:{self._port}/ping", timeout=1):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        return False

    @property
    def pid(self) -> int:
        """The id of gunicorn's first process, above all others."""
        return self._process.pid

    def wait(self) -> None:
        """Wait until the bot ends by itself."""
        self._process.wait()

    def kill_workers(self) -> int:
        """Kill the workers with SIGKILL and return their number; gunicorn starts new ones."""
        killed = 0
        for pid in children_of(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        return killed

    def last_lines(self) -> str:
        """The end of the log, as `last_lines` picks it."""
        return last_lines(self._log.read_text("utf-8", "replace"))


def children_of(pid: int) -> list[int]:
    """The ids of a process's children, from /proc or, without it, from ps."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    except OSError:
        ps = ["ps", "-axo", "pid=,ppid="]
        table = subprocess.run(ps, capture_output=True, text=True, check=False).stdout
        rows = [line.split() for line in table.splitlines()]
        children = [row[0] for row in rows if row[1:] == [str(pid)]]
    return [int(child) for child in children]


def last_lines(log: str) -> str:
    """The last lines of a log, or the plain reason that the process gave after a traceback."""
    _, found, after = log.rpartition(TRACEBACK)
    lines = after.splitlines()
    if found:
        # The first line at the margin names the exception and ends the traceback.
        end = next((at for at, line in enumerate(lines) if line[:1].strip()), len(lines))
        plain = [line for line in lines[end + 1 :] if line.strip()]
        lines = plain or [found, *lines]
    return "\n".join(lines[-LAST_LINES:])
