from __future__ import annotations

import os
import subprocess
import sys

from feishu_bot.stores import WorkerId


def name_of(worker: WorkerId, *, host: str = "", pid: int | str = "", started: str = "") -> str:
    own_host, own_pid, own_start, suffix = str(worker).split("|")
    return "|".join((host or own_host, str(pid or own_pid), started or own_start, suffix))


def test_a_name_says_host_and_process() -> None:
    host, pid, _, _ = str(WorkerId()).split("|")

    assert host
    assert int(pid) == os.getpid()


def test_two_workers_of_one_process_have_different_names() -> None:
    assert str(WorkerId()) != str(WorkerId())


def test_a_worker_keeps_its_name() -> None:
    worker = WorkerId()

    assert str(worker) == str(worker)


def test_another_worker_of_a_running_process_is_alive() -> None:
    assert not WorkerId().is_dead(str(WorkerId()))


def test_a_pid_that_was_given_to_a_new_process_is_dead() -> None:
    worker = WorkerId()

    assert worker.is_dead(name_of(worker, started="1"))


def test_a_killed_process_is_dead_before_anybody_has_waited_for_it() -> None:
    worker = WorkerId()
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = name_of(worker, pid=process.pid)

    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    dead_unwaited = worker.is_dead(name)
    process.communicate()

    assert dead_unwaited
    assert worker.is_dead(name)


def test_nothing_is_known_of_other_hosts() -> None:
    worker = WorkerId()

    assert not worker.is_dead(name_of(worker, host="elsewhere", started="1"))
