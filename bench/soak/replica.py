"""One replica under gunicorn, as it is deployed, that things are done to."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bench.attack import ask
from feishu_bot.bot_process import GUNICORN, children_of

START_SECONDS = 90.0
STOP_SECONDS = 60.0


class Replica:
    """Answers at `host` and `port`; `command` stands before that which starts it."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        command: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._host, self._port = host, port
        self._command = [*command, *GUNICORN]
        self._environ = dict(environ)
        self._folder = folder
        self.log = folder / "bot.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and don't wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        """Wait until it answers. Raises RuntimeError when it doesn't."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._alive().poll() is None:
            with suppress(OSError):
                if ask(self._port, "GET", "/ping", host=self._host) == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"a replica doesn't answer; see {self.log}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        os.killpg(self._alive().pid, number)

    def kill(self) -> None:
        """Kill all of its processes."""
        self.send(signal.SIGKILL)
        self._alive().wait()

    def kill_one(self, which: int) -> None:
        """Kill one of those that receive or answer; gunicorn starts another."""
        if children := sorted(children_of(self._alive().pid)):
            with suppress(ProcessLookupError):
                os.kill(children[which % len(children)], signal.SIGKILL)

    def stop(self) -> None:
        """End it as a container engine does."""
        process = self._alive()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _alive(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process
