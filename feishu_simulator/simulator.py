"""The simulated Feishu and the simulated gateway on two loopback ports."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

from feishu_simulator.control import control_app
from feishu_simulator.credentials import Credentials
from feishu_simulator.desk.desk import Desk
from feishu_simulator.feishu import Feishu
from feishu_simulator.feishu_app import feishu_app
from feishu_simulator.gateway import Gateway
from feishu_simulator.gateway_app import gateway_app
from feishu_simulator.long_connection.endpoint import endpoint_app
from feishu_simulator.server import LoopbackServer


class Simulator:
    """A context manager; or call start() and stop(). It can be started once.

    `latency` in seconds is added to every API call. With `enforce_limits` calls over a rate limit
    are refused. Port 0 is any free port.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        latency: float = 0.0,
        enforce_limits: bool = False,
        clock: Callable[[], float] = time.monotonic,
        feishu_port: int = 0,
        gateway_port: int = 0,
    ) -> None:
        self.feishu = Feishu(
            credentials or Credentials(),
            latency=latency,
            enforce_limits=enforce_limits,
            clock=clock,
        )
        self.gateway = Gateway(self.feishu.state.notify)
        self.desk = Desk(self.feishu, self.gateway)
        self._ports = feishu_port, gateway_port
        self._servers: list[LoopbackServer] = []

    @property
    def credentials(self) -> Credentials:
        """The app's, as they are in force."""
        return self.feishu.credentials

    def start(self) -> Self:
        """Listen on both ports, and set `feishu.url` and `gateway.url`."""
        feishu_port, gateway_port = self._ports
        page = control_app(self.desk, self.gateway)
        other = endpoint_app(self.feishu.long_connections, self.feishu.api.stopping, page)
        platform = feishu_app(self.feishu.api, self.feishu.registration, other)
        self._servers.append(LoopbackServer(platform, feishu_port))
        self._servers.append(LoopbackServer(gateway_app(self.gateway), gateway_port))
        self.feishu.url, self.gateway.url = (server.url for server in self._servers)
        for server in self._servers:
            server.start()
        return self

    def stop(self) -> None:
        """End pushes, streams and servers. A second call does nothing."""
        self.gateway.stop()
        self.feishu.stop()
        while self._servers:
            self._servers.pop().stop()

    @property
    def page_url(self) -> str:
        """The address of the page."""
        return self.feishu.url

    @property
    def feishu_connections(self) -> int:
        """The number of connections that clients have opened to the platform so far."""
        return self._servers[0].accepted

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
