"""Several replicas on one PostgreSQL: whether all of them together stay within Feishu's limits.

Rounds of questions come one after the other without a pause, each replica gets its part of them,
and the platform counts, or refuses, what is over its limits.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

from bench.database import postgres
from bench.driver import Post, drive
from bench.figures import Asked, Figures, figures
from bench.load import Load
from bench.measuring import prepare, wait_until_settled, warm_up
from bench.server import BOT, Server
from bench.simulation import Simulation


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one round: its figures, and the most calls of one API in a second."""

    found: Figures

    @property
    def peak(self) -> int:
        return max((second for second, _ in self.found.peaks.values()), default=0)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 unless an answer was lost, partial or doubled."""
    parser = argparse.ArgumentParser(prog="python -m bench.replicas", description=__doc__)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--conversations", type=int, default=200, help="of one round (200)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chunks", type=int, default=200, help="chunks of an answer (200)")
    parser.add_argument("--limits", choices=("counted", "kept"), default="counted")
    parser.add_argument("--database", help="of a PostgreSQL; else one is started for the run")
    given = parser.parse_args(arguments)
    load = Load(
        conversations=given.conversations,
        enforce_limits=given.limits == "kept",
        chunks=given.chunks,
        deadline=120.0,
    )
    with ExitStack() as stack:
        database = given.database or stack.enter_context(postgres()).url
        rounds = measure(load, given.replicas, given.rounds, database)
    _print(rounds)
    lost = sum(r.found.lost + r.found.partial + r.found.doubled for r in rounds)
    return 1 if lost else 0


def measure(load: Load, replicas: int, rounds: int, database: str) -> list[Round]:
    """Ask so many rounds of questions of fresh replicas on an empty database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        simulation = stack.enter_context(Simulation(load))
        bots = []
        for number in range(replicas):
            place = folder / str(number)
            place.mkdir()
            server = Server(BOT, simulation, place, DATABASE_URL=database)
            bots.append(stack.enter_context(server))
        for bot in bots:
            warm_up(simulation, bot, load)
        simulation.set(chunks=load.chunks)
        return [_round(load, simulation, bots, f"round-{number}") for number in range(rounds)]


def _round(load: Load, simulation: Simulation, bots: list[Server], word: str) -> Round:
    since, before = time.monotonic(), simulation.counts()
    parts = [
        prepare(simulation, bot.port, load.conversations // len(bots), f"{word}-{number}")
        for number, bot in enumerate(bots)
    ]
    with ThreadPoolExecutor(len(bots)) as pool:
        drives = [
            pool.submit(drive, bot.port, requests, load.rate / len(bots))
            for bot, (_, requests) in zip(bots, parts, strict=True)
        ]
        posts: list[Post] = [post for each in drives for post in each.result()]
    ids = [message_id for part, _ in parts for message_id in part]
    after = wait_until_settled(simulation, ids, load, since, posts)
    asked = list(starmap(Asked, zip(ids, posts, strict=True)))
    return Round(figures(asked, before, after, answer_seconds=load.answer_seconds))


def _print(rounds: list[Round]) -> None:
    found = [one.found for one in rounds]
    over: dict[str, int] = {}
    for one in found:
        for name, count in one.over_limits.items():
            over[name] = over.get(name, 0) + count
    rows = {
        "answers": sum(one.questions for one in found),
        "lost, partial, doubled": sum(one.lost + one.partial + one.doubled for one in found),
        "calls over limits": over or 0,
        "calls refused": sum(one.refused for one in found),
        "most calls of an API in a second": max(one.peak for one in rounds),
        "most in a minute": max(m for one in found for _, m in one.peaks.values()),
        "first event → all whole, median": _seconds(one.all_whole for one in found),
        "first text p50, median": _seconds(one.first_text_p50 for one in found),
    }
    for name, value in rows.items():
        print(f"{name:36}{value}")


def _seconds(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.1f} s" if known else "–"


if __name__ == "__main__":
    sys.exit(main())
