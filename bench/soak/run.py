"""A thousand questions for three replicas that are disturbed all the while."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.database import postgres
from bench.name_server import NameServer
from bench.places import free_port
from bench.proxies import nginx_for_replicas, program
from bench.running_bot import bot_environment
from bench.soak.disturbance import Disturbance
from bench.soak.faults import AT_THE_DOOR, AWAY, faults
from bench.soak.links import (
    FEISHU,
    MODEL,
    POSTGRES,
    Links,
    RelayedLinks,
    Relays,
    to_socket,
)
from bench.soak.namespaces import Namespaces
from bench.soak.records import Records, from_database, from_simulator
from bench.soak.replica import Replica
from bench.soak.talk import Asking, askings, is_whole, read_request
from feishu_simulator import Script, Simulator

# Feishu's own pace, but for its repeats: those of five minutes and more would be too late here.
LATENCY = 0.05
REPEATS = (15.0, 15.0, 15.0, 15.0)
FIRST, BETWEEN = 0.3, 0.1
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. Times are in seconds: `asking` is for how long people ask, `settling` how long the
    end is waited for, and `quiet` for how long nothing may happen at the end.
    """

    seed: int
    in_namespaces: bool
    replicas: int = 3
    questions: int = 1000
    people: int = 100
    words: int = 40
    lease: float = 6.0
    asking: float = 150.0
    settling: float = 100.0
    quiet: float = 3.0
    is_disturbed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it; `faults` by their kind, `failure` where the run itself broke off."""

    records: Records
    faults: Counter[str]
    links: str
    seconds: float
    failure: str


def run(plan: Plan, folder: Path) -> Outcome:
    """Ask, disturb, wait for the end; the replicas' logs stay in `folder`."""
    began = time.monotonic()
    with ExitStack() as stack:
        simulator = stack.enter_context(_simulator(plan))
        database, port = stack.enter_context(_database())
        links = stack.enter_context(_links(plan, simulator, port))
        replicas = _replicas(plan, simulator, links, folder)
        stack.callback(_stop, replicas)
        for one in replicas:
            one.start()
        for one in replicas:
            one.wait_until_up()
        simulator.feishu.bot_url = stack.enter_context(_nginx(links, folder))

        done: Counter[str] = Counter()
        disturbances: list[Disturbance] = []
        with ExitStack() as disturbed:
            for kinds in (AT_THE_DOOR, AWAY) if plan.is_disturbed else ():
                drawn = faults(plan.seed, kinds, plan.replicas, plan.lease)
                one = Disturbance(drawn, replicas, links, done)
                disturbances.append(disturbed.enter_context(one))
            _ask(simulator, askings(plan.seed, plan.questions, plan.people, plan.asking))
        engine = sa.create_engine(database)
        stack.callback(engine.dispose)
        _wait_for_the_end(simulator, engine, plan)
        turns, open_jobs = from_database(engine)
        records = replace(from_simulator(simulator, plan.words), turns=turns, open_jobs=open_jobs)
    failures = [str(one.failure) for one in disturbances if one.failure]
    took = time.monotonic() - began
    return Outcome(
        records=records,
        faults=done,
        links=links.description,
        seconds=took,
        failure="; ".join(failures),
    )


@contextmanager
def _simulator(plan: Plan) -> Iterator[Simulator]:
    with Simulator(latency=LATENCY, enforce_limits=True) as simulator:
        simulator.feishu.deliveries.retry_seconds = REPEATS
        simulator.gateway.first, simulator.gateway.between = FIRST, BETWEEN
        simulator.gateway.respond_with(lambda body: _script(body, plan.words))
        yield simulator


def _script(body: dict[str, Any], words: int) -> Script:
    request = read_request(body)
    if request is None:
        return Script.text("fine")
    return Script.chunks(request.name.answer(words)[request.begun :])


@contextmanager
def _database() -> Iterator[tuple[str, int]]:
    """The address of a PostgreSQL on its socket, and the port at which it is found, too."""
    with postgres() as database, Relays() as relays:
        (folder,) = (sa.make_url(database.url).query["host"],)
        port = free_port()
        relays.add("127.0.0.1", port, to_socket(Path(str(folder), ".s.PGSQL.5432")))
        yield database.url, port


def _links(plan: Plan, simulator: Simulator, postgres_port: int) -> Links:
    ports = {
        POSTGRES: postgres_port,
        FEISHU: int(simulator.feishu.url.rpartition(":")[2]),
        MODEL: int(simulator.gateway.url.rpartition(":")[2]),
    }
    kind = Namespaces if plan.in_namespaces else RelayedLinks
    return kind(plan.replicas, ports)


def _replicas(plan: Plan, simulator: Simulator, links: Links, folder: Path) -> list[Replica]:
    found = []
    for number, host in enumerate(links.hosts()):
        own = folder / f"replica-{number}"
        own.mkdir(parents=True)
        bind, port = links.listening(number)
        at = {peer: f"127.0.0.1:{links.port(number, peer)}" for peer in (POSTGRES, FEISHU, MODEL)}
        environ = bot_environment(
            simulator.credentials,
            feishu_url=f"http://{at[FEISHU]}",
            key=simulator.gateway.keys[0],
            gateway_url=f"http://{at[MODEL]}",
            folder=own,
            port=port,
            BIND=bind,
            DATABASE_URL=f"postgresql://postgres@{at[POSTGRES]}/postgres",
            LEASE_SECONDS=str(plan.lease),
        )
        found.append(
            Replica(
                host=host,
                port=links.front_port,
                command=links.command(number),
                environ=environ,
                folder=own,
            )
        )
    return found


def _stop(replicas: Sequence[Replica]) -> None:
    threads = [threading.Thread(target=one.stop) for one in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def _nginx(links: Links, folder: Path) -> Iterator[str]:
    front = free_port()
    with NameServer(links.hosts()) as names:
        command = nginx_for_replicas(folder, front, links.front_port, names.port)
        with program(command, front, folder):
            yield f"http://127.0.0.1:{front}"


def _ask(simulator: Simulator, asked: Sequence[Asking]) -> None:
    feishu = simulator.feishu
    people = {name: feishu.add_person(f"Person {name}") for name in {a.name.person for a in asked}}
    chats = {name: feishu.private_chat(person) for name, person in people.items()}
    began = time.monotonic()
    for one in asked:
        time.sleep(max(0.0, began + one.at - time.monotonic()))
        person = one.name.person
        feishu.say(chats[person], people[person], one.name.text)


def _wait_for_the_end(simulator: Simulator, engine: sa.Engine, plan: Plan) -> None:
    """Wait until every question has its whole answer and nothing happens any more."""
    until = time.monotonic() + plan.settling
    calls, quiet_since = -1, 0.0
    while (now := time.monotonic()) < until:
        total = sum(simulator.feishu.api.counts.values())
        if total != calls:
            calls, quiet_since = total, now
        elif now - quiet_since > plan.quiet and _is_settled(simulator, engine, plan):
            return
        time.sleep(LOOK_SECONDS)


def _is_settled(simulator: Simulator, engine: sa.Engine, plan: Plan) -> bool:
    _, open_jobs = from_database(engine)
    records = from_simulator(simulator, plan.words)
    return not open_jobs and all(
        any(
            is_whole(one.name, answer.text, plan.words) and not answer.is_streaming
            for answer in one.answers
        )
        for one in records.asked
    )
