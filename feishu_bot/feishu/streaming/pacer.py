"""Who may call Feishu next: the budget of calls, shared fairly over all answers on the screen.

Whoever wants to call asks for a ticket. Urgent tickets (a message, a first or a final frame) go
first; among the others the one whose card was drawn longest ago. A single thread hands tickets out
when nobody can have one at once; it starts with the first queue, so nothing is alive before a fork.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from cachetools import TTLCache

from feishu_bot.feishu.streaming.api_budget import Budget, Window

# "5 QPS to the same user, 5 QPS to the same group, shared by all bots" (Create message); one less
# leaves room for another bot.
SENDS_PER_CHAT = 4
CHAT_SECONDS = 1.12
CHATS_REMEMBERED = 10_000
# Calls that leave this much after their grant don't shift the windows enough to matter.
POSTPONE_SECONDS = 0.005


class Permit:
    """The permission for one call; `api` is empty until granted, and for good when given back."""

    __slots__ = ("api", "apis", "chat", "granted_at", "since", "urgent", "_settled")

    def __init__(self, apis: Sequence[str], *, urgent: bool, since: float, chat: str) -> None:
        self.apis = apis
        self.urgent = urgent
        self.since = since
        self.chat = chat
        self.api = ""
        self.granted_at = 0.0
        self._settled = threading.Event()

    def wait(self) -> str:
        """Wait for the grant; the API it is for, or "" when the ticket was given back."""
        self._settled.wait()
        return self.api

    def settle(self, api: str, now: float = 0.0) -> None:
        self.api = api
        self.granted_at = now
        self._settled.set()

    @property
    def rank(self) -> tuple[bool, float]:
        return (not self.urgent, self.since)


class Pacer:
    """Hands out tickets. Thread-safe; times are of `timer`, in seconds."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._budgets: dict[str, Budget] = {}
        self._chats: TTLCache[str, Window] = TTLCache(CHATS_REMEMBERED, 60, timer=timer)
        self._quiet_chats: TTLCache[str, float] = TTLCache(CHATS_REMEMBERED, 60, timer=timer)
        self._waiting: list[Permit] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, *apis: str, urgent: bool = False, since: float = 0.0, chat: str = "") -> Permit:
        """Ask for one call to any of `apis`, the first that has room.

        `since` is when the card was last drawn: the smallest is served first. `chat` also counts
        the call against that chat's own limit. `give_back` withdraws the ticket.
        """
        ticket = Permit(apis, urgent=urgent, since=since, chat=chat)
        with self._changed:
            now = self._timer()
            if not self._is_overtaking(ticket) and self._grant(ticket, now) <= 0.0:
                return ticket
            self._waiting.append(ticket)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pacer", daemon=True)
                self._thread.start()
            self._changed.notify()
        return ticket

    def use(self, ticket: Permit) -> None:
        """The call is about to leave; a machine under load may have kept it since the grant."""
        now = self._timer()
        if now - ticket.granted_at > POSTPONE_SECONDS:
            with self._changed:
                self._budget(ticket.api).put_off(ticket.granted_at, now)

    def give_back(self, ticket: Permit) -> None:
        """Withdraw a ticket that isn't needed any more."""
        with self._changed:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                ticket.settle("")

    def refused(self, api: str, retry_after: float) -> None:
        """Feishu refused a call for its frequency: slow this API down."""
        with self._changed:
            self._budget(api).refused(self._timer(), retry_after)

    def refused_in_chat(self, chat: str, retry_after: float) -> None:
        """Feishu refused a call because of its chat: leave that chat alone for a while."""
        with self._changed:
            self._quiet_chats[chat] = self._timer() + retry_after

    def factor(self, api: str) -> float:
        """The share of the documented limit that this API is used with now, up to 1.0."""
        with self._changed:
            return self._budget(api).factor(self._timer())

    def _budget(self, api: str) -> Budget:
        return self._budgets.setdefault(api, Budget())

    def _is_overtaking(self, ticket: Permit) -> bool:
        return any(
            other.rank <= ticket.rank and set(other.apis) & set(ticket.apis)
            for other in self._waiting
        )

    def _grant(self, ticket: Permit, now: float) -> float:
        """Grant the ticket if there is room; otherwise the seconds until there may be."""
        chat = self._chats.get(ticket.chat) if ticket.chat else None
        if ticket.chat and chat is None:
            chat = self._chats[ticket.chat] = Window(SENDS_PER_CHAT, CHAT_SECONDS)
        quiet_until = self._quiet_chats.get(ticket.chat, 0.0) if ticket.chat else 0.0
        chat_wait = max(chat.wait(now), quiet_until - now) if chat else 0.0
        shortest = float("inf")
        for api in ticket.apis:
            budget = self._budget(api)
            wait = max(chat_wait, budget.wait(now, urgent=ticket.urgent))
            if wait <= 0.0:
                budget.take(now, urgent=ticket.urgent)
                if chat:
                    chat.take(now)
                ticket.settle(api, now)
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
        full: dict[tuple[str, bool], float] = {}
        for ticket in sorted(self._waiting, key=lambda ticket: ticket.rank):
            keys = [(api, ticket.urgent) for api in ticket.apis]
            if not ticket.chat and all(key in full for key in keys):
                # An API without room for the one before has none for this one either.
                wait = min(full[key] for key in keys)
            else:
                wait = self._grant(ticket, now)
                if wait > 0.0 and not ticket.chat:
                    full.update(dict.fromkeys(keys, wait))
            if wait > 0.0:
                left.append(ticket)
                shortest = min(shortest, wait)
        self._waiting = left
        return None if not left else max(0.001, shortest)
