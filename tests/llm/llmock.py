"""LLMock, somebody else's fault server, in a process of its own; it judges its clients."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.polling import wait_for_port

START_SECONDS = 20.0


class LLMock:
    """A running server. `url` is its address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def will(self, *behaviors: dict[str, Any]) -> None:
        """Forget what was asked, and treat the next requests like this."""
        self._call("POST", "/_llmock/reset", {})
        if behaviors:
            self._call("POST", "/_llmock/scenario", {"behaviors": list(behaviors)})

    def verdict(self) -> dict[str, Any]:
        """What it thinks of its client: `passed`, `attempts`, `findings`."""
        return self._call("GET", "/_llmock/verdict")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            return json.load(response)


def serve() -> Iterator[LLMock]:
    """Run the server on a free port of loopback until the generator is closed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "from llmock.cli import app; app()"
    options = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(
        [sys.executable, "-c", command, "serve", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process, timeout=START_SECONDS)
        yield LLMock(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)
