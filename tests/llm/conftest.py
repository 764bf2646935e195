"""A fault server, and a gateway that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feishu_bot.core.chat_model import ChatMessage, Prompt, StreamEvent
from feishu_bot.llm import Gateway

from . import fault_server
from .fault_server import FaultServer

PROMPT = Prompt(messages=(ChatMessage("user", "hello"),))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    running, stop = fault_server.start()
    yield running
    stop()


@pytest.fixture
def make_gateway(server: FaultServer) -> Iterator[Callable[..., Gateway]]:
    """Builds gateways to the fault server that wait for nothing between tries."""
    gateways: list[Gateway] = []

    def make(**changes: Any) -> Gateway:
        defaults: dict[str, Any] = {
            "api_url": server.url,
            "keys": ["sk-first-0000000000000001"],
            "model": "wanted-model",
            "backoff": lambda attempt: 0.0,
            "first_token_timeout": 5.0,
            "idle_timeout": 5.0,
        }
        gateways.append(Gateway(**(defaults | changes)))
        return gateways[-1]

    yield make
    for gateway in gateways:
        gateway.close()


@pytest.fixture
def ask(make_gateway: Callable[..., Gateway]) -> Callable[..., list[StreamEvent]]:
    """Asks a new gateway and returns all pieces of the answer."""

    def ask(**changes: Any) -> list[StreamEvent]:
        return list(make_gateway(**changes).stream(PROMPT))

    return ask
