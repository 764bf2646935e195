"""The way out through the environment's proxy, as that of all calls to Feishu."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from feishu_bot.errors import FeishuUnavailable
from feishu_bot.feishu.api.network import proxy_for
from feishu_bot.feishu.long_connection import websocket
from feishu_bot.feishu.long_connection.websocket import open_socket
from feishu_simulator import Simulator


class Proxy:
    """Takes CONNECT, and passes on what comes; `refuses` with 407 instead."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.asked: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:geheim@127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._listener.accept()
            with client:
                self.asked.append(client.recv(4096))
                if self.refuses:
                    client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                    return
                host, port = self.asked[0].split()[1].decode().rsplit(":", 1)
                with socket.create_connection((host, int(port))) as server:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                    back.start()
                    _pump(client, server)
                    back.join(5)

    def close(self) -> None:
        self._listener.close()
        self._thread.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("wss://msg-frontier.feishu.cn/ws/v2", "http://proxy:1"),
        ("https://open.feishu.cn/callback", "http://proxy:1"),
        ("ws://127.0.0.1:9/ws/v2", ""),
        ("wss://inside.example/ws", ""),
    ],
)
def test_a_websocket_takes_the_proxy_of_the_calls(monkeypatch, url, proxy):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    monkeypatch.setenv("NO_PROXY", "inside.example")

    assert proxy_for(url) == proxy


def test_the_connection_goes_through_the_proxy(monkeypatch):
    proxy = Proxy()
    monkeypatch.setattr(websocket, "proxy_for", lambda url: proxy.url)
    with Simulator() as sim:
        credentials = sim.credentials
        answer = sim.feishu.long_connections.address(credentials.app_id, credentials.app_secret)
        connection = open_socket(answer["data"]["URL"])
        connection.close()

    assert proxy.asked[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Proxy-Authorization: Basic" in proxy.asked[0]
    proxy.close()


def test_a_refusing_proxy_is_told_without_its_password(monkeypatch):
    proxy = Proxy(refuses=True)
    monkeypatch.setattr(websocket, "proxy_for", lambda url: proxy.url)

    with pytest.raises(FeishuUnavailable, match="InvalidProxyStatus") as caught:
        open_socket("ws://127.0.0.1:9/?ticket=geheim")

    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    proxy.close()


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/?ticket=geheim", "ws://", "ws://[/?ticket=x"])
def test_no_address_is_ever_in_an_error(url):
    with pytest.raises(FeishuUnavailable) as caught:
        open_socket(url)

    assert "ticket" not in str(caught.value)
    assert "geheim" not in str(caught.value)
