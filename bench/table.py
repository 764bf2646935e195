"""The result as a table for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping

from bench.figures import percentile
from bench.load import Load
from bench.measuring import Run
from bench.targets import ROWS, Row, milliseconds
from bench.theory import first_texts

Floors = Mapping[int, Mapping[str, float | None]]
MARKS = {True: " ✓", False: " ✗", None: "  "}


def table(runs: list[Run], floors: Floors) -> str:
    """A column for each load, a row for each figure; several runs of a load become one column."""
    groups = grouped(runs)
    loads = list(groups)
    lines = [["", *(f"{load.name}  " for load in loads), "target"]]
    for row in ROWS:
        lines.append(
            [row.name, *(_cell(row, group) for group in groups.values()), _target(row, loads)]
        )
        if row.name.startswith("ack "):
            which = row.name.removeprefix("ack ")
            cells = [_shown(floors.get(load.conversations, {}).get(which)) for load in loads]
            lines.append(["  floor: an app that does nothing", *cells, ""])
        elif row.name.startswith("first text p"):
            share = float(row.name.removeprefix("first text p"))
            for name, limited in (("prescribed waits", False), ("with 50 calls/s", True)):
                cells = [_shown(percentile(first_texts(x, limited=limited), share)) for x in loads]
                lines.append([f"  floor: {name}", *cells, ""])
    return "\n".join([*_aligned(lines), "", *_calls(groups)])


def grouped(runs: Iterable[Run]) -> dict[Load, list[Run]]:
    groups: dict[Load, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.load, []).append(run)
    return groups


def _cell(row: Row, runs: list[Run]) -> str:
    value = row.of(runs)
    return ("–" if value is None else row.shown(value)) + MARKS[row.is_met(runs)]


def _shown(value: float | None) -> str:
    return "–  " if value is None else f"{milliseconds(value)}  "


def _target(row: Row, loads: list[Load]) -> str:
    targets = {load: row.target(load) for load in loads}
    known = dict.fromkeys(value for value in targets.values() if value is not None)
    if len(known) > 1:
        by_count = {x.conversations: v for x, v in targets.items() if v is not None}
        return ", ".join(f"≤ {row.shown(v)} at {n}" for n, v in by_count.items())
    return "".join(f"≤ {row.shown(value)}" for value in known)


def _aligned(lines: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number in (0, len(line) - 1) else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _calls(groups: Mapping[Load, list[Run]]) -> list[str]:
    """Calls per answer by API, with the most in any second and any minute."""
    lines = [["calls per answer (most in 1 s, in 60 s)", *(load.name for load in groups), ""]]
    names = sorted({name for runs in groups.values() for r in runs for name in r.figures.peaks})
    for name in names:
        cells = []
        for runs in groups.values():
            calls = statistics.median(r.figures.calls_per_answer.get(name, 0.0) for r in runs)
            peaks = [r.figures.peaks.get(name, (0, 0)) for r in runs]
            second, minute = (max(column) for column in zip(*peaks, strict=True))
            cells.append(f"{calls:.2f} ({second}, {minute})")
        lines.append([f"  {name}", *cells, ""])
    broken = sorted({
        f"{load.name}: {what} × {n}"
        for load, runs in groups.items()
        for run in runs
        for what, n in [*run.figures.over_limits.items(), *run.figures.refused_codes.items()]
    })  # fmt: skip
    return _aligned(lines) + (
        ["", "limits broken and codes of refusals:", *broken] if broken else []
    )
