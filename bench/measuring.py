"""One run: start everything, ask, wait for the end, and measure on the way."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any

from bench.consumption import PeakMemory, busy_seconds, cpu_of, pss_bytes
from bench.driver import Post, drive, raw_request
from bench.figures import Asked, Consumption, Figures, figures, is_settled, percentile
from bench.load import Load
from bench.server import BOT, FLOOR, Server
from bench.simulation import Simulation

EVENT_PATH = "/webhook/event"
WARM_UPS = 8
WARM_UP_CHUNKS = 5
WARM_UP_SECONDS = 20.0
# The documented limits count for a second; the idle bot is measured meanwhile.
REST_SECONDS = 3.0
LOOK_SECONDS = 0.25
# The bot is done when the platform has not been called for so long.
QUIET_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    load: Load
    figures: Figures
    consumption: Consumption


def measure(load: Load, *, rest: float = REST_SECONDS) -> Run:
    """Put the bot under this load, in fresh processes with a fresh database.

    `rest` is how long it is left alone before, in seconds, to see what it takes when idle.
    """
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Simulation(load) as simulation,
        Server(BOT, simulation, Path(folder)) as bot,
    ):
        warm_up(simulation, bot, load)
        simulation.set(chunks=load.chunks)
        return _measure(load, simulation, bot, rest)


def ack_floor(load: Load) -> dict[str, float | None]:
    """How fast the same posts are answered by an app that does nothing, in seconds."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Simulation(load) as simulation,
        Server(FLOOR, simulation, Path(folder)) as server,
    ):
        _, requests = prepare(simulation, server.port, WARM_UPS, "warm-up")
        drive(server.port, requests, load.rate)
        _, requests = prepare(simulation, server.port, load.conversations, "floor")
        seconds = [post.seconds for post in drive(server.port, requests, load.rate)]
    return {"p50": percentile(seconds, 50), "p99": percentile(seconds, 99), "max": max(seconds)}


def _measure(load: Load, simulation: Simulation, bot: Server, rest: float) -> Run:
    pid, simulator_pid = bot.process.pid, simulation.process.pid
    since = time.monotonic()
    ids, requests = prepare(simulation, bot.port, load.conversations, "question")
    idle_cpu = _idle_cpu(pid, rest)
    pss_rest = pss_bytes(pid)
    before = simulation.counts()
    began, busy = time.monotonic(), busy_seconds()
    cpu_before, simulator_before = cpu_of(pid), cpu_of(simulator_pid)
    with PeakMemory(pid) as memory:
        posts = drive(bot.port, requests, load.rate)
        after = wait_until_settled(simulation, ids, load, since, posts)
        took = time.monotonic() - began
        cpu = cpu_of(pid).since(cpu_before)
        simulator_cpu = cpu_of(simulator_pid).since(simulator_before).total
        foreign = busy_seconds() - busy - cpu.total - simulator_cpu
    consumption = Consumption(
        cpu_per_answer=(cpu.total - idle_cpu * took) / load.conversations,
        system_per_answer=cpu.system / load.conversations,
        cpu_idle=idle_cpu,
        pss_rest=pss_rest,
        pss_peak=memory.peak,
        start_seconds=bot.start_seconds,
        seconds=took,
        simulator_cpu=simulator_cpu,
        foreign_share=max(0.0, foreign) / took / (os.cpu_count() or 1),
        driver_late=max(post.late for post in posts),
    )
    asked = list(starmap(Asked, zip(ids, posts, strict=True)))
    found = figures(asked, before, after, answer_seconds=load.answer_seconds)
    return Run(load, found, consumption)


def prepare(
    simulation: Simulation, port: int, count: int, word: str
) -> tuple[list[str], list[bytes]]:
    """Put questions into the simulator and encrypt their events; message ids and raw requests."""
    from feishu_simulator.credentials import Credentials
    from feishu_simulator.encryption import encrypt_and_sign

    credentials = Credentials()
    ids, requests = [], []
    for number in range(count):
        envelope = simulation.say(f"{word} {number:04d}", f"This is {word} {number:04d}.")
        body, headers = encrypt_and_sign(envelope, credentials)
        ids.append(envelope["event"]["message"]["message_id"])
        requests.append(raw_request(port, EVENT_PATH, headers, body))
    return ids, requests


def warm_up(simulation: Simulation, bot: Server, load: Load) -> None:
    """A few short answers, so that nothing is done for the first time when it counts."""
    simulation.set(chunks=WARM_UP_CHUNKS)
    since = time.monotonic()
    ids, requests = prepare(simulation, bot.port, WARM_UPS, "warm-up")
    drive(bot.port, requests, load.rate)
    until = time.monotonic() + WARM_UP_SECONDS
    while not is_settled(ids, simulation.report(since)):
        if time.monotonic() > until:
            raise RuntimeError(f"no answer to the warm-up:\n{bot.log[-4000:]}")
        time.sleep(LOOK_SECONDS)


def _idle_cpu(pid: int, rest: float) -> float:
    """CPU seconds a second of a bot that has nothing to do."""
    time.sleep(min(rest, QUIET_SECONDS))
    before, began = cpu_of(pid), time.monotonic()
    time.sleep(rest)
    return cpu_of(pid).since(before).total / (time.monotonic() - began)


def wait_until_settled(
    simulation: Simulation, ids: list[str], load: Load, since: float, posts: list[Post]
) -> dict[str, Any]:
    """The report when all is answered and quiet, or at the deadline.

    Looking costs the simulator time, so the whole report is made only once it is quiet.
    """
    began = min(post.at for post in posts)
    earliest = max(post.at for post in posts) + load.answer_seconds
    calls, quiet_since = -1, time.monotonic()
    while (now := time.monotonic()) < began + load.deadline:
        apis = simulation.counts()["apis"]
        total = sum(api["calls"] for api in apis.values())
        if total != calls:
            calls, quiet_since = total, now
        elif now > max(earliest, quiet_since) + QUIET_SECONDS:
            report = simulation.report(since)
            if is_settled(ids, report):
                return report
            quiet_since = now
        time.sleep(LOOK_SECONDS)
    return simulation.report(since)
