"""A database that has grown: `python -m bench.growth`.

With so many rows of each kind, nine tenths of which are too old, the first sweep runs on SQLite
while Feishu delivers ten events a second and one answer after the other is on the screen: how long
do they wait? Then a sweep alone, on both databases: how long does another writer wait?
And PostgreSQL: what does an answer cost it, with these rows and with none?
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.attack import Probe, deliver
from bench.consumption import cpu_of
from bench.database import postgres
from bench.driver import drive
from bench.figures import percentile
from bench.grown_rows import fill
from bench.load import Load
from bench.measuring import prepare, wait_until_settled, warm_up
from bench.running_bot import running_bot
from bench.server import BOT, Server
from bench.simulation import Simulation
from feishu_bot.core.queue.worker_pool import FIRST_SWEEP_SECONDS, SWEEP_REST_SECONDS
from feishu_bot.stores import Database, Stores
from feishu_simulator import Simulator
from feishu_simulator.script import Piece, Script

DAY = 24 * 3600.0
RETENTION_DAYS = 30
OLD = 0.9
ANSWER_CHARS = 800
WRITE_SECONDS = 0.02
# An answer takes four seconds.
ASK_SECONDS = 5.0
ANSWER = Script(
    pieces=tuple(Piece(f"word{number} ") for number in range(200)), first=0.1, between=0.02
)
LOAD = Load(conversations=50, enforce_limits=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 unless a delivery failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=40.0, help="of the sweep (40)")
    parser.add_argument("--rounds", type=int, default=3, help="of 50 answers on PostgreSQL (3)")
    parser.add_argument("--only", choices=("bot", "steps", "postgresql"))
    given = parser.parse_args(arguments)
    failed = 0
    if given.only in (None, "bot"):
        failed = sweep_beside_answers(given.rows, given.seconds)
    if given.only in (None, "steps"):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            sweep_alone(f"sqlite:///{folder}/grown.db", given.rows, given.seconds)
        with postgres() as server:
            sweep_alone(server.url, given.rows, given.seconds)
    if given.only in (None, "postgresql"):
        for rows in (0, given.rows):
            answers_on_postgres(rows, given.rounds)
    return 1 if failed else 0


def grown(url: str, rows: int) -> Database:
    """A database whose rows are a second apart, so that the last tenth isn't old yet."""
    database = Database(url)
    database.migrate()
    if rows:
        start = time.time() - RETENTION_DAYS * DAY - OLD * rows
        fill(database, rows, start=start, chars=ANSWER_CHARS)
    return database


def sweep_beside_answers(rows: int, seconds: float) -> int:
    """The first sweep of a bot at work; how many deliveries failed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = f"sqlite:///{folder}/grown.db"
        grown(url, rows).close()
        with running_bot(DATABASE_URL=url, RETENTION_DAYS=str(RETENTION_DAYS)) as bot:
            simulator, port, _ = bot
            simulator.feishu.bot_url = f"http://127.0.0.1:{port}"
            simulator.gateway.respond_with(lambda _: ANSWER)
            started, failed = time.monotonic(), 0
            for name, wait in (("before", 10.0), ("sweep", FIRST_SWEEP_SECONDS + 1.0)):
                time.sleep(max(0.0, started + wait - time.monotonic()))
                deliveries = Probe(lambda: deliver(simulator, port))
                since = time.monotonic()
                asking = threading.Thread(target=_ask, args=(simulator, since + seconds))
                asking.start()
                deliveries.run(seconds)
                asking.join()
                failed += deliveries.failed
                print(
                    f"{name:8} deliveries, ms: p50, p99, max, failed {deliveries.row()}; "
                    f"a card stood still for {_longest_pause(simulator, since):.2f} s at most",
                    flush=True,
                )
    return failed


def _ask(simulator: Simulator, until: float) -> None:
    """One question after the other, each by the same person."""
    alice = simulator.feishu.add_person(f"Asker until {until}")
    chat = simulator.feishu.private_chat(alice)
    while time.monotonic() < until:
        simulator.feishu.say(chat, alice, "count")
        time.sleep(ASK_SECONDS)


def _longest_pause(simulator: Simulator, since: float) -> float:
    """Seconds between two frames of one card."""
    last: dict[str, float] = {}
    longest = 0.0
    for call in simulator.feishu.calls:
        if call.at >= since and call.api == "element.content":
            card = call.path.split("/")[5]
            longest = max(longest, call.at - last.get(card, call.at))
            last[card] = call.at
    return longest


def sweep_alone(url: str, rows: int, seconds: float) -> None:
    """The steps of a sweep beside somebody who writes fifty times a second."""
    database = grown(url, rows)
    stores = Stores.open(
        database,
        lease_seconds=30,
        media_wait=1.0,
        conversation_ttl=3600,
        retention_days=RETENTION_DAYS,
    )
    over, waits, steps = threading.Event(), [0.0], 0

    def write() -> None:
        while not over.wait(WRITE_SECONDS):
            began = time.perf_counter()
            stores.people.meet(f"ou_{len(waits)}", "oc_new")
            waits.append(time.perf_counter() - began)

    end = time.perf_counter() + seconds

    def rest() -> bool:
        nonlocal steps
        steps += 1
        time.sleep(SWEEP_REST_SECONDS)
        return time.perf_counter() > end

    writer = threading.Thread(target=write)
    writer.start()
    stores.sweep(time.time(), rest)
    over.set()
    writer.join()
    database.close()
    p50, p99, longest = (1000 * (percentile(waits, share) or 0.0) for share in (50, 99, 100))
    print(
        f"{url.partition(':')[0]}: {steps} steps; each of {len(waits)} writes beside them, ms: "
        f"p50 {p50:.1f}, p99 {p99:.1f}, max {longest:.1f}",
        flush=True,
    )


def answers_on_postgres(rows: int, rounds: int) -> None:
    """CPU of the database for an answer, fifty at once."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(postgres())
        grown(server.url, rows).close()
        simulation = stack.enter_context(Simulation(LOAD))
        bot = stack.enter_context(Server(BOT, simulation, folder, DATABASE_URL=server.url))
        warm_up(simulation, bot, LOAD)
        simulation.set(chunks=LOAD.chunks)
        for number in range(rounds):
            since = time.monotonic()
            ids, requests = prepare(simulation, bot.port, LOAD.conversations, f"round-{number}")
            before = cpu_of(server.pid)
            posts = drive(bot.port, requests, LOAD.rate)
            wait_until_settled(simulation, ids, LOAD, since, posts)
            cpu = cpu_of(server.pid).since(before).total
            print(f"{rows} rows: {1000 * cpu / LOAD.conversations:.1f} ms of PostgreSQL an answer")


if __name__ == "__main__":
    sys.exit(main())
