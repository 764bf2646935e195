"""Shares the budget of calls to Feishu fairly over all answers on the screen.

Each call needs a permit. Urgent ones (a message, a first or a final frame) go first; among the
others the one whose card was drawn longest ago. A single thread grants permits when there is none
at once; it starts with the first queue, so nothing is alive before a fork.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter

from cachetools import TTLCache

from feishu_bot.core.call_budget.shares import NOTHING, Calls, Share
from feishu_bot.feishu.streaming.api_budget import ALL, PER_SECOND, SECOND, Budget, Window

# "5 QPS to the same user, 5 QPS to the same group, shared by all bots" (Create message); one less
# leaves room for another bot.
SENDS_PER_CHAT = 4
CHAT_SECONDS = 1.12
CHATS_REMEMBERED = 4_000
# After their last message.
REMEMBERED_SECONDS = 60.0
# Calls that leave this much after their grant don't shift the windows enough to matter.
POSTPONE_SECONDS = 0.005
# Until permits that wait are looked at again: a share may be new, and after a refusal the room
# comes back earlier than calls leave the minute.
LONGEST_PAUSE = 1.0


class Permit:
    """The permission for one call; `api` is empty until granted, and for good when withdrawn."""

    __slots__ = ("_decided", "api", "apis", "chat", "granted_at", "rank", "urgent")

    def __init__(self, apis: Sequence[str], *, urgent: bool, since: float, chat: str) -> None:
        self.apis = apis
        self.urgent = urgent
        # The order in which permits are granted: the smallest first.
        self.rank = (not urgent, since)
        self.chat = chat
        self.api = ""
        self.granted_at = 0.0
        self._decided = threading.Event()

    def wait(self, seconds: float | None = None) -> str:
        """Wait for the grant; the API it is for, or "" when the permit was withdrawn.

        With `seconds` no longer than that: "" then, and the permit is still to be had.
        """
        self._decided.wait(seconds)
        return self.api

    def grant(self, api: str, now: float) -> None:
        """Let the call leave, to this API."""
        self.api = api
        self.granted_at = now
        self._decided.set()

    def withdraw(self) -> None:
        """End the wait: the grant won't come."""
        self._decided.set()


