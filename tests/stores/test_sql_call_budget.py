from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa

from feishu_bot.core.call_budget.shares import FLOOR_SECONDS, LEASE_SECONDS, Holding
from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import Database, WorkerId
from feishu_bot.stores.call_budget import SqlCallBudget
from feishu_bot.stores.schema import call_holdings


@pytest.fixture
def store(database: Database) -> SqlCallBudget:
    return SqlCallBudget(database, worker=WorkerId())


@pytest.fixture
def other(other_database: Database) -> SqlCallBudget:
    return SqlCallBudget(other_database, worker=WorkerId())


def holding(process: str, now: float, **more: float) -> Holding:
    ends_at = now + LEASE_SECONDS
    whole = Holding(
        process=process,
        second=23,
        minute=400,
        spent=30,
        demand=5,
        floor=2,
        ends_at=ends_at,
        gone_at=ends_at + FLOOR_SECONDS,
    )
    return replace(whole, **more)


def put(store: SqlCallBudget, **more: float) -> tuple[float, list[Holding]]:
    """Store a holding; the time and what others hold."""
    told: list[tuple[float, list[Holding]]] = []

    def decide(now: float, others: Sequence[Holding]) -> Holding:
        told.append((now, list(others)))
        shifted = {name: now + at if name.endswith("_at") else at for name, at in more.items()}
        return holding(store.process, now, **shifted)

    store.exchange(decide)
    return told[0]


def test_each_is_told_the_time_and_what_the_others_hold(
    store: SqlCallBudget, other: SqlCallBudget
) -> None:
    began, nobody = put(store, second=10)
    put(store, second=11)
    now, others = put(other)

    assert nobody == []
    assert [one.process for one in others] == [store.process]
    assert others[0].second == 11
    assert 0.0 <= now - began < 60.0
    assert now <= others[0].ends_at <= now + LEASE_SECONDS


def test_nobody_else_exchanges_meanwhile(store: SqlCallBudget, other: SqlCallBudget) -> None:
    seen: list[list[Holding]] = []

    def late() -> None:
        seen.append(put(other)[1])

    thread = threading.Thread(target=late)

    def decide(now: float, others: Sequence[Holding]) -> Holding:
        thread.start()
        thread.join(0.2)
        assert not seen
        return holding(store.process, now)

    store.exchange(decide)
    thread.join(10)

    assert [one.process for (one,) in seen] == [store.process]


def test_what_fails_is_not_stored(store: SqlCallBudget, other: SqlCallBudget) -> None:
    def fail(_now: float, _others: Sequence[Holding]) -> Holding:
        raise KeyError

    with pytest.raises(KeyError):
        store.exchange(fail)

    assert put(other)[1] == []


def renamed(database: Database, process: str, name: str) -> None:
    with database.write() as connection:
        mine = call_holdings.c.process == process
        connection.execute(sa.update(call_holdings).where(mine).values(process=name))


def test_a_process_of_this_host_that_died_is_gone_at_once(
    store: SqlCallBudget, other: SqlCallBudget, database: Database
) -> None:
    put(store)
    host, _, started, suffix = store.process.split("|")
    # No process has this number: the kernel's largest is 2^22.
    renamed(database, store.process, f"{host}|99999999|{started}|{suffix}")
    now, (dead,) = put(other)

    assert dead.second == 23
    assert now - 1.0 < dead.ends_at == dead.gone_at <= now
    assert put(other)[1] == [dead]


def test_a_process_of_another_host_has_what_it_has(
    store: SqlCallBudget, other: SqlCallBudget, database: Database
) -> None:
    put(store)
    renamed(database, store.process, "elsewhere|99999999|1|abc")
    now, (unknown,) = put(other)

    assert unknown.is_alive(now)


def test_what_is_long_over_is_deleted(store: SqlCallBudget, other: SqlCallBudget) -> None:
    put(store, ends_at=-1000.0, gone_at=-700.0)

    assert put(other)[1] == []


def test_a_clock_that_is_set_back_makes_no_lease_longer(
    store: SqlCallBudget, other: SqlCallBudget
) -> None:
    put(store, ends_at=3600.0, gone_at=3900.0)
    now, (kept,) = put(other)

    assert kept.ends_at <= now + LEASE_SECONDS
    assert kept.gone_at <= now + LEASE_SECONDS + FLOOR_SECONDS
    assert put(other)[1] == [kept]


def test_who_is_frozen_in_the_middle_keeps_nobody_for_long(
    store: SqlCallBudget, other: SqlCallBudget, backend: str
) -> None:
    if backend == "sqlite":
        pytest.skip("one host, where a file lock can't be taken from a process")
    frozen, go_on = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def freeze(now: float, others: Sequence[Holding]) -> Holding:
        frozen.set()
        go_on.wait(20)
        return holding(store.process, now)

    def run(exchange: Callable[[], object]) -> None:
        try:
            exchange()
        except StoreUnavailable as exc:
            failed.append(exc)

    thread = threading.Thread(target=run, args=(lambda: store.exchange(freeze),))
    thread.start()
    assert frozen.wait(10)
    for _ in range(10):
        failed.clear()
        run(lambda: put(other))
        if not failed:
            break
    assert not failed

    go_on.set()
    thread.join(10)

    # What the frozen one had decided isn't stored.
    assert failed
    assert put(other)[1] == []
