"""What is left on the keys, in the shapes of the gateways in use, and where there are none."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feishu_bot.core.balance import KeyBalance
from feishu_bot.llm.balance import FRESH_FOR, KeyBalances
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.keys import partial_key

from ..polling import Clock
from .fault_server import FaultServer, Request, Script, error, reply, stream

KEY = "sk-abcdefghijklmnopqrstuvwxyz0123"
OTHER = "sk-zyxwvutsrqponmlkjihgfedcba9876"
HTML = reply(200, b"<!doctype html><html></html>", content_type="text/html")


def by_address(subscription: Script, usage: Script) -> Script:
    def script(sock: socket.socket, request: Request) -> bool:
        return (subscription if request.path.endswith("/subscription") else usage)(sock, request)

    return script


def figures(limit: Any, cents: Any) -> Script:
    subscription = {"object": "billing_subscription", "hard_limit_usd": limit, "access_until": 0}
    usage = {"object": "list", "total_usage": cents}
    return by_address(reply(200, subscription), reply(200, usage))


def by_key(**scripts: Script) -> Script:
    def script(sock: socket.socket, request: Request) -> bool:
        return scripts["first" if request.key == KEY else "second"](sock, request)

    return script


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(server: FaultServer, clock: Clock) -> Iterator[Callable[..., KeyBalances]]:
    clients = Clients(api_url=server.url)

    def make(*keys: str, timeout: float = 5.0) -> KeyBalances:
        return KeyBalances(clients, keys or (KEY,), timeout=timeout, timer=clock)

    yield make
    clients.close()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (figures(10.0, 250.0), ("known", 10.0, 2.5)),
        (figures(10, 0), ("known", 10.0, 0.0)),
        (figures(100_000_000, 12.5), ("unlimited", 0.0, 0.0)),
        (figures(10.0, 1_000.0), ("used_up", 0.0, 0.0)),
        (figures(10.0, 1_200.0), ("used_up", 0.0, 0.0)),
        (error(401, "Key额度已用尽", "czloapi_error"), ("used_up", 0.0, 0.0)),
        (error(401, "该令牌额度已用尽", "one_api_error"), ("used_up", 0.0, 0.0)),
        (error(401, "令牌 x（#7）额度已用尽", "new_api_error"), ("used_up", 0.0, 0.0)),
        (error(401, "Key已过期", "czloapi_error"), ("refused", 0.0, 0.0)),
        (error(401, "无效的令牌", "one_api_error"), ("refused", 0.0, 0.0)),
        (error(401, "must be made with a session key", "x"), ("unknown", 0.0, 0.0)),
        (error(404, "Invalid URL (GET /v1/dashboard)", "x"), ("unknown", 0.0, 0.0)),
        (error(403, "no", "x"), ("unknown", 0.0, 0.0)),
        (HTML, ("unknown", 0.0, 0.0)),
        (reply(200, {"object": "list"}), ("unknown", 0.0, 0.0)),
        (reply(200, {"error": {"message": "record not found"}}), ("unknown", 0.0, 0.0)),
        (reply(200, {"success": False, "message": "没有权限"}), ("unknown", 0.0, 0.0)),
        (reply(200, [1]), ("unknown", 0.0, 0.0)),
        (figures("10", 0), ("unknown", 0.0, 0.0)),
        (figures(limit=True, cents=0), ("unknown", 0.0, 0.0)),
        (figures(10.0, None), ("unknown", 0.0, 0.0)),
        (by_address(figures(10.0, 0), HTML), ("unknown", 0.0, 0.0)),
        (reply(429), ("failed", 0.0, 0.0)),
        (reply(502, b"<html>bad gateway</html>", content_type="text/html"), ("failed", 0.0, 0.0)),
    ],
)
def test_every_shape_of_an_answer_has_its_meaning(
    make: Callable[..., KeyBalances], server: FaultServer, script: Script, expected: tuple
) -> None:
    server.will(script)

    (balance,) = make().of_keys()

    assert (balance.state, balance.granted, balance.used) == expected


def test_the_keys_stay_in_order_and_are_asked_at_the_same_time(
    make: Callable[..., KeyBalances], server: FaultServer
) -> None:
    both = threading.Barrier(2, timeout=5)

    def together(script: Script) -> Script:
        def wait(sock: socket.socket, request: Request) -> bool:
            if request.path.endswith("/subscription"):
                both.wait()
            return script(sock, request)

        return wait

    server.will(by_key(first=together(figures(1, 0)), second=together(figures(2, 0))))

    balances = make(KEY, OTHER).of_keys()

    assert [(item.key, item.granted) for item in balances] == [("sk-ab…0123", 1), ("sk-zy…9876", 2)]


def test_a_key_that_gives_no_answer_in_time_does_not_keep_the_others(
    make: Callable[..., KeyBalances], server: FaultServer
) -> None:
    stuck = threading.Event()
    server.will(by_key(first=stream(b" ", stuck), second=figures(2, 0)))
    began = time.monotonic()

    balances = make(KEY, OTHER, timeout=0.8).of_keys()
    stuck.set()

    assert [item.state for item in balances] == ["failed", "known"]
    assert time.monotonic() - began < 8


def test_a_gateway_that_cannot_be_reached_is_no_gateway_without_figures(clock: Clock) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        clients = Clients(api_url=f"http://127.0.0.1:{closed.getsockname()[1]}")

        balances = KeyBalances(clients, [KEY], timer=clock).of_keys()
        clients.close()

    assert balances == (KeyBalance(key="sk-ab…0123", state="failed"),)


def test_the_gateway_is_asked_once_a_minute(
    make: Callable[..., KeyBalances], server: FaultServer, clock: Clock
) -> None:
    server.will(figures(10.0, 250.0))
    balances = make()

    balances.of_keys()
    clock.tick(FRESH_FOR - 1)
    balances.of_keys()
    assert len(server.requests) == 2
    clock.tick(1)
    balances.of_keys()

    assert len(server.requests) == 4


@pytest.mark.parametrize("length", range(0, 80))
def test_never_more_than_a_third_of_a_key_is_shown(length: int) -> None:
    key = "".join(chr(0x4E00 + place) for place in range(length))

    shown = partial_key(key).replace("…", "")

    assert len(shown) <= length / 3
    assert key.startswith(shown[: len(shown) - 4])
    assert len(shown) <= 9


def test_a_whole_key_is_told_by_its_two_ends() -> None:
    assert partial_key("sk-ab" + "x" * 30 + "wxyz") == "sk-ab…wxyz"
    assert json.dumps(partial_key("")) == '"\\u2026"'
