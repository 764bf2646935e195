"""gunicorn in forks of a process that has imported everything once.

Nearly all that a start costs is the import. prometheus_client looks at the environment when it is
imported, so a bot with METRICS imports it again, and with it the bot's own modules, which use it.
`tests/test_cli.py` and `tests/test_package.py` start the bot as it is deployed.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
USE_METRICS = ("feishu_bot", "prometheus_client")


class GunicornForks:
    """The process that is forked, seen from the tests."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.scenarios.gunicorn_forks"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, environ: dict[str, str], log: Path) -> Fork:
        """Start gunicorn in a process group of its own, with these variables and no others."""
        return Fork(self, self.ask(environ=environ, log=str(log)))

    def ask(self, **request: Any) -> int:
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(json.dumps(request) + "\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        self._parent.communicate()


class Fork:
    """A gunicorn, with what the tests need of `subprocess.Popen`."""

    def __init__(self, forks: GunicornForks, pid: int) -> None:
        self.pid = pid
        self._forks = forks
        self._end = os.pidfd_open(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, once it has ended."""
        return self._wait(0)

    def wait(self, timeout: float = 30) -> int:
        """The exit code. Raises TimeoutError after *timeout* seconds."""
        code = self._wait(timeout)
        if code is None:
            raise TimeoutError(f"gunicorn has not ended within {timeout} s")
        return code

    def terminate(self) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._end, signal.SIGTERM)

    def _wait(self, seconds: float) -> int | None:
        # A number of a process may be given out again once its end was asked for.
        if self._code is None and select.select([self._end], [], [], seconds)[0]:
            self._code = self._forks.ask(ended=self.pid)
            os.close(self._end)
        return self._code


def main() -> None:
    """Fork for each request on stdin, or tell how a fork has ended."""
    import gunicorn.app.wsgiapp  # noqa: F401
    import gunicorn.workers.gthread  # noqa: F401

    import feishu_bot.app  # noqa: F401
    import feishu_bot.web.worker  # noqa: F401

    # What is there now stays in every fork, and needn't be looked through again.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        if "ended" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["ended"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                _become_gunicorn(**request)
        print(answer, flush=True)


def _become_gunicorn(environ: dict[str, str], log: str) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environ)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    sys.argv = ["gunicorn", "wsgi:app"]
    if "METRICS" in environ:
        for name in [name for name in sys.modules if name.partition(".")[0] in USE_METRICS]:
            del sys.modules[name]

    from gunicorn.app.wsgiapp import run

    run()
    sys.exit()


if __name__ == "__main__":
    main()
