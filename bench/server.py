"""gunicorn as it is deployed, with the bot or with the smallest app there can be."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from bench.places import ROOT, free_port
from bench.running_bot import bot_environment
from bench.simulation import Simulation
from feishu_simulator.credentials import Credentials

BOT = "wsgi:app"
FLOOR = "bench.floor:app"
START_SECONDS = 60.0
STOP_SECONDS = 30.0


class Server:
    """gunicorn in a process group of its own, with the project's gunicorn.conf.py.

    It runs in `folder`, so that no `.env` of the project is read. `start_seconds` is the time from
    its start to its first answer to /ping. `more` are variables of its environment.
    """

    def __init__(self, app: str, simulation: Simulation, folder: Path, **more: str) -> None:
        self.port = free_port()
        self.start_seconds = 0.0
        self._app = app
        self._log = folder / "server.log"
        self._folder = folder
        self._environ = bot_environment(
            Credentials(),
            feishu_url=simulation.feishu_url,
            key=simulation.key,
            gateway_url=simulation.gateway_url,
            folder=folder,
            port=self.port,
            **more,
        )

    def __enter__(self) -> Self:
        began = time.monotonic()
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", self._app),
                    *("--config", str(ROOT / "gunicorn.conf.py")),
                    *("--bind", f"127.0.0.1:{self.port}"),
                ],
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            self._wait_for_ping(began + START_SECONDS)
        except BaseException:
            self._kill()
            raise
        self.start_seconds = time.monotonic() - began
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()

    @property
    def log(self) -> str:
        """Its output so far."""
        return self._log.read_text("utf-8", "replace")

    def _kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _wait_for_ping(self, until: float) -> None:
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            try:
                connection.request("GET", "/ping")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.02)
            finally:
                connection.close()
        raise RuntimeError(f"gunicorn did not start:\n{self.log[-4000:]}")
