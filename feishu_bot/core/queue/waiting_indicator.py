"""Shows that messages wait: by a card or a reaction, and their number in the card ahead.

It looks at the inbox while answers run, in a thread of its own: neither an acknowledgement nor an
answer does anything for it.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from feishu_bot.background_thread import BackgroundThread
from feishu_bot.core.queue.reaction_order import ROOMY, MessageRoom, in_need
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.queue.waiting import LeftReaction, Reactions, WaitingStore, WaitingTask
from feishu_bot.errors import FeishuError, FeishuUnavailable, PermissionMissing, RateLimited
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Seconds between two looks while answers run or wait, and while there are none: then there may
# only be reactions that another process has left behind.
LOOK_SECONDS = 0.5
IDLE_LOOK_SECONDS = 30.0
# Between the end of one look and the next, where a look takes long.
LEAST_PAUSE = 0.1
# Enough for 40 calls a second that take 0.3 s each.
THREADS = 12
# Of new reactions and of those that are over, at one look: no more leave together, since what
# arrives bunched is refused ("Rate limits": 50 a second).
MOST_AT_ONCE = 24
# A call to Feishu is over by then: a process that hasn't said how it ended has died.
IN_HAND_SECONDS = 30.0
RETRY_SECONDS = 10.0
# After so long a scope that was missing may have been granted.
SCOPE_SECONDS = 600.0
# Who has waited for a reaction to go for a week has stopped looking.
GIVE_UP_SECONDS = 7 * 24 * 3600.0


class WaitingIndicator:
    """A reaction on every message that waits without a card, taken away when its turn has come.

    `show_cards` is given what waits, and tells which have a card or are about to; `message_room`
    tells how soon others can have one. The store knows of a reaction before Feishu does, so that
    whichever process lives takes it away. Without the scope there are none. `clock` is in seconds
    since the epoch.
    """

    def __init__(
        self,
        store: WaitingStore,
        reactions: Reactions,
        running: RunningJobs,
        *,
        show_cards: Callable[[Sequence[WaitingTask]], frozenset[int]] = lambda _: frozenset(),
        message_room: Callable[[], MessageRoom] = lambda: ROOMY,
        threads: int = THREADS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._show_cards = show_cards
        self._message_room = message_room
        self._store = store
        self._reactions = reactions
        self._running = running
        self._clock = clock
        self._no_scope_until = 0.0
        self._has_scope = False
        # When it was last looked for reactions that are left, and until when at every look.
        self._left_at = -math.inf
        self._left_until = -math.inf
        # No thread of it runs before the first reaction.
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reaction")
        self._thread = BackgroundThread("waiting", self._run, wake=running.wake)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more. Reactions stay until the messages have their answers elsewhere."""
        self._thread.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> bool:
        """Bring reactions and cards up to date; whether there is anything left to watch."""
        waiting = self._store.waiting()
        by_conversation = Counter(task.conversation for task in waiting if task.is_message)
        for job, control in self._running.all():
            control.note_waiting(by_conversation[str(job.key)])
        with_card = self._show_cards(waiting)
        new = in_need(waiting, with_card, self._message_room(), now=self._clock())
        new = new[: min(MOST_AT_ONCE, self._reactions.room_to_add())] if new else []
        left = self._left(waiting)
        if new and not self._has_scope:
            # One alone, to learn whether the scope is there.
            self._mark(new.pop(0))
        # Those that are over beside the new ones: they are calls of another API.
        over = left[: min(MOST_AT_ONCE, self._reactions.room_to_remove())] if left else ()
        changes: list[Future[None]] = [
            *(self._pool.submit(self._mark, task) for task in new),
            *(self._pool.submit(self._take_away, reaction) for reaction in over),
        ]
        for change in wait(changes).done:
            change.result()
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
            began = time.monotonic()
            if not self._look_safely():
                self._running.wait_for_any(IDLE_LOOK_SECONDS, unless=self._thread.is_closing)
            took = time.monotonic() - began
            self._thread.wait(max(LEAST_PAUSE, LOOK_SECONDS - took))

    def _look_safely(self) -> bool:
        try:
            return self.look()
        except Exception as exc:  # noqa: BLE001
            # Nothing but a sign is lost by it.
            logger.failure("waiting messages not shown", exc)
            self._thread.wait(RETRY_SECONDS)
            return True

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
        except RateLimited as exc:
            self._store.forget(message.message_id)
            logger.info("no reaction yet", message_id=message.message_id, error=str(exc))
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
