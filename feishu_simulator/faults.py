"""Faults on demand: an API that refuses calls, closes the connection or is slow."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from feishu_simulator.refusals import Refusal

EVERY_API = "*"


class Disconnect(Exception):
    """The connection is to be closed without an answer."""


@dataclass(slots=True)
class _Rule:
    api: str
    times: int | None
    every: int | None
    refusal: Refusal | None = None
    disconnect: bool = False
    after: bool = False
    garbled: bytes | None = None
    seconds: float = 0.0
    seen: int = 0
    spared: frozenset[str] = frozenset()

    def applies_to(self, api: str) -> bool:
        """Whether the rule hits this call, which it counts."""
        if self.api not in (api, EVERY_API) or api in self.spared or self.times == 0:
            return False
        self.seen += 1
        if self.every is not None and self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Fault:
    """The faults of one call: the delay, then a refusal, a lost call, or no good answer to it."""

    seconds: float = 0.0
    refusal: Refusal | None = None
    disconnect: bool = False
    answer_lost: bool = False
    garbled: bytes | None = None


class Faults:
    """Rules by API name ("*" for every API), applied in the order they were added. Thread safe."""

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
        spared: Collection[str] = (),
    ) -> None:
        """Refuse the next *times* calls (default 1), or every *every*-th call until `clear`.

        Calls of the APIs in *spared* are left alone.
        """
        refusal = Refusal(code, msg, status=status, headers=headers)
        rule = _Rule(api, _times(times, every), every, refusal=refusal, spared=frozenset(spared))
        self._add(rule)

    def disconnect(
        self, api: str, times: int | None = None, *, every: int | None = None, after: bool = False
    ) -> None:
        """Close the connection unanswered, with *after* once the call has taken effect."""
        self._add(_Rule(api, _times(times, every), every, disconnect=True, after=after))

    def garble(self, api: str, body: bytes, times: int = 1) -> None:
        """Answer with status 200 and this body in place of the JSON, once the call has worked."""
        self._add(_Rule(api, times, None, garbled=body))

    def delay(self, api: str, seconds: float, times: int | None = None) -> None:
        """Wait before the call is handled, until `clear` or for *times* calls."""
        self._add(_Rule(api, times, None, seconds=seconds))

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._rules.clear()

    def next_fault(self, api: str) -> Fault:
        """The faults of the next call, which counts for the rules."""
        seconds = 0.0
        with self._lock:
            for rule in self._rules:
                if not rule.applies_to(api):
                    continue
                if rule.seconds:
                    seconds += rule.seconds
                    continue
                return Fault(
                    seconds,
                    rule.refusal,
                    disconnect=rule.disconnect and not rule.after,
                    answer_lost=rule.after,
                    garbled=rule.garbled,
                )
        return Fault(seconds)

    def _add(self, rule: _Rule) -> None:
        with self._lock:
            self._rules.append(rule)


def _times(times: int | None, every: int | None) -> int | None:
    return 1 if times is None and every is None else times
