"""Faults on demand: an API that fails, hangs up or is slow."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from feishu_simulator.refusals import Refusal

EVERY_API = "*"


class Disconnect(Exception):
    """The connection is closed without an answer."""


@dataclass(slots=True)
class _Rule:
    api: str
    times: int | None
    every: int | None
    refusal: Refusal | None = None
    disconnect: bool = False
    after: bool = False
    seconds: float = 0.0
    seen: int = 0

    def strikes(self, api: str) -> bool:
        if self.api not in (api, EVERY_API) or self.times == 0:
            return False
        self.seen += 1
        if self.every is not None and self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is going to happen to one call."""

    seconds: float = 0.0
    refusal: Refusal | None = None
    disconnect: bool = False
    answer_lost: bool = False


class Faults:
    """Rules by API name ("*" for every API); the first added strike first. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []

    def fail(
        self,
        api: str,
        times: int | None = None,
        *,
        every: int | None = None,
        status: int = 400,
        code: int = 230001,
        msg: str = "simulated fault",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse the next *times* calls (1 unless told), or each *every*-th call for good."""
        refusal = Refusal(code, msg, status=status, headers=headers)
        self._add(_Rule(api, _times(times, every), every, refusal=refusal))

    def disconnect(
        self, api: str, times: int | None = None, *, every: int | None = None, after: bool = False
    ) -> None:
        """Close the connection instead of answering; *after* the call has taken effect."""
        self._add(_Rule(api, _times(times, every), every, disconnect=True, after=after))

    def delay(self, api: str, seconds: float, times: int | None = None) -> None:
        """Wait before the call is looked at, for good unless *times* says less."""
        self._add(_Rule(api, times, None, seconds=seconds))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def meet(self, api: str) -> Trouble:
        """What the rules have in store for this call."""
        seconds = 0.0
        with self._lock:
            for rule in self._rules:
                if not rule.strikes(api):
                    continue
                if rule.seconds:
                    seconds += rule.seconds
                    continue
                return Trouble(
                    seconds,
                    rule.refusal,
                    disconnect=rule.disconnect and not rule.after,
                    answer_lost=rule.after,
                )
        return Trouble(seconds)

    def _add(self, rule: _Rule) -> None:
        with self._lock:
            self._rules.append(rule)


def _times(times: int | None, every: int | None) -> int | None:
    return 1 if times is None and every is None else times
