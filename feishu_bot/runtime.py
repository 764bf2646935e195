"""Everything alive in a process: nothing before `start`, nothing after `stop`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

from feishu_bot.core.queue.wakeup import Wakeup
from feishu_bot.core.queue.worker_pool import WorkerPool
from feishu_bot.errors import BotError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class Part(Protocol):
    """Something that is started after the fork."""

    def start(self) -> None:
        """Open what it needs."""

    def stop(self) -> None:
        """Close it."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Starts and stops the parts of a process.

    `always` are the parts of every process, in the order in which they are started; `answering`
    those of a process that answers. `checks` are for /readyz: each returns, or raises BotError.
    `close` closes what opens by itself. `described` is for the log.
    """

    pool: WorkerPool
    wakeup: Wakeup
    always: tuple[Part, ...]
    answering: tuple[Part, ...]
    checks: Mapping[str, Callable[[], object]]
    close: tuple[Callable[[], None], ...]
    shutdown_grace: float
    described: Mapping[str, Any]
    _exit: ExitStack = field(default_factory=ExitStack, init=False)

    def start(self, *, answers: bool = True) -> None:
        """Come alive, in the process that is to work, after any fork.

        With `answers` this process does tasks; without, it only takes them in, and another one
        that shares the wake-up answers.
        """
        for close in reversed(self.close):
            self._exit.callback(close)
        for part in self.always:
            part.start()
            self._exit.callback(part.stop)
        self._exit.callback(self.wakeup.close)
        if answers:
            for part in self.answering:
                part.start()
                self._exit.callback(part.stop)
            self.pool.start()
            self._exit.callback(self.pool.stop, self.shutdown_grace)
            self.wakeup.listen(self.pool.wake)
            self.pool.wake()
        logger.info("started", pid=os.getpid(), answers=answers, **self.described)

    def stop(self) -> None:
        """Finish what can be finished in the grace time and hand the rest back."""
        self._exit.close()
        logger.info("stopped", pid=os.getpid())

    def failing(self) -> list[str]:
        """The names of what doesn't work now, for /readyz."""
        return [name for name, check in self.checks.items() if not _is_up(name, check)]


def _is_up(name: str, check: Callable[[], object]) -> bool:
    try:
        return check() is not False
    except BotError as exc:
        logger.warning("not ready", part=name, error=exc)
        return False
