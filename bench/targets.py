"""The targets, and the rows of the table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bench.figures import percentile
from bench.load import Load
from bench.measuring import Run
from bench.theory import first_texts

Target = Callable[[Load], float | None]
FEW = 50
MANY = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: `value` of a run, how it is shown, and the most that it may be for a load."""

    name: str
    value: Callable[[Run], float | None]
    shown: Callable[[float], str]
    target: Target = lambda load: None
    combine: Callable[[Iterable[float]], float] = statistics.median

    def of(self, runs: list[Run]) -> float | None:
        """The figure of several equal runs: their median, or the worst of a count."""
        values = [value for run in runs if (value := self.value(run)) is not None]
        return self.combine(values) if values else None

    def is_met(self, runs: list[Run]) -> bool | None:
        """Whether the target is reached; None if there is none."""
        most = self.target(runs[0].load)
        if most is None:
            return None
        value = self.of(runs)
        return value is not None and value <= most


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:,.0f} ms"


def seconds(value: float) -> str:
    return f"{value:.3g} s"


def megabytes(size: float) -> str:
    return f"{size / 1e6:.0f} MB"


def count(value: float) -> str:
    return f"{value:.0f}"


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def at_most(most: float) -> Target:
    return lambda load: most


def _ack(load: Load) -> float | None:
    return 0.020 if load.conversations <= FEW else 0.050


def _first_text(share: float) -> Target:
    """450 ms, where the platform's own limits allow that."""

    def target(load: Load) -> float | None:
        least = percentile(first_texts(load, limited=True), share)
        return 0.450 if least is not None and least < 0.450 else None

    return target


def _whole(load: Load) -> float | None:
    return 0.150 if load.conversations <= FEW else None


def _all_whole(load: Load) -> float | None:
    return 10.0 if load.conversations >= MANY and load.enforce_limits else None


def _figure(name: str) -> Callable[[Run], Any]:
    return lambda run: getattr(run.figures, name)


def _taken(name: str) -> Callable[[Run], Any]:
    return lambda run: getattr(run.consumption, name)


def _fault(title: str, name: str) -> Row:
    return Row(title, _figure(name), count, at_most(0), max)


ROWS = (
    Row("ack p50", _figure("ack_p50"), milliseconds),
    Row("ack p99", _figure("ack_p99"), milliseconds, _ack),
    Row("ack max", _figure("ack_max"), milliseconds),
    Row("first text p50", _figure("first_text_p50"), milliseconds, _first_text(50)),
    Row("first text p95", _figure("first_text_p95"), milliseconds, _first_text(95)),
    Row("last token → whole p50", _figure("whole_p50"), milliseconds, _whole),
    Row("last token → whole p95", _figure("whole_p95"), milliseconds, _whole),
    Row("first event → all whole", _figure("all_whole"), seconds, _all_whole),
    _fault("events not acknowledged", "not_acknowledged"),
    _fault("answers lost", "lost"),
    _fault("answers partial", "partial"),
    _fault("answers doubled", "doubled"),
    _fault("cards left streaming", "left_open"),
    _fault("calls refused", "refused"),
    Row(
        "calls over limits",
        lambda run: sum(run.figures.over_limits.values()),
        count,
        at_most(0),
        max,
    ),
    Row(
        "calls per answer", lambda run: sum(run.figures.calls_per_answer.values()), "{:.1f}".format
    ),
    Row("CPU per answer", _taken("cpu_per_answer"), milliseconds, at_most(0.050)),
    Row("  of it in the kernel", _taken("system_per_answer"), milliseconds),
    Row("CPU idle", _taken("cpu_idle"), "{:.3f} s/s".format),
    Row("memory (PSS) at rest", _taken("pss_rest"), megabytes),
    Row("memory (PSS) at peak", _taken("pss_peak"), megabytes, at_most(260e6)),
    Row("start → first /ping", _taken("start_seconds"), seconds, at_most(4.0)),
    Row("CPU taken by others", _taken("foreign_share"), percent),
    Row("CPU of the simulator", _taken("simulator_cpu"), seconds),
    Row("gateway late p95", _figure("gateway_late"), milliseconds),
    Row("driver late at most", _taken("driver_late"), milliseconds),
)
LOSSES = ("lost", "partial", "doubled")


def is_complete(run: Run) -> bool:
    """Whether every question was answered once and completely."""
    return not any(getattr(run.figures, name) for name in LOSSES)
