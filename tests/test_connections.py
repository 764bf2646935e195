"""Connections to Feishu and to the model service: kept alive, and closed to strangers."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from lark_oapi.core.enum import HttpMethod
from lark_oapi.core.model import BaseRequest, Config

from feishu_bot.core.chat_model import ChatMessage, Prompt
from feishu_bot.errors import FeishuUnavailable, ModelError
from feishu_bot.feishu.api.transport import PooledTransport
from feishu_bot.llm.gateway import Gateway
from feishu_bot.tcp_keepalive import IDLE, socket_options
from tests.certificates import self_signed


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """The address of a server that shows a certificate of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "certificate.pem"))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_feishu_is_not_spoken_to_through_a_stranger(stranger: str) -> None:
    config = Config()
    config.domain, config.timeout = stranger, 10
    request = BaseRequest.builder().http_method(HttpMethod.POST).uri("/open-apis/x").build()

    with pytest.raises(FeishuUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        PooledTransport().execute(config, request)


def test_a_model_service_with_a_certificate_of_its_own_is_not_asked(stranger: str) -> None:
    gateway = Gateway(api_url=stranger, keys=["sk-x"], model="m", backoff=lambda attempt: 0.0)

    with pytest.raises(ModelError) as caught:
        list(gateway.stream(Prompt(messages=[ChatMessage("user", "hello")])))

    assert "certificate" in caught.value.detail.lower()


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="the system has no such option")
def test_a_silent_connection_is_asked_for() -> None:
    with socket.socket() as connection:
        for option in socket_options():
            connection.setsockopt(*option)

        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == IDLE


class CountingServer:
    """Answers everything on kept connections; remembers what came on which."""

    def __init__(self) -> None:
        self.heads: list[list[str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            heads: list[str] = []
            self.heads.append(heads)
            threading.Thread(target=self._answer, args=(connection, heads), daemon=True).start()

    def _answer(self, connection: socket.socket, heads: list[str]) -> None:
        with connection, connection.makefile("rb") as received:
            while line := received.readline():
                head = line.decode()
                while (line := received.readline()) not in (b"\r\n", b""):
                    head += line.decode().lower()
                heads.append(head)
                body = b"" if head.startswith("HEAD") else b'{"code":0,"data":[]}'
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def counting() -> Iterator[CountingServer]:
    server = CountingServer()
    yield server
    server.close()


def test_a_call_to_feishu_goes_over_the_connection_that_was_opened_ahead(
    counting: CountingServer,
) -> None:
    transport = PooledTransport()
    assert transport.idle() == float("inf")

    transport.warm(counting.url)
    assert transport.idle() == float("inf")
    config = Config()
    config.domain, config.timeout = counting.url, 5
    request = BaseRequest.builder().http_method(HttpMethod.GET).uri("/open-apis/x").build()
    transport.execute(config, request)
    assert transport.idle() < 60

    transport.stop()
    ((opened, called),) = counting.heads
    assert opened.startswith("HEAD / ")
    assert called.startswith("GET /open-apis/x")


def test_a_connection_to_the_model_is_opened_without_a_key(counting: CountingServer) -> None:
    gateway = Gateway(api_url=counting.url, keys=["sk-secret"], headers={"X-Secret": "word-1234"})
    assert gateway.idle() == float("inf")

    gateway.warm()
    assert gateway.idle() > 1e6
    gateway.models.offered()
    assert gateway.idle() < 60

    gateway.close()
    ((opened, called),) = counting.heads
    assert opened.startswith("HEAD /v1")
    assert "secret" not in opened
    assert "authorization" not in opened
    assert "authorization: bearer sk-secret" in called


def test_where_nobody_listens_is_told_by_an_error_of_the_bots_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    gateway, transport = Gateway(api_url=url, keys=["sk-1"]), PooledTransport()

    with pytest.raises(ModelError):
        gateway.warm()
    with pytest.raises(FeishuUnavailable):
        transport.warm(url)
    gateway.close()
    transport.stop()


def test_a_gateway_that_is_closed_while_it_connects_tells_so_too(
    counting: CountingServer,
) -> None:
    gateway = Gateway(api_url=counting.url, keys=["sk-1"])
    with gateway._clients._lock:
        gateway._clients._shared().close()

    with pytest.raises(ModelError):
        gateway.warm()
