"""Shows that messages wait: by a card or a reaction, and their number in the card ahead.

It looks at the inbox while answers run, in a thread of its own: neither an acknowledgement nor an
answer does anything for it.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from feishu_bot.background_thread import BackgroundThread
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.queue.waiting import LeftReaction, Reactions, WaitingStore, WaitingTask
from feishu_bot.errors import FeishuError, FeishuUnavailable, PermissionMissing, RateLimited
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

T = TypeVar("T")

# Seconds between two looks while answers run or wait, and while there are none: then there may
# only be reactions that another process has left behind.
LOOK_SECONDS = 0.5
IDLE_LOOK_SECONDS = 30.0
# Who waits less than that behind another question has no need to know.
LEAST_WAIT = 0.6
# Who waits for nothing but a thread, or for their turn among many who ask at once. Reactions take
# calls of their own, at most MOST_NEW a look, and none of those that messages need.
LEAST_WAIT_FOR_THREAD = 2.0
# So many reactions are made at one look, so that those that are over don't wait for them. Feishu
# takes 50 a second ("Rate limits"), and two looks are made in it.
MOST_NEW = 20
# A call to Feishu is over by then: a process that hasn't said how it ended has died.
IN_HAND_SECONDS = 30.0
RETRY_SECONDS = 10.0
# After so long a scope that was missing may have been granted.
SCOPE_SECONDS = 600.0
# Who has waited for a reaction to go for a week has stopped looking.
GIVE_UP_SECONDS = 7 * 24 * 3600.0


# Does something with each of some things, and comes back when all are done.
ForEach = Callable[[Callable[[Any], None], Iterable[Any]], None]


def one_after_another(do: Callable[[T], None], things: Iterable[T]) -> None:
    """Do it with each of them."""
    for thing in things:
        do(thing)


class WaitingIndicator:
    """A reaction on every message that waits without a card, taken away when its turn has come.

    `show_cards` is given what waits, and tells which have a card or are about to. The store knows
    of a reaction before Feishu does, so that whichever process lives takes it away. Without the
    scope there are none. `clock` is in seconds since the epoch.
    """

    def __init__(
        self,
        store: WaitingStore,
        reactions: Reactions,
        running: RunningJobs,
        *,
        show_cards: Callable[[Sequence[WaitingTask]], frozenset[int]] = lambda _: frozenset(),
        for_each: ForEach = one_after_another,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._show_cards = show_cards
        self._for_each = for_each
        self._store = store
        self._reactions = reactions
        self._running = running
        self._clock = clock
        self._no_scope_until = 0.0
        self._has_scope = False
        # When it was last looked for reactions that are left, and until when at every look.
        self._left_at = -math.inf
        self._left_until = -math.inf
        self._thread = BackgroundThread("waiting", self._run, wake=running.wake)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more. Reactions stay until the messages have their answers elsewhere."""
        self._thread.stop()

    def look(self) -> bool:
        """Bring reactions and cards up to date; whether there is anything left to watch."""
        waiting = self._store.waiting()
        left = self._left(waiting)
        self._for_each(self._take_away, left)
        by_conversation = Counter(task.conversation for task in waiting if task.is_message)
        for job, control in self._running.all():
            control.note_waiting(by_conversation[str(job.key)])
        with_card = self._show_cards(waiting)
        unmarked = [task for task in self._unmarked(waiting) if task.id not in with_card]
        new = unmarked[:MOST_NEW]
        if new and not self._has_scope:
            # One alone, to learn whether the scope is there.
            self._mark(new.pop(0))
        self._for_each(self._mark, new)
        return bool(left or waiting)

    def _left(self, waiting: tuple[WaitingTask, ...]) -> tuple[LeftReaction, ...]:
        """The reactions to take away, asked for where there may be any."""
        now = self._clock()
        if any(message.has_reaction for message in waiting):
            self._left_until = now + IDLE_LOOK_SECONDS
        if self._left_until <= now < self._left_at + IDLE_LOOK_SECONDS:
            return ()
        self._left_at = now
        left = self._store.left()
        if left:
            self._left_until = now + IDLE_LOOK_SECONDS
        return left

    def _run(self) -> None:
        while not self._thread.is_closing():
            if not self._look_safely():
                self._running.wait_for_any(IDLE_LOOK_SECONDS, unless=self._thread.is_closing)
            self._thread.wait(LOOK_SECONDS)

    def _look_safely(self) -> bool:
        try:
            return self.look()
        except Exception as exc:  # noqa: BLE001
            # Nothing but a sign is lost by it.
            logger.failure("waiting messages not shown", exc)
            self._thread.wait(RETRY_SECONDS)
            return True

    def _unmarked(self, waiting: tuple[WaitingTask, ...]) -> list[WaitingTask]:
        now = self._clock()
        return [
            task
            for task in waiting
            if task.is_message
            and not task.has_reaction
            and now - task.received_at >= (LEAST_WAIT if task.is_behind else LEAST_WAIT_FOR_THREAD)
        ]

    def _mark(self, message: WaitingTask) -> None:
        now = self._clock()
        if self._thread.is_closing() or now < self._no_scope_until:
            return
        if not self._store.begin(message.message_id, until=now + IN_HAND_SECONDS):
            return
        self._left_until = now + IDLE_LOOK_SECONDS
        try:
            reaction_id = self._reactions.add(message.message_id)
        except PermissionMissing as exc:
            self._store.forget(message.message_id)
            self._miss_scope(exc)
        except FeishuUnavailable as exc:
            # It may be there all the same.
            logger.info("reaction not known", message_id=message.message_id, error=str(exc))
            self._store.note(message.message_id, "")
        except FeishuError as exc:
            # What is refused once is refused always: its row keeps it from being tried again.
            logger.info("no reaction", message_id=message.message_id, error=str(exc))
            self._store.note(message.message_id, "")
        else:
            self._has_scope = True
            self._store.note(message.message_id, reaction_id)

    def _take_away(self, left: LeftReaction) -> None:
        if not self._store.take(left.message_id, until=self._clock() + IN_HAND_SECONDS):
            return
        try:
            found = (left.reaction_id,) if left.reaction_id else self._find(left.message_id)
            for reaction_id in found:
                self._reactions.remove(left.message_id, reaction_id)
        except (FeishuUnavailable, RateLimited, PermissionMissing) as exc:
            if self._clock() < left.created_at + GIVE_UP_SECONDS:
                logger.info("reaction stays", message_id=left.message_id, error=str(exc))
                is_scope = isinstance(exc, PermissionMissing)
                pause = SCOPE_SECONDS if is_scope else RETRY_SECONDS
                self._store.hold(left.message_id, until=self._clock() + pause)
                return
            logger.warning("reaction given up", message_id=left.message_id, error=str(exc))
        except FeishuError as exc:
            # It is gone, or its message is.
            logger.info("no reaction to take away", message_id=left.message_id, error=str(exc))
        self._store.forget(left.message_id)

    def _find(self, message_id: str) -> tuple[str, ...]:
        try:
            return self._reactions.find(message_id)
        except PermissionMissing as missing:
            # Reading reactions needs another scope. Of one kind an app has one on a message: asked
            # for it again, Feishu tells its id.
            try:
                return (self._reactions.add(message_id),)
            except (FeishuUnavailable, RateLimited, PermissionMissing):
                raise
            except FeishuError:
                # That says nothing of the one that may be there.
                raise missing from None

    def _miss_scope(self, exc: PermissionMissing) -> None:
        if not self._no_scope_until:
            logger.info("no scope for reactions, waiting messages get none", error=str(exc))
        self._has_scope = False
        self._no_scope_until = self._clock() + SCOPE_SECONDS
