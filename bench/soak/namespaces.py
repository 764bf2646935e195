"""Each replica in a network namespace of its own, with a virtual cable to ours (Linux, root).

Ours is a new one, too: nothing of the machine's own network is changed, and what is left over
after a crash is a name in /run/netns.

In its own network a replica finds Feishu, the model and PostgreSQL at 127.0.0.1, as in `make run`:
the kernel passes those connections on to our 127.0.0.1, through the cable. A cut is a rule that
drops the packets of a port, in both directions.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from bench.soak.links import NGINX

_CLONE_NEWNET = 0x40000000
_FRONT_PORT = 9000
_LOCALNET = Path("/proc/sys/net/ipv4/conf/all/route_localnet")


def why_not() -> str:
    """Why this machine doesn't allow namespaces; empty where it does."""
    if os.geteuid() != 0:
        return "that takes root"
    for program in ("ip", "iptables"):
        if not shutil.which(program):
            return (
                f"{program} isn't installed (Debian and Ubuntu: apt-get install iproute2 iptables)"
            )
    # In a namespace of a child, so that nothing changes here.
    probe = ["unshare", "--net", "iptables", "-t", "nat", "-L"]
    try:
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
    except OSError:
        return "unshare isn't installed"
    return "" if done.returncode == 0 else f"the kernel says: {done.stderr.strip()}"


def enter_new_network() -> None:
    """Leave the machine's network for an empty one with a loopback. Raises OSError.

    For this thread and all that it starts: to be called before there are others.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    _run("ip", "link", "set", "lo", "up")
    # Connections from a replica's network may end at our 127.0.0.1.
    _LOCALNET.write_text("1")
    _run("iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp",
         "-j", "DNAT", "--to-destination", "127.0.0.1")  # fmt: skip


class Namespaces:
    """Implements `Links`. `ports` are those of the peers at 127.0.0.1 here."""

    description = "network namespaces"
    front_port = _FRONT_PORT

    def __init__(self, replicas: int, ports: Mapping[str, int]) -> None:
        self._names = [f"soak-{os.getpid()}-{number}" for number in range(replicas)]
        self._ports = {NGINX: _FRONT_PORT, **ports}

    def __enter__(self) -> Self:
        for number, name in enumerate(self._names):
            self._make(number, name)
        return self

    def _make(self, number: int, name: str) -> None:
        here, there = f"soak{number}", "out"
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        _run("ip", "addr", "add", f"{_near(number)}/24", "dev", here)
        _run("ip", "link", "set", here, "up")
        _run("ip", "-n", name, "addr", "add", f"{_far(number)}/24", "dev", there)
        _run("ip", "-n", name, "link", "set", there, "up")
        _run("ip", "-n", name, "link", "set", "lo", "up")
        self._inside(number, "sh", "-c", f"echo 1 > {_LOCALNET}")
        outward = ",".join(str(port) for peer, port in self._ports.items() if peer != NGINX)
        self._inside(number, "iptables", "-t", "nat", "-A", "OUTPUT", "-d", "127.0.0.1",
                     "-p", "tcp", "-m", "multiport", "--dports", outward,
                     "-j", "DNAT", "--to-destination", _near(number))  # fmt: skip
        self._inside(number, "iptables", "-t", "nat", "-A", "POSTROUTING", "-o", there,
                     "-j", "MASQUERADE")  # fmt: skip

    def __exit__(self, *exc_info: object) -> None:
        for name in self._names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def hosts(self) -> Sequence[str]:
        return [_far(number) for number in range(len(self._names))]

    def listening(self, replica: int) -> tuple[str, int]:
        return "0.0.0.0", _FRONT_PORT

    def port(self, replica: int, peer: str) -> int:
        return self._ports[peer]

    def command(self, replica: int) -> list[str]:
        return ["ip", "netns", "exec", self._names[replica]]

    def cut(self, replica: int, peers: Sequence[str]) -> None:
        self._change("-I", replica, peers)

    def mend(self, replica: int, peers: Sequence[str]) -> None:
        self._change("-D", replica, peers)

    def _change(self, what: str, replica: int, peers: Sequence[str]) -> None:
        for peer in peers:
            # The replica's server listens; to the others it connects.
            near, far = ("--dport", "--sport") if peer == NGINX else ("--sport", "--dport")
            port = str(self._ports[peer])
            for chain, side in (("INPUT", near), ("OUTPUT", far)):
                self._inside(
                    replica, "iptables", what, chain, "-p", "tcp", side, port, "-j", "DROP"
                )

    def _inside(self, replica: int, *command: str) -> None:
        _run(*self.command(replica), *command)


def _near(replica: int) -> str:
    return f"10.77.{replica}.1"


def _far(replica: int) -> str:
    return f"10.77.{replica}.2"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
