"""How many jobs of one person or one chat may run at once, so that others needn't wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from feishu_bot.core.queue.running_jobs import RunningJobs

# Of a process' threads. A chat takes five messages a second: with answers of twenty seconds that
# is half of 200. A person has further conversations, but only one pair of eyes.
PERSON_PART = 8
CHAT_PART = 2
LEAST_LIMIT = 2
# Who has less than this part of their limit comes before those who have more.
LIGHT_PART = 4


@dataclass(frozen=True, slots=True)
class Askers:
    """People by open_id and chats by chat_id."""

    people: frozenset[str] = frozenset()
    chats: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.people or self.chats)

    def with_chats(self, chats: frozenset[str]) -> Askers:
        """These, and further chats."""
        return Askers(self.people, self.chats | chats) if chats else self


NOBODY = Askers()


@dataclass(frozen=True, slots=True)
class ConcurrencyLimits:
    """The limits where there are so many `threads`."""

    threads: int

    @property
    def person(self) -> int:
        return max(LEAST_LIMIT, self.threads // PERSON_PART)

    @property
    def chat(self) -> int:
        return max(LEAST_LIMIT, self.threads // CHAT_PART)

    def rounds(self, running: RunningJobs) -> Iterator[Askers]:
        """Whom to leave out when work is claimed: who has much, then who has reached the limit.

        Only one round where nobody has much, as on most days.
        """
        counts = _counts(running)
        heavy = self._beyond(*counts, LIGHT_PART)
        if heavy:
            yield heavy
        full = self._beyond(*counts, 1)
        if full != heavy or not heavy:
            yield full

    def full(self, running: RunningJobs) -> Askers:
        """Those who have reached their limit."""
        return self._beyond(*_counts(running), 1)

    def _beyond(self, people: Counter[str], chats: Counter[str], part: int) -> Askers:
        person = max(LEAST_LIMIT, self.person // part)
        chat = max(LEAST_LIMIT, self.chat // part)
        return Askers(
            people=frozenset(name for name, count in people.items() if name and count >= person),
            chats=frozenset(name for name, count in chats.items() if name and count >= chat),
        )


def _counts(running: RunningJobs) -> tuple[Counter[str], Counter[str]]:
    """How many jobs run of each person and in each chat."""
    people: Counter[str] = Counter()
    chats: Counter[str] = Counter()
    for job, _ in running.all():
        people[job.target.sender.open_id] += 1
        chats[job.key.chat_id] += 1
    return people, chats
