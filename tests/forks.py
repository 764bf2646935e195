"""Forks of a process that has imported once what each of them needs.

Nearly all that the start of a process costs is what it imports: half a second of CPU.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Forks:
    """The process that is forked, seen from the tests; `module` calls `serve` in it."""

    def __init__(self, module: str, *, warnings: str) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-W", warnings, "-m", module],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, **request: Any) -> int:
        """The pid of a fork that does what is asked for."""
        return self._ask(request)

    def code(self, pid: int) -> int:
        """The exit code of a fork, once it has ended; then nothing is left of it."""
        return self._ask({"ended": pid})

    def _ask(self, request: dict[str, Any]) -> int:
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(json.dumps(request) + "\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        self._parent.communicate()


class Fork:
    """One of them, with what the tests need of `subprocess.Popen`."""

    def __init__(self, forks: Forks, pid: int) -> None:
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
            raise TimeoutError(f"process {self.pid} has not ended within {timeout} s")
        return code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._end, number)

    def _wait(self, seconds: float) -> int | None:
        # A number of a process may be given out again once its end was asked for.
        if self._code is None and select.select([self._end], [], [], seconds)[0]:
            self._code = self._forks.code(self.pid)
            os.close(self._end)
        return self._code


def serve(become: Callable[..., None]) -> None:
    """Fork for each request on stdin, or tell how a fork has ended.

    A fork ends with `become`, which is called with what was asked for.
    """
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
                become(**request)
                sys.exit()
        print(answer, flush=True)
