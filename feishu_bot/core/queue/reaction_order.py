"""Which of the messages that wait get a reaction next: those whose card is far away come first.

Feishu takes as many reactions in a minute as messages. A reaction on a question whose card comes a
moment later is one less for somebody who sees nothing else in this minute.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from feishu_bot.core.queue.waiting import WaitingTask

# Who waits less than that behind another question has no need to know.
LEAST_WAIT = 0.6
# Whose card comes within so many seconds of the question needs no other sign.
SOON = 2.0
# Who is to wait longer than that for a card, or has, gets a reaction whatever others may need.
LONG = 15.0
# For so many seconds ahead it is reckoned that as many ask as within the last one.
AHEAD = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRoom:
    """What Feishu takes of messages from now on: so many in this minute, and so fast."""

    left: int
    per_second: float
    per_second_in_chat: float


ROOMY = MessageRoom(left=10**6, per_second=1e6, per_second_in_chat=1e6)


def in_need(
    waiting: Sequence[WaitingTask], with_card: Collection[int], room: MessageRoom, *, now: float
) -> list[WaitingTask]:
    """Those who need a reaction, who needs it most first; `waiting` are the oldest first.

    First those who wait behind a question of their own or for a chat that is full, or whose card
    doesn't come for long; among them who waits longest. Then the others, the last in the queue
    first, since cards come to its beginning: but none while so many ask that the messages of this
    minute won't do. Then there will be some who have nothing else.
    """
    queue = _Queue(room)
    certain: list[WaitingTask] = []
    others: list[WaitingTask] = []
    asked_lately = 0
    for task in waiting:
        waited = now - task.received_at
        if task.is_behind:
            if waited >= LEAST_WAIT and _may_have(task):
                certain.append(task)
            continue
        asked_lately += waited < 1.0
        if task.id in with_card:
            continue
        seconds, is_chat_full = queue.seconds_until_card(task)
        if not _may_have(task) or waited + seconds < SOON:
            continue
        is_certain = is_chat_full or seconds >= LONG or waited >= LONG
        (certain if is_certain else others).append(task)
    if asked_lately and queue.length + AHEAD * asked_lately > room.left:
        return certain
    return certain + others[::-1]


def _may_have(task: WaitingTask) -> bool:
    return task.is_message and not task.has_reaction


class _Queue:
    """Those who wait for a message of the bot, from the first on."""

    def __init__(self, room: MessageRoom) -> None:
        self._room = room
        self._in_chat: Counter[str] = Counter()
        self.length = 0

    def seconds_until_card(self, task: WaitingTask) -> tuple[float, bool]:
        """Seconds until the next one's card can come, and whether it is its chat that is full."""
        room = self._room
        in_chat = self._in_chat[task.chat_id] / room.per_second_in_chat
        in_all = self.length / room.per_second if self.length < room.left else math.inf
        self._in_chat[task.chat_id] += 1
        if in_chat > in_all:
            return in_chat, True
        self.length += 1
        return in_all, False
