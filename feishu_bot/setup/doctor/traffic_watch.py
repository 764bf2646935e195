"""Tells admins what shows in Feishu's traffic only: keys that differ, addresses that are wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from feishu_bot.background_thread import PeriodicThread
from feishu_bot.core.alerts import MONTH, Alert, AlertSink
from feishu_bot.core.sightings import PATH, REFUSED, Sightings, SightingStore
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.setup.doctor.traffic import (
    check_clicks_come,
    check_paths,
    last_event,
    refusal_finding,
    refusals_since_event,
)

LOOK_SECONDS = 60.0
JOIN_SECONDS = 1.0
# What strangers can bring about is told only where nothing good has come for so long.
SILENCE_SECONDS = 3600.0


class TrafficWatch:
    """Looks at what was seen every minute. `clock` is in seconds since the epoch."""

    def __init__(
        self,
        sightings: SightingStore,
        alerts: AlertSink,
        links: ConsoleLinks,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sightings = sightings
        self._alerts = alerts
        self._links = links
        self._clock = clock
        # What came before was told by whoever ran then.
        self._looked_at = clock()
        self._thread = PeriodicThread(
            "traffic",
            self.look,
            seconds=LOOK_SECONDS,
            failed="traffic not looked at",
            join_seconds=JOIN_SECONDS,
        )

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._thread.stop()

    def look(self) -> None:
        """Note what has come since the last look and needs somebody."""
        seen, now = self._sightings.all(), self._clock()
        since, self._looked_at = self._looked_at, now
        for alert in self._due(seen, now, since):
            self._alerts.note(alert)

    def _due(self, seen: Sightings, now: float, since: float) -> Iterator[Alert]:
        if _has_new(seen, REFUSED, since):
            yield from self._wrong_keys(seen, now)
        if _has_new(seen, PATH, since):
            faults = (one for one in check_paths(seen, now, self._links) if one.state == "fault")
            yield from map(Alert.of, faults)
        for finding in check_clicks_come(seen, self._links):
            if finding.state != "ok":
                # Perhaps nobody has pressed anything yet: that is no reason to repeat it.
                yield Alert.of(finding, every=MONTH)

    def _wrong_keys(self, seen: Sightings, now: float) -> Iterator[Alert]:
        is_silent = 0.0 < last_event(seen) < now - SILENCE_SECONDS
        for reason, one in refusals_since_event(seen, now)[:1]:
            finding = refusal_finding(reason, one, seen, self._links)
            if finding.state == "fault" or is_silent:
                yield Alert.of(finding, about=reason)


def _has_new(seen: Sightings, beginning: str, since: float) -> bool:
    return any(name.startswith(beginning) and one.last_at >= since for name, one in seen.items())
