"""CPU and memory of a process and everything below it, read from /proc."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.5


def tree(pid: int) -> list[int]:
    """The process and its descendants that are alive."""
    pids = [pid]
    for parent in pids:
        pids += _children(parent)
    return pids


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds in user and in system mode."""

    user: float
    system: float

    @property
    def total(self) -> float:
        return self.user + self.system

    def since(self, before: Cpu) -> Cpu:
        return Cpu(self.user - before.user, self.system - before.system)


def cpu_of(pid: int) -> Cpu:
    """The CPU time of a process tree so far, ended children included."""
    ticks = [_cpu_ticks(member) for member in tree(pid)]
    user, system = (sum(column) / TICKS_PER_SECOND for column in zip(*ticks, strict=True))
    return Cpu(user, system)


def pss_bytes(pid: int) -> int:
    """The proportional set size of the tree: shared pages count once, split among their users."""
    return sum(map(own_pss_bytes, tree(pid)))


def own_pss_bytes(pid: int) -> int:
    """The proportional set size of this process alone; 0 when it has ended."""
    for line in _lines(PROC / str(pid) / "smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def busy_seconds() -> float:
    """CPU seconds of the whole machine that were not idle, since it was started."""
    for line in _lines(PROC / "stat"):
        name, *ticks = line.split()
        if name == "cpu":
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, ticks[:8])
            return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
    return 0.0


class Sampler:
    """Calls `look` at once, and every so many seconds while it is entered."""

    def __init__(self, look: Callable[[], None], seconds: float) -> None:
        self._look = look
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self._look()
            if self._over.wait(self._seconds):
                return


class PeakMemory(Sampler):
    """Looks at the memory of a tree twice a second while it is entered."""

    def __init__(self, pid: int) -> None:
        super().__init__(self._note, SAMPLE_SECONDS)
        self.peak = 0
        self._pid = pid

    def _note(self) -> None:
        self.peak = max(self.peak, pss_bytes(self._pid))


def _children(pid: int) -> Iterator[int]:
    try:
        threads = list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return
    for thread in threads:
        for line in _lines(thread / "children"):
            yield from map(int, line.split())


def _cpu_ticks(pid: int) -> tuple[int, int]:
    """User and system time in ticks."""
    for line in _lines(PROC / str(pid) / "stat"):
        # The name in brackets may hold spaces: utime, stime, cutime, cstime are 14 to 17.
        user, system, ended_user, ended_system = map(int, line.rpartition(")")[2].split()[11:15])
        return user + ended_user, system + ended_system
    return 0, 0


def _lines(path: Path) -> list[str]:
    """The lines of a file, none when the process has ended meanwhile."""
    try:
        return path.read_text("utf-8").splitlines()
    except OSError:
        return []
