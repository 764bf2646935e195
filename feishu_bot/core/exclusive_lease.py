"""A lease on something that one process of all on a database does.

The holder counts from before its last renewal, the others from when they saw it, each by a timer of
its own. So the holder has stopped before anybody else begins, whatever the clocks say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from feishu_bot.core.queue.running_jobs import lease_time

# A holder that hasn't renewed for so long has stopped...
HOLD_SECONDS = 5.0
# ... and others, who haven't seen a renewal for so long, take over.
LEASE_SECONDS = 8.0
# How often the holder renews, and others look.
RENEW_SECONDS = 1.5

Note = Mapping[str, Any]


class LeaseStore(Protocol):
    """One lease in the database."""

    def claim(self, note: Note) -> bool:
        """Take it, if nobody holds it any more. Raises StoreUnavailable."""

    def renew(self, note: Note) -> bool:
        """Keep it; False when somebody else has it. Raises StoreUnavailable."""

    def release(self) -> None:
        """Let the next one have it at once. Raises StoreUnavailable."""

    def read_note(self) -> Note:
        """What the holder tells; empty for nobody. Raises StoreUnavailable."""

    @property
    def note_of_holder(self) -> Note:
        """The same, as `claim` saw it last."""


class ExclusiveLease:
    """This process's view of a lease. `timer` is monotonic, also while the machine sleeps."""

    def __init__(
        self,
        store: LeaseStore,
        *,
        hold_seconds: float = HOLD_SECONDS,
        timer: Callable[[], float] = lease_time,
    ) -> None:
        self._store = store
        self._hold_seconds = hold_seconds
        self._timer = timer
        self._until = float("-inf")

    @property
    def is_held(self) -> bool:
        """Whether this process may do what the lease is for, now."""
        return self._timer() < self._until

    @property
    def note_of_holder(self) -> Note:
        """What the holder told when it was looked at last, if that is another process."""
        return self._store.note_of_holder

    def hold(self, note: Note) -> bool:
        """Take the lease, or keep it; whether it is held now. Raises StoreUnavailable.

        `note` is what the others are to know.
        """
        until = self._timer() + self._hold_seconds
        # After its end it may be somebody else's, also where that isn't known yet.
        is_held = self._store.renew(note) if self.is_held else self._store.claim(note)
        self._until = until if is_held else float("-inf")
        return self.is_held

    def release(self) -> None:
        """Give it back, once nothing is done under it any more. Raises StoreUnavailable."""
        was_held, self._until = self._until > float("-inf"), float("-inf")
        if was_held:
            self._store.release()
