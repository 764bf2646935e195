"""How many answers may begin in one chat at a time: each begins with a message."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable

from feishu_bot.core.jobs import Job
from feishu_bot.core.tasks import ANSWERS

# Feishu takes five messages a second in a chat, of all bots together ("Reply message"). Whatever
# is claimed beyond that would wait for its card, and take a thread from somebody else. A few may
# be ahead of their cards: their models are asked meanwhile.
BURST = 10
SECONDS = 2.8


class ChatPace:
    """The answers that have begun lately, by chat. Used by one thread; `timer` is in seconds."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._begun: dict[str, deque[float]] = {}

    def full(self) -> frozenset[str]:
        """The chats in which no more may begin for the moment."""
        start = self._timer() - SECONDS
        self._begun = {chat: at for chat, at in self._begun.items() if at[-1] > start}
        return frozenset(
            chat for chat, at in self._begun.items() if len(at) == BURST and at[0] > start
        )

    def take(self, jobs: Iterable[Job]) -> tuple[list[Job], list[Job]]:
        """Those that may begin now, and those that are to be handed back."""
        begin: list[Job] = []
        back: list[Job] = []
        full = set(self.full())
        for job in jobs:
            chat = job.key.chat_id
            # What has its card needs no message, and what is no answer needs none or few.
            if job.checkpoint or job.kind not in ANSWERS:
                begin.append(job)
            elif chat in full:
                back.append(job)
            else:
                begin.append(job)
                begun = self._begun.setdefault(chat, deque(maxlen=BURST))
                begun.append(self._timer())
                if len(begun) == BURST and begun[0] > self._timer() - SECONDS:
                    full.add(chat)
        return begin, back

    def wait(self) -> float:
        """Seconds until one of the full chats may go on; infinity where none is full."""
        full = self.full()
        now = self._timer()
        return min((self._begun[chat][0] + SECONDS - now for chat in full), default=math.inf)
