"""Run the benchmark, print the table, write the figures as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.load import Load
from bench.measuring import Run, ack_floor, measure
from bench.places import RESULTS
from bench.table import Floors, table
from bench.targets import is_complete


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 unless an answer was lost, partial or doubled."""
    given = _parser().parse_args(arguments)
    loads = [
        Load(
            conversations=conversations,
            enforce_limits=limits == "kept",
            chunks=given.chunks,
            deadline=given.deadline,
        )
        for conversations in given.conversations or (50, 200)
        for limits in (["counted", "kept"] if given.limits == "both" else [given.limits])
    ]
    floors: dict[int, dict[str, float | None]] = {}
    runs: list[Run] = []
    for load in loads:
        if load.conversations not in floors:
            _say(f"floor of {load.conversations} …")
            floors[load.conversations] = ack_floor(load)
        for number in range(given.repeat):
            _say(f"{load.name}, run {number + 1} of {given.repeat} …")
            runs.append(measure(load))
    print(table(runs, floors))
    path = given.json or RESULTS / f"{time.strftime('%Y-%m-%dT%H-%M-%S')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_document(runs, floors), ensure_ascii=False, indent=1) + "\n")
    _say(f"written to {path}")
    return 0 if all(map(is_complete, runs)) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--conversations",
        type=_positive,
        action="append",
        metavar="N",
        help="conversations at once; may be given several times (50 and 200)",
    )
    parser.add_argument(
        "--limits",
        choices=("counted", "kept", "both"),
        default="both",
        help="whether the platform only counts calls over its limits or refuses them (both)",
    )
    parser.add_argument("--repeat", type=_positive, default=1, help="runs of each kind (1)")
    parser.add_argument("--chunks", type=_positive, default=200, help="chunks of an answer (200)")
    parser.add_argument(
        "--deadline", type=float, default=60.0, help="seconds until missing is lost (60)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures are written")
    return parser


def _positive(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError("not a whole number above 0")
    return int(value)


def _document(runs: list[Run], floors: Floors) -> dict[str, object]:
    """Everything in seconds and bytes."""
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "ack_floors": floors,
        "runs": [asdict(run) for run in runs],
    }


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
