"""Who holds leases on jobs: the name of a process, and the jobs that it has claimed."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from feishu_bot.core.jobs import Job

_PROC = Path("/proc")
_SEPARATOR = "|"


class WorkerId:
    """The name under which this process holds leases: `host|pid|start time|random suffix`.

    The name is made at first use, in each process for itself: an object made before a fork names
    the child in the child. The suffix tells several apps in one process apart.

    `host` includes the PID namespace, since a pid says nothing outside of it: containers that
    share a host name don't take each other for dead.
    """

    def __init__(self) -> None:
        self.host = f"{socket.gethostname()}{_pid_namespace()}"
        self._names: dict[int, str] = {}

    @override
    def __str__(self) -> str:
        pid = os.getpid()
        name = self._names.get(pid)
        if name is None:
            parts = (self.host, str(pid), _start_time(pid), secrets.token_hex(4))
            name = self._names.setdefault(pid, _SEPARATOR.join(parts))
        return name

    def is_dead(self, other: str) -> bool:
        """Whether the process of this name ran on this host and certainly doesn't any more."""
        host, pid, started, _ = other.split(_SEPARATOR)
        if host != self.host:
            return False
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return _start_time(int(pid)) not in ("", started)


class HeldLeases:
    """The ids of claimed jobs, safe to use from several threads.

    A job is held under one fencing token: when an old try gives up, a newer one stays held.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token_by_id: dict[int, int] = {}

    def ids(self) -> set[int]:
        with self._lock:
            return set(self._token_by_id)

    def add(self, job: Job) -> None:
        with self._lock:
            self._token_by_id[job.id] = job.fencing_token

    def remove(self, job: Job) -> None:
        with self._lock:
            if self._token_by_id.get(job.id) == job.fencing_token:
                del self._token_by_id[job.id]

    def drop(self, ids: Iterable[int]) -> None:
        with self._lock:
            for job_id in ids:
                self._token_by_id.pop(job_id, None)


@dataclass(frozen=True, slots=True)
class ForeignLease:
    """A lease of another process as it stood in the database; a renewal makes it another one."""

    job: int
    fencing_token: int
    renewals: int
    until: float


class LeaseWatch:
    """Finds the leases that have ended: those seen unchanged for `seconds` of our own `timer`.

    The holder counts from before its renewal, by a timer of its own, and we from after it: so it
    has stopped before we find out. No clock has to be right for that, and none may be set.
    """

    def __init__(self, seconds: float, timer: Callable[[], float]) -> None:
        self._seconds = seconds
        self._timer = timer
        self._lock = threading.Lock()
        self._seen_at: dict[ForeignLease, float] = {}

    def ended(self, leases: Iterable[ForeignLease]) -> list[ForeignLease]:
        """Those of all leases of others, as they stand now, that have ended."""
        now = self._timer()
        with self._lock:
            self._seen_at = {lease: self._seen_at.get(lease, now) for lease in leases}
            return [lease for lease, at in self._seen_at.items() if now - at > self._seconds]


def _pid_namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").readlink()).removeprefix("pid:")
    except OSError:
        return ""


def _start_time(pid: int) -> str:
    """When the process started, in the kernel's ticks; empty where there is no /proc.

    A killed process that nobody has waited for yet has no start time of interest: it is "dead".
    """
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    # The second field is the program's name in brackets and may hold anything, brackets too.
    state, *fields = stat.rpartition(")")[2].split()
    return "dead" if state in "ZX" else fields[18]
