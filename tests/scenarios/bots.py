"""The whole bot against a simulator: in this process, or under gunicorn in one of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
from pathlib import Path

import sqlalchemy as sa
from werkzeug.serving import WSGIRequestHandler, make_server

from feishu_bot.app import create_app
from feishu_bot.settings import Settings
from feishu_bot.stores import Database, SqlInbox
from feishu_bot.stores.schema import waiting_reactions
from feishu_simulator import Simulator
from tests.polling import eventually
from tests.scenarios.gunicorn_forks import GunicornForks

ROOT = Path(__file__).parents[2]


def environment(sim: Simulator, database_url: str, **more: str) -> dict[str, str]:
    """The variables that connect a bot to this simulator."""
    credentials = sim.credentials
    return {
        "APP_ID": credentials.app_id,
        "APP_SECRET": credentials.app_secret,
        "APP_ENCRYPT_KEY": credentials.encrypt_key,
        "APP_VERIFICATION_TOKEN": credentials.verification_token,
        "OPENAI_KEY": sim.gateway.keys[0],
        "API_URL": sim.gateway.url,
        "FEISHU_DOMAIN": sim.feishu.url,
        "DATABASE_URL": database_url,
        "SYSTEM_PROMPT": "none",
        # What is sent without words is asked about at once.
        "MEDIA_WAIT": "0",
        # Its calls and lines are in nobody's way.
        "DOCTOR_AT_START": "false",
        **more,
    }


class _Quiet(WSGIRequestHandler):
    def log(self, type, message, *args):
        pass


class LocalBot:
    """The real application in this process, behind a threaded development server."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.app = create_app(Settings.from_env(environ))
        self.runtime = self.app.extensions["feishu_bot"]
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def is_idle(self) -> bool:
        """Whether no job runs."""
        return not self.runtime.pool.running

    @property
    def inbox(self) -> SqlInbox:
        """Where tasks are put, and claimed from."""
        return self.runtime.pool.queue

    @property
    def database(self) -> Database:
        """The database of all its stores."""
        return self.inbox._database

    def waiting_rows(self) -> list[str]:
        """The messages that are noted to have a reaction."""
        with self.database.read() as connection:
            return list(connection.scalars(sa.select(waiting_reactions.c.message_id)))

    def check_again(self) -> None:
        """Let /readyz know what Feishu and the gateway say now."""
        checks = {check.name: check for check in self.runtime.readiness.checks}
        checks["feishu"].run.__self__._client._token.drop()
        checks["gateway"].run.__self__._list_at = 0
        gateway = self.runtime.close[0].__self__
        gateway._check._fresh_until = 0
        for check in checks.values():
            self.runtime.readiness.look(check)

    def start(self) -> LocalBot:
        self.runtime.start()
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.runtime.stop()


class GunicornBot:
    """The bot under gunicorn, with its own configuration, in a process group of its own."""

    def __init__(
        self, forks: GunicornForks, environ: dict[str, str], log: Path, port: int | None = None
    ) -> None:
        self._forks = forks
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._environ = environ

    def start(self) -> GunicornBot:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        port = {"HTTP_PORT": str(self.port)}
        self.process = self._forks.start(kept | self._environ | port, self.log)
        eventually(self._is_up, timeout=40)
        return self

    def _is_up(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"gunicorn ended:\n{self.log.read_text()[-4000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """The pids of gunicorn's workers."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in Path(path).read_text().split()]

    def kill(self) -> None:
        """kill -9, all of it at once, as when the machine fails."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self, timeout: float = 30) -> int:
        """SIGTERM as a container engine sends it; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
