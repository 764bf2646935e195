"""Tells the administrators what they have to see to: each cause once a day, over all processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

from feishu_bot.background_thread import BackgroundThread
from feishu_bot.core.doctor import Finding
from feishu_bot.core.languages import Words
from feishu_bot.core.messages import Sender
from feishu_bot.errors import FeishuError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

DAY = 24 * 3600.0
# Something that was decided against rather than forgotten, such as a sensitive scope.
MONTH = 30 * DAY
# What couldn't be told, or not to the end, is tried again when the cause is met after that.
RETRY_SECONDS = 600.0
GATHER_SECONDS = 1.0

# The failures of a model service that only an administrator can end, by their notices.
MODEL_CAUSES = frozenset(
    {
        "key_refused", "key_expired", "key_disabled", "key_exhausted", "key_quota_too_small",
        "account_empty", "account_banned", "ip_refused", "access_refused", "group_missing",
        "model_not_allowed", "model_unavailable", "model_unset", "model_unsuited",
        "model_not_chat", "gateway_untrusted", "gateway_not_tls", "proxy_failed",
        "gateway_unreachable", "upstream_key_refused", "endpoint_missing", "not_a_gateway",
        "waf_blocked",
        "picture_model_unset", "transcription_model_unset", "speech_model_unset",
        "task_unsupported",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that admins have to see to.

    `kind` names a notice with a remedy, which `params` fill. `about` tells causes of one kind
    apart; it must not come from people, who could make as many as they like. Nobody is told of a
    cause more often than once in `every` seconds. `link` is the page where the remedy is applied.

    What an examination has found is told as a `finding`, which has words of its own; `kind` names
    its check then.
    """

    kind: str
    params: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    every: float = DAY
    link: str = ""
    finding: Finding | None = None

    @classmethod
    def of(cls, finding: Finding, *, about: str = "", every: float = DAY) -> Self:
        """The alert of something that was found."""
        kind = f"finding_{finding.check}"
        return cls(kind=kind, about=about, every=every, link=finding.link, finding=finding)

    @property
    def cause(self) -> str:
        return f"{self.kind}:{self.about}" if self.about else self.kind


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a cause was met since when (seconds since the epoch), after it was last told."""

    times: int
    since: float


class AlertSink(Protocol):
    """Where causes are noted."""

    def note(self, alert: Alert, *, seen_by: Sender | None = None) -> None:
        """A cause was met. `seen_by` has read a notice of it. Never waits."""


class AlertStore(Protocol):
    """What admins were told, over all processes."""

    def count(self, alert: Alert, times: int, *, now: float, retry_at: float) -> Tally | None:
        """Count a cause. What there is to tell, or None for nothing yet.

        Nobody else is to tell it before `retry_at`; until `note_told` it is due again from then on.
        """

    def note_told(self, alert: Alert, tally: Tally, *, now: float) -> None:
        """It was told: it is due again after `alert.every`."""


class AdminMessenger(Protocol):
    """Writes to admins."""

    def alert(self, admin: str, alert: Alert, tally: Tally, *, reference: str) -> None:
        """Write to one of them, by an id of any kind, in their language. Raises FeishuError."""

    def words(self, alert: Alert) -> Words:
        """What it says, for the log where nobody can be written to."""


@dataclass(slots=True)
class NotedAlert:
    """A cause that was met so often, and the ids of those who have read a notice of it."""

    alert: Alert
    times: int = 0
    readers: set[str] = field(default_factory=set)


class NotedAlerts:
    """Implements `AlertSink`: keeps what was noted until it is taken. Thread safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._noted: dict[str, NotedAlert] = {}
        self._is_closed = False

    def note(self, alert: Alert, *, seen_by: Sender | None = None) -> None:
        with self._changed:
            noted = self._noted.setdefault(alert.cause, NotedAlert(alert))
            noted.alert = alert
            noted.times += 1
            noted.readers.update(seen_by.ids if seen_by else ())
            self._changed.notify_all()

    def take(self) -> list[NotedAlert]:
        """What was noted since the last time."""
        with self._changed:
            noted, self._noted = self._noted, {}
        return list(noted.values())

    def wait(self) -> bool:
        """Wait for something to take; False once there is nobody to take it."""
        with self._changed:
            self._changed.wait_for(lambda: self._noted or self._is_closed)
            return not self._is_closed

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


class AdminAlerts:
    """Tells the admins what was noted, in a thread of its own.

    Those are left out who have just been told by a notice in the chat. Where nobody can be written
    to, or nobody is an admin, the log says it. `clock` is in seconds since the epoch.
    """

    def __init__(
        self,
        noted: NotedAlerts,
        store: AlertStore,
        messenger: AdminMessenger,
        admins: Collection[str],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._noted = noted
        self._store = store
        self._messenger = messenger
        self._admins = tuple(admins)
        self._clock = clock
        # What the log has said, by cause, and when it may say so again.
        self._logged: dict[str, float] = {}
        self._thread = BackgroundThread("alerts", self._run, wake=noted.close)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def stop(self) -> None:
        """Tell no more."""
        self._thread.stop()

    def tell(self) -> None:
        """Count what was noted, and tell what is due."""
        for noted in self._noted.take():
            now = self._clock()
            retry_at = now + RETRY_SECONDS
            tally = self._store.count(noted.alert, noted.times, now=now, retry_at=retry_at)
            if tally is not None:
                self._tell(noted, tally)

    def _tell(self, noted: NotedAlert, tally: Tally) -> None:
        alert = noted.alert
        others = [admin for admin in self._admins if admin not in noted.readers]
        # The same for a process that takes it up after a crash: who was told isn't told twice.
        reference = f"alert:{alert.cause}:{int(tally.since)}"
        told = len(self._admins) - len(others)
        for admin in others:
            try:
                self._messenger.alert(admin, alert, tally, reference=f"{reference}:{admin}")
                told += 1
            except FeishuError as exc:
                logger.warning("admin not told", admin=admin, cause=alert.cause, error=str(exc))
        now = self._clock()
        if told or not self._admins:
            self._store.note_told(alert, tally, now=now)
        if told:
            logger.info("admins told", cause=alert.cause, times=tally.times, admins=told)
        elif now >= self._logged.get(alert.cause, 0.0):
            self._logged[alert.cause] = now + alert.every
            words = self._messenger.words(alert)
            message = f"要管理员处理：{words.zh} / An administrator has to see to this: {words.en}"
            logger.warning(message, cause=alert.cause, times=tally.times)

    def _run(self) -> None:
        # The pause gathers what many answers run into at once.
        while self._noted.wait() and not self._thread.wait(GATHER_SECONDS):
            try:
                self.tell()
            except Exception as exc:  # noqa: BLE001
                logger.failure("admins not told", exc)
