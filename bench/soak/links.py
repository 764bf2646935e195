"""The ways between a replica and everything else, each of which can be cut.

A cut is silent: nothing arrives any more, and nobody is told. Where the machine allows it, each
replica has a network of its own and the kernel drops its packets; else everything goes through a
relay that stops passing bytes on.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from bench.places import free_port

NGINX, POSTGRES, FEISHU, MODEL = PEERS = ("nginx", "PostgreSQL", "Feishu", "the model")
PIECE = 65536
# Of a connection through which nothing comes any more, as the bot has PostgreSQL set it.
KEEPALIVE = {socket.TCP_KEEPIDLE: 5, socket.TCP_KEEPINTVL: 2, socket.TCP_KEEPCNT: 3}
T = TypeVar("T")
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Links(Protocol):
    """Between replicas, which are numbered from 0, and the peers."""

    description: str

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...

    def hosts(self) -> Sequence[str]:
        """The addresses at which nginx finds the replicas, all on `front_port`."""

    @property
    def front_port(self) -> int: ...

    def listening(self, replica: int) -> tuple[str, int]:
        """Where the replica itself listens."""

    def port(self, replica: int, peer: str) -> int:
        """The port of a peer, at 127.0.0.1 as the replica sees it."""

    def command(self, replica: int) -> list[str]:
        """What stands before the command that starts the replica."""

    def cut(self, replica: int, peers: Sequence[str]) -> None:
        """Let nothing through any more."""

    def mend(self, replica: int, peers: Sequence[str]) -> None:
        """Let everything through again."""


class Relays:
    """Passes TCP connections on, in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        passing = asyncio.all_tasks() - {asyncio.current_task()}
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
        # Connections are closed by what their ends have put down for it.
        await asyncio.sleep(0)

    def add(self, host: str, port: int, connect: Connect) -> Relay:
        """Listen there; each connection is passed on to one that `connect` makes."""
        relay = self._run(_make_relay(connect))
        server = self._run(asyncio.start_server(relay.serve, host, port))
        self._servers.append(server)
        return relay

    def set_open(self, relay: Relay, *, is_open: bool) -> None:
        """Let it pass bytes on, or keep them."""
        change = relay.is_open.set if is_open else relay.is_open.clear
        self._loop.call_soon_threadsafe(change)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)


@dataclass(frozen=True)
class Relay:
    """Passes bytes on in both directions while `is_open`."""

    connect: Connect
    is_open: asyncio.Event

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes here until both sides have ended."""
        near: socket.socket = writer.get_extra_info("socket")
        near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE.items():
            near.setsockopt(socket.IPPROTO_TCP, option, value)
        await self.is_open.wait()
        try:
            far_reader, far_writer = await self.connect()
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        except asyncio.CancelledError:
            writer.transport.abort()
            far_writer.transport.abort()
            raise

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE):
                await self.is_open.wait()
                writer.write(data)
                await writer.drain()
        await self.is_open.wait()
        writer.close()


async def _make_relay(connect: Connect) -> Relay:
    is_open = asyncio.Event()
    is_open.set()
    return Relay(connect, is_open)


def to_port(port: int, host: str = "127.0.0.1") -> Connect:
    """Connections to a port."""
    return lambda: asyncio.open_connection(host, port)


def to_socket(path: Path) -> Connect:
    """Connections to a Unix socket."""
    return lambda: asyncio.open_unix_connection(path)


class RelayedLinks:
    """All on this machine's loopback, through relays. `ports` are those of the peers there."""

    description = "relays"

    def __init__(self, replicas: int, ports: Mapping[str, int]) -> None:
        self._hosts = [f"127.0.0.{11 + number}" for number in range(replicas)]
        self._targets = dict(ports)
        self._relays = Relays()
        self._by_link: dict[tuple[int, str], Relay] = {}
        self._ports: dict[tuple[int, str], int] = {}
        self._front_port = free_port()

    def __enter__(self) -> Self:
        self._relays.__enter__()
        for replica, host in enumerate(self._hosts):
            for peer, target in self._targets.items():
                self._add(replica, peer, "127.0.0.1", free_port(), target)
            own = self._ports[replica, NGINX] = free_port()
            relay = self._relays.add(host, self._front_port, to_port(own))
            self._by_link[replica, NGINX] = relay
        return self

    def _add(self, replica: int, peer: str, host: str, port: int, target: int) -> None:
        self._ports[replica, peer] = port
        self._by_link[replica, peer] = self._relays.add(host, port, to_port(target))

    def __exit__(self, *exc_info: object) -> None:
        self._relays.__exit__(*exc_info)

    def hosts(self) -> Sequence[str]:
        return self._hosts

    @property
    def front_port(self) -> int:
        return self._front_port

    def listening(self, replica: int) -> tuple[str, int]:
        return "127.0.0.1", self._ports[replica, NGINX]

    def port(self, replica: int, peer: str) -> int:
        return self._ports[replica, peer]

    def command(self, replica: int) -> list[str]:
        return []

    def cut(self, replica: int, peers: Sequence[str]) -> None:
        for peer in peers:
            self._relays.set_open(self._by_link[replica, peer], is_open=False)

    def mend(self, replica: int, peers: Sequence[str]) -> None:
        for peer in peers:
            self._relays.set_open(self._by_link[replica, peer], is_open=True)
