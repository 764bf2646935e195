"""When people who wait see something, on a machine that loses no time: `python -m bench.signs`.

The pacer and the order of the reactions are the bot's own, time is simulated, and whatever else
there is takes none: what Feishu's limits leave, whatever runs beside. `bench.queue` measures a
whole bot.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bench.figures import percentile
from feishu_bot.core.queue.reaction_order import MessageRoom, in_need
from feishu_bot.core.queue.waiting import WaitingTask
from feishu_bot.core.queue.waiting_indicator import MOST_AT_ONCE
from feishu_bot.feishu.messenger import CLAIMED_PART
from feishu_bot.feishu.streaming.api_budget import PER_MINUTE, PER_SECOND, SECOND
from feishu_bot.feishu.streaming.pacer import CHAT_SECONDS, SENDS_PER_CHAT, Pacer

TICK = 0.01
LOOK_SECONDS = 0.6
# A call takes so long, and an answer with its model.
CALL_SECONDS = 0.1
ANSWER_SECONDS = 2.4
THREADS = 200
# People, and how many ask in a second.
RUSHES = ((300, 100.0), (900, 90.0), (1_200, 60.0), (2_000, 100.0))


@dataclass(slots=True)
class Person:
    """Asks once; times are in seconds, infinite for what hasn't come."""

    asked: float
    card: float = float("inf")
    reaction: float = float("inf")

    @property
    def wait(self) -> float:
        """Until the first sign."""
        return min(self.card, self.reaction) - self.asked


class Rush:
    """People who ask evenly, each in a private chat of their own."""

    def __init__(self, people: int, per_second: float) -> None:
        self.people = [Person(number / per_second) for number in range(people)]
        self._now = 0.0
        self._pacer = Pacer(timer=lambda: self._now)
        self._coming = deque(range(people))
        self._waiting: deque[int] = deque()
        self._answering: deque[float] = deque()

    def run(self) -> None:
        """Until all have their card."""
        look_at = 0.0
        while self._coming or self._waiting:
            while self._coming and self.people[self._coming[0]].asked <= self._now:
                self._waiting.append(self._coming.popleft())
            self._answer()
            if self._now >= look_at:
                self._react()
                look_at = self._now + LOOK_SECONDS
            self._now += TICK

    def _answer(self) -> None:
        while self._answering and self._answering[0] <= self._now:
            self._answering.popleft()
        while (
            self._waiting
            and len(self._answering) < THREADS
            and self._pacer.room("message.reply")
            and self._pacer.part_left("message.reply") > CLAIMED_PART
        ):
            self._pacer.ask("message.reply", urgent=True)
            self.people[self._waiting.popleft()].card = self._now + CALL_SECONDS
            self._answering.append(self._now + ANSWER_SECONDS)

    def _react(self) -> None:
        room = MessageRoom(
            left=self._pacer.left("message.reply") - int(CLAIMED_PART * PER_MINUTE),
            per_second=PER_SECOND / SECOND,
            per_second_in_chat=SENDS_PER_CHAT / CHAT_SECONDS,
        )
        waiting = [self._task(number) for number in self._waiting]
        chosen = in_need(waiting, (), room, now=self._now)
        for task in chosen[: min(MOST_AT_ONCE, self._pacer.room("reaction.create"))]:
            self._pacer.ask("reaction.create", urgent=True)
            self.people[task.id].reaction = self._now + CALL_SECONDS

    def _task(self, number: int) -> WaitingTask:
        return WaitingTask(
            id=number,
            kind="ask",
            message_id=f"om_{number}",
            conversation=f"oc_{number}|om_{number}",
            chat_id=f"oc_{number}",
            sender=f"ou_{number}",
            received_at=self.people[number].asked,
            is_message=True,
            is_stopped=False,
            has_card=False,
            is_behind=False,
            has_reaction=self.people[number].reaction < float("inf"),
        )


def main() -> None:
    """Print a line for each rush."""
    print("people, a second: first sign p50, p95, max; card p50, max; reactions")
    for people, per_second in RUSHES:
        rush = Rush(people, per_second)
        rush.run()
        waits = [one.wait for one in rush.people]
        cards = [one.card - one.asked for one in rush.people]
        reactions = sum(one.reaction < one.card for one in rush.people)
        p50, p95, longest = (percentile(waits, share) or 0.0 for share in (50, 95, 100))
        print(
            f"{people:6}, {per_second:3.0f}: {p50:.1f}, {p95:.1f}, {longest:.1f} s; "
            f"{percentile(cards, 50):.1f}, {max(cards):.1f} s; {reactions}"
        )


if __name__ == "__main__":
    main()
