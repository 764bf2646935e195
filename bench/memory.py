"""Memory over many answers: `python -m bench.memory`.

Each answer goes to another person, so that whatever is remembered of people and chats is kept once
more. PSS of each process just started, after the eight short answers after which the benchmark
calls the bot at rest, and then every few hundred answers. The bot is left alone before each look
for as long as it takes to give back what is free.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import PRIO_PROCESS, getpriority
from pathlib import Path

from bench.consumption import own_pss_bytes, tree
from bench.driver import drive
from bench.figures import is_settled
from bench.load import Load
from bench.measuring import WARM_UPS, prepare, wait_until_settled, warm_up
from bench.server import BOT, Server
from bench.simulation import Simulation
from feishu_bot.memory import TRIM_SECONDS

AT_ONCE = 100
CHUNKS = 20
START_SECONDS = 3.0
MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Memory:
    """PSS in bytes of gunicorn's parent and its two children."""

    parent: int
    answering: int
    receiving: int

    @property
    def total(self) -> int:
        return self.parent + self.answering + self.receiving


def memory_of(pid: int) -> Memory:
    """Of the bot whose first process has this id."""
    parent, *children = tree(pid)
    # The process that answers gives way to the one that receives.
    receiving, answering = sorted(children, key=lambda child: getpriority(PRIO_PROCESS, child))
    return Memory(*map(own_pss_bytes, (parent, answering, receiving)))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 unless an answer is missing."""
    given = _parser().parse_args(arguments)
    load = Load(conversations=AT_ONCE, enforce_limits=False, chunks=CHUNKS, deadline=120.0)
    rest = TRIM_SECONDS + 1.0
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Simulation(load) as simulation,
        Server(BOT, simulation, Path(folder)) as bot,
    ):
        pid = bot.process.pid
        _row("answers", "parent", "answering", "receiving", "together")
        _row(*["---"] * 5)
        time.sleep(START_SECONDS)
        _look(0, pid)
        warm_up(simulation, bot, load)
        simulation.set(chunks=CHUNKS)
        time.sleep(rest)
        _look(WARM_UPS, pid)
        for done in range(AT_ONCE, given.answers + 1, AT_ONCE):
            if not _ask(simulation, bot, load, f"question up to {done}"):
                return 1
            if done % given.step == 0:
                time.sleep(rest)
                _look(done, pid)
    return 0


def _ask(simulation: Simulation, bot: Server, load: Load, word: str) -> bool:
    """Whether all of them were answered."""
    since = time.monotonic()
    ids, requests = prepare(simulation, bot.port, AT_ONCE, word)
    posts = drive(bot.port, requests, load.rate)
    return is_settled(ids, wait_until_settled(simulation, ids, load, since, posts))


def _look(answers: int, pid: int) -> None:
    memory = memory_of(pid)
    figures = (memory.parent, memory.answering, memory.receiving, memory.total)
    _row(str(answers), *(f"{figure / MEGABYTE:.1f}" for figure in figures))


def _row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--answers", type=int, default=3000, help="in all (3000)")
    parser.add_argument("--step", type=int, default=300, help="answers from look to look (300)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