class Pacer:
    """Grants permits, up to a share of what Feishu allows that may change at any time.

    Implements `core.call_budget.renewal.CallLimiter`. Thread-safe; times are of `timer`, in
    seconds. `takes_part` is whether it was ever given a share: in a process that only receives it
    never is.
    """

    def __init__(self, share: Share = ALL, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._timer = timer
        self.takes_part = share is not NOTHING
        self._budgets: dict[str, Budget] = {}
        self._chats: TTLCache[str, Window] = TTLCache(
            CHATS_REMEMBERED, REMEMBERED_SECONDS, timer=timer
        )
        self._chat_cooldowns: TTLCache[str, float] = TTLCache(
            CHATS_REMEMBERED, REMEMBERED_SECONDS, timer=timer
        )
        self._waiting: list[Permit] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, *apis: str, urgent: bool = False, since: float = 0.0, chat: str = "") -> Permit:
        """Ask for one call to any of `apis`, the first that has room.

        `since` is when the card was last drawn: the smallest is served first. `chat` also counts
        the call against that chat's own limit. `withdraw` withdraws the permit.
        """
        permit = Permit(apis, urgent=urgent, since=since, chat=chat)
        with self._changed:
            now = self._timer()
            if not self._is_overtaking(permit) and self._grant(permit, now) <= 0.0:
                return permit
            self._waiting.append(permit)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pacer", daemon=True)
                self._thread.start()
            self._changed.notify()
        return permit

    def delay(self, *apis: str, urgent: bool, chat: str = "") -> float:
        """Seconds until all of these could be called once, as far as can be told; 0.0 is now.

        What waits already comes first: of one chat as much as it may be sent in a second.
        """
        with self._changed:
            now = self._timer()
            wait = max(self._budget(api).wait(now, urgent=urgent) for api in apis)
            before = Counter(
                other.chat or id(other)
                for other in self._waiting
                if other.urgent and not set(apis).isdisjoint(other.apis)
            )
            ahead = sum(min(count, SENDS_PER_CHAT) for count in before.values())
            if chat:
                if before[chat]:
                    return math.inf
                window = self._chats.get(chat)
                cooldown = self._chat_cooldowns.get(chat, 0.0) - now
                chat_wait = window.wait(now, self._sends_per_chat()) if window else 0.0
                wait = max(wait, chat_wait, cooldown)
            return max(0.0, wait) + ahead * SECOND / max(1, self._share.second)

    def room(self, api: str) -> int:
        """How many urgent calls could leave now, besides those that wait."""
        with self._changed:
            room = self._budget(api).room(self._timer())
            return max(0, room - self._waiting_for(api))

    def left(self, api: str) -> int:
        """How many more calls Feishu takes in this minute, of all processes together."""
        with self._changed:
            left = self._budget(api).left(self._timer())
            return max(0, left - self._waiting_for(api))

    def part_left(self, api: str) -> float:
        """How much of our own share of the minute is left, from 0.0 to 1.0."""
        with self._changed:
            used = self._budget(api).used(self._timer()).minute + self._waiting_for(api)
            return max(0.0, 1.0 - used / self._share.minute) if self._share.minute else 0.0

    def use(self, permit: Permit) -> None:
        """Note that the call leaves now; a machine under load may have kept it since the grant."""
        now = self._timer()
        if now - permit.granted_at > POSTPONE_SECONDS:
            with self._changed:
                self._budget(permit.api).postpone(permit.granted_at, now)

    def give_back(self, permit: Permit) -> None:
        """Note that the call of a permit isn't made, so that another may be."""
        with self._changed:
            self._budget(permit.api).give_back(permit.granted_at)
            if chat := self._chats.get(permit.chat):
                chat.give_back(permit.granted_at)
            self._changed.notify()

    def withdraw(self, permit: Permit) -> None:
        """Withdraw a permit that isn't needed any more."""
        with self._changed:
            if permit in self._waiting:
                self._waiting.remove(permit)
                permit.withdraw()

    def refused(self, api: str, retry_after: float) -> None:
        """Feishu refused a call for its frequency: slow this API down."""
        with self._changed:
            self._budget(api).refused(self._timer(), retry_after)

    def refused_in_chat(self, chat: str, retry_after: float) -> None:
        """Feishu refused a call because of its chat: leave that chat alone for a while."""
        with self._changed:
            self._chat_cooldowns[chat] = self._timer() + retry_after

    def factor(self, api: str) -> float:
        """The part of our share that this API is used with now, up to 1.0."""
        with self._changed:
            return self._budget(api).factor(self._timer())

    def spent(self) -> Calls:
        with self._changed:
            return self._spent()

    def shrink(self, most: Share) -> Calls:
        with self._changed:
            share = self._share
            self._set(
                replace(
                    share,
                    second=min(share.second, most.second),
                    minute=min(share.minute, most.minute),
                    until=min(share.until, most.until),
                    floor=min(share.floor, most.floor),
                    floor_until=min(share.floor_until, most.floor_until),
                )
            )
            return self._spent()

    def take(self, share: Share) -> None:
        with self._changed:
            self.takes_part = True
            self._set(share)
            self._changed.notify()

    def _set(self, share: Share) -> None:
        self._share = share
        for budget in self._budgets.values():
            budget.share = share

    def _spent(self) -> Calls:
        now = self._timer()
        used = [budget.used(now) for budget in self._budgets.values()]
        return Calls(
            second=max((calls.second for calls in used), default=0),
            minute=max((calls.minute for calls in used), default=0),
        )

    def _budget(self, api: str) -> Budget:
        budget = self._budgets.get(api)
        if budget is None:
            budget = self._budgets[api] = Budget(self._share)
        return budget

    def _waiting_for(self, api: str) -> int:
        return sum(api in permit.apis for permit in self._waiting if permit.urgent)

    def _sends_per_chat(self) -> int:
        """Our part of a chat's limit, by our part of everything."""
        return max(1, SENDS_PER_CHAT * self._share.second // PER_SECOND)

    def _is_overtaking(self, permit: Permit) -> bool:
        return any(
            other.rank <= permit.rank and set(other.apis) & set(permit.apis)
            for other in self._waiting
        )

    def _grant(self, permit: Permit, now: float) -> float:
        """Grant the permit if there is room; otherwise the seconds until there may be."""
        chat = self._chats.get(permit.chat) if permit.chat else None
        if permit.chat and chat is None:
            chat = self._chats[permit.chat] = Window(CHAT_SECONDS)
        cooldown_until = self._chat_cooldowns.get(permit.chat, 0.0) if permit.chat else 0.0
        chat_wait = 0.0
        if chat:
            chat_wait = max(chat.wait(now, self._sends_per_chat()), cooldown_until - now)
        shortest = float("inf")
        for api in permit.apis:
            budget = self._budget(api)
            wait = max(chat_wait, budget.wait(now, urgent=permit.urgent))
            if wait <= 0.0:
                budget.take(now, urgent=permit.urgent)
                if chat:
                    chat.take(now)
                    # Remembered from now on again: one that is always busy must not be forgotten.
                    self._chats[permit.chat] = chat
                permit.grant(api, now)
                return 0.0
            shortest = min(shortest, wait)
        return shortest

    def _run(self) -> None:
        with self._changed:
            while True:
                self._changed.wait(self._serve())

    def _serve(self) -> float | None:
        """Grant what can be granted; the seconds until the next round, None for no hurry."""
        now = self._timer()
        left: list[Permit] = []
        shortest = float("inf")
        # An API without room for one has none for those after it either; what is urgent has more.
        full: dict[bool, set[str]] = {True: set(), False: set()}
        for permit in sorted(self._waiting, key=attrgetter("rank")):
            if not permit.chat and full[permit.urgent].issuperset(permit.apis):
                left.append(permit)
            elif (wait := self._grant(permit, now)) > 0.0:
                left.append(permit)
                shortest = min(shortest, wait)
                if not permit.chat:
                    full[permit.urgent].update(permit.apis)
        self._waiting = left
        return None if not left else min(max(0.001, shortest), LONGEST_PAUSE)
