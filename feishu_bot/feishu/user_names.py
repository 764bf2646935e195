"""People's names, from Feishu's contacts or from mentions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import TTLCache

from feishu_bot.errors import FeishuError, FeishuUnavailable, PermissionMissing, RateLimited
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.paced_reads import NoRoom, PacedReads
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# A name that is known no more costs one call. Three of these take 3 MB.
PEOPLE = 4_000
KNOWN_SECONDS = 6 * 3600.0
# After so long it is worth asking again: somebody may have come into the app's contact range, a
# scope may have been granted, Feishu may be well again.
UNKNOWN_SECONDS = 600.0
SCOPE_SECONDS = 600.0
TROUBLE_SECONDS = 30.0
# An answer waits for this, so it is short: connecting and reading take half of it each at most.
TIMEOUT = 0.5
# For room among all calls. Once there was none, names are asked for only where there is at once:
# a forwarded chat may have many.
ROOM_TIMEOUT = 0.2
NO_ROOM_SECONDS = 2.0


class FeishuUserDirectory:
    """Implements `core.people.UserDirectory`. Thread-safe.

    Names come from the contacts where the app may read them, else from mentions.
    """

    def __init__(
        self,
        client: FeishuClient,
        reads: PacedReads,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._reads = reads
        self._timer = timer
        self._lock = threading.Lock()
        self._known: TTLCache[str, str] = TTLCache(PEOPLE, KNOWN_SECONDS, timer=timer)
        self._learned: TTLCache[str, str] = TTLCache(PEOPLE, KNOWN_SECONDS, timer=timer)
        self._unknown: TTLCache[str, bool] = TTLCache(PEOPLE, UNKNOWN_SECONDS, timer=timer)
        self._cooldown_until = self._no_room_until = float("-inf")

    def of(self, open_id: str) -> str:
        with self._lock:
            found = self._known.get(open_id)
            learned = self._learned.get(open_id, "")
            is_pointless = open_id in self._unknown or self._timer() < self._cooldown_until
        if found:
            return found
        if is_pointless or not open_id:
            return learned
        return self._ask(open_id) or learned

    def learn(self, open_id: str, name: str) -> None:
        if open_id and name:
            with self._lock:
                self._learned[open_id] = name

    def _ask(self, open_id: str) -> str:
        patience = ROOM_TIMEOUT if self._timer() >= self._no_room_until else 0.0
        try:
            name = self._reads.call(
                "user.get",
                lambda: self._client.user_name(open_id, timeout=TIMEOUT),
                patience=patience,
            )
        except NoRoom:
            self._no_room_until = self._timer() + NO_ROOM_SECONDS
            return ""
        except (FeishuError, KeyError, TypeError, ValueError) as exc:
            self._note_failure(open_id, exc)
            return ""
        with self._lock:
            if name:
                self._known[open_id] = name
            else:
                self._unknown[open_id] = True
        return name

    def _note_failure(self, open_id: str, exc: Exception) -> None:
        """Feishu has refused this person or the app, or not answered at all."""
        if isinstance(exc, PermissionMissing):
            pause = SCOPE_SECONDS
        elif isinstance(exc, FeishuUnavailable | RateLimited):
            pause = TROUBLE_SECONDS
        else:
            pause = 0.0
        with self._lock:
            if pause:
                self._cooldown_until = self._timer() + pause
            else:
                self._unknown[open_id] = True
        logger.info("name unknown", open_id=open_id, pause_s=int(pause), error=str(exc))
