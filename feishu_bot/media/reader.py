"""Reads hostile files in a process of its own, which is ended when it takes too long."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from feishu_bot.core.documents import Document
from feishu_bot.core.pictures import Picture
from feishu_bot.errors import MediaError
from feishu_bot.logs import get_logger
from feishu_bot.media import wire

logger = get_logger(__name__)

Read = TypeVar("Read")

# So many files are read at once; the others wait. Each takes up to a core and some hundred MB.
PROCESSES = 2
TIMEOUT = 30.0
# Bytes: more than a dozen pictures, or a document of the largest budget.
MOST_ANSWER = 64_000_000
# How it ends at its limits: a library that gets no memory aborts.
_RAN_OUT = frozenset({-signal.SIGABRT, -signal.SIGXCPU, -signal.SIGKILL})
_ROOT = Path(__file__).parents[2]
# At the level of this process (-OO in the image): for another one there is no bytecode.
_OPTIMIZE = ("-" + "O" * sys.flags.optimize,) if sys.flags.optimize else ()
_PYTHON = (sys.executable, *_OPTIMIZE, "-E", "-s")


class FileReader:
    """Implements `core.documents.DocumentReader` and `core.pictures.PictureReader`.

    Thread safe; opens nothing before the first file. `timeout` is in seconds.
    """

    def __init__(self, *, processes: int = PROCESSES, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._free = threading.BoundedSemaphore(processes)

    def read(self, name: str, data: bytes, *, chars: int, first: int = 1) -> Document:
        request = {"read": "document", "name": name, "chars": chars, "first": first}
        return self._ask(request, data, wire.document_of)

    def picture(self, data: bytes) -> Picture:
        return self._ask({"read": "picture"}, data, wire.pictures_of)[0]

    def pages(self, data: bytes, numbers: Sequence[int]) -> tuple[Picture, ...]:
        return self._ask({"read": "pages", "numbers": list(numbers)}, data, wire.pictures_of)

    def _ask(self, request: dict[str, Any], data: bytes, read: Callable[[bytes], Read]) -> Read:
        with self._free:
            answer = self._run(wire.pack(request), data)
        try:
            return read(answer)
        except (ValueError, KeyError, TypeError, IndexError) as exc:
            # It was killed by a limit, or crashed in a library.
            raise MediaError("media_broken", "no answer of the reading process") from exc

    def _run(self, request: bytes, data: bytes) -> bytes:
        with subprocess.Popen(
            [*_PYTHON, "-m", "feishu_bot.media.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            # Nothing of the bot's environment: it holds the keys.
            env={"LANG": "C.UTF-8"},
            close_fds=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            late = threading.Event()

            def give_up() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(self._timeout, give_up)
            timer.start()
            try:
                try:
                    # One after the other: a file may be too large to be copied lightly.
                    process.stdin.write(request)
                    process.stdin.write(data)
                    process.stdin.close()
                except BrokenPipeError:
                    logger.info("reading process ended early")
                answer = process.stdout.read(MOST_ANSWER + 1)
                has_run_out = not answer and process.wait() in _RAN_OUT
            finally:
                timer.cancel()
                process.kill()
        if late.is_set() or has_run_out or len(answer) > MOST_ANSWER:
            raise MediaError("media_too_large", "too much to read")
        return answer
