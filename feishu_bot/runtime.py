"""Everything alive in a process: nothing before `start`, nothing after `stop`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

from feishu_bot import __version__
from feishu_bot.core.queue.wakeup import Wakeup
from feishu_bot.core.queue.worker_pool import WorkerPool
from feishu_bot.logs import get_logger
from feishu_bot.readiness import Readiness

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
    those of a process that answers, `receiving` those of one that receives. `readiness` is kept by
    those that receive, for /readyz.
    `close` closes what opens by itself. `described` is for the log.
    """

    pool: WorkerPool
    wakeup: Wakeup
    always: tuple[Part, ...]
    answering: tuple[Part, ...]
    receiving: tuple[Part, ...]
    readiness: Readiness
    close: tuple[Callable[[], None], ...]
    shutdown_grace: float
    described: Mapping[str, Any]
    _exit: ExitStack = field(default_factory=ExitStack, init=False)

    def start(self, *, answers: bool = True, receives: bool = True) -> None:
        """Come alive, in the process that is to work, after any fork.

        With `answers` this process does tasks, and with `receives` it takes them in; another one
        that shares the wake-up does the other.
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
        if receives:
            self.readiness.start()
            self._exit.callback(self.readiness.stop)
            for part in self.receiving:
                part.start()
                self._exit.callback(part.stop)
        logger.info(
            "started", version=__version__, pid=os.getpid(), answers=answers, **self.described
        )

    def stop(self) -> None:
        """Finish what can be finished in the grace time and hand the rest back."""
        self._exit.close()
        logger.info("stopped", pid=os.getpid())
