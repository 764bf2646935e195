"""Threads that go on until they are told to end."""

from __future__ import annotations

import threading

from feishu_bot.background_thread import BackgroundThread, PeriodicThread
from tests.polling import eventually


def test_it_runs_under_its_name_until_it_is_stopped() -> None:
    names: list[str] = []

    def run() -> None:
        names.append(threading.current_thread().name)
        while not thread.wait(60):
            pass

    thread = BackgroundThread("looker", run)
    assert not thread.is_alive()
    thread.start()
    eventually(lambda: names == ["looker"])
    assert thread.is_alive()
    thread.stop()

    assert thread.is_closing()
    assert not thread.is_alive()


def test_stop_wakes_it_from_what_else_it_waits_for() -> None:
    wanted = threading.Event()
    thread = BackgroundThread("waiter", lambda: wanted.wait(60) and None, wake=wanted.set)
    thread.start()
    thread.stop()

    assert not thread.is_alive()


def test_one_that_does_not_end_is_left_behind() -> None:
    released = threading.Event()
    thread = BackgroundThread("stuck", lambda: released.wait(60) and None, join_seconds=0.01)
    thread.start()
    thread.stop()

    assert thread.is_alive()
    released.set()
    eventually(lambda: not thread.is_alive())


def test_stopping_what_never_began_does_nothing() -> None:
    BackgroundThread("never", lambda: None).stop()


def test_it_can_begin_again() -> None:
    times: list[int] = []
    thread = PeriodicThread("again", lambda: times.append(1), seconds=0.001, failed="-")
    for _ in range(2):
        times.clear()
        thread.start()
        eventually(lambda: bool(times))
        thread.stop()


def test_a_periodic_one_goes_on_after_a_failure_and_logs_it(caplog) -> None:
    times: list[int] = []

    def work() -> None:
        times.append(1)
        if len(times) == 1:
            raise ValueError("once")

    thread = PeriodicThread("look", work, seconds=0.001, first_seconds=0.0, failed="could not look")
    thread.start()
    eventually(lambda: len(times) > 1)
    thread.stop()

    assert [record.getMessage() for record in caplog.records] == ["could not look"]
