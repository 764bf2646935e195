"""One request, and where on its way it was lost."""

from __future__ import annotations

import socket
import ssl
import threading
import time

import pytest
from urllib3.exceptions import NameResolutionError, NewConnectionError, ProxyError, SSLError

from feishu_bot.feishu.unreached import UNREACHED, layer_of
from feishu_bot.setup.exchange import LARGEST, Answer, Failure, exchange
from tests.certificates import self_signed
from tests.doctor.conftest import page

NEVER = 0.3


def test_an_answer_is_whole_with_its_headers(server):
    server.answer = page(404, b'{"code": 1}', "application/json")

    answer = exchange("POST", f"{server.url}/x?y=1", headers={"X-A": "b"}, body=b"{}")

    assert isinstance(answer, Answer)
    assert (answer.status, answer.json()) == (404, {"code": 1})
    assert abs((answer.date() or 0.0) - time.time()) < 5
    (method, path, headers) = server.seen[0]
    assert (method, path, headers["X-A"]) == ("POST", "/x?y=1", "b")


def test_a_redirect_is_not_followed(server):
    server.answer = page(302, b"", Location="/elsewhere")

    answer = exchange("GET", server.url)

    assert isinstance(answer, Answer)
    assert answer.status == 302
    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"\xff\xfe", b"[" * 100_000, b""])
def test_what_is_no_json_object_is_none(server, body):
    server.answer = page(200, body, "application/json")

    answer = exchange("GET", server.url)

    assert isinstance(answer, Answer)
    assert answer.json() is None


def test_a_body_without_an_end_is_given_up(server):
    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(LARGEST // 65536 + 10):
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass

    server.answer = flood

    assert isinstance(exchange("GET", server.url), Failure)


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_trickles_in_is_given_up(server, part):
    ends = threading.Event()

    def trickle(handler):
        if part == "head":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        else:
            handler.send_response(200)
            handler.end_headers()
        try:
            while not ends.wait(0.02):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            pass

    server.answer = trickle
    started = time.monotonic()

    failure = exchange("GET", server.url, timeout=NEVER)

    ends.set()
    assert isinstance(failure, Failure)
    assert failure.layer == "timeout"
    assert time.monotonic() - started < 10 * NEVER


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # Nobody listens.
        yield taken.getsockname()[1]


def test_a_closed_port_refuses(closed_port):
    failure = exchange("GET", f"http://127.0.0.1:{closed_port}")

    assert isinstance(failure, Failure)
    assert failure.layer == "refused"


def test_silence_is_a_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = exchange("GET", f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=NEVER)

    assert isinstance(failure, Failure)
    assert failure.layer == "timeout"


def test_https_to_a_plain_port_is_no_tls(server):
    failure = exchange("GET", server.url.replace("http:", "https:"))

    assert isinstance(failure, Failure)
    assert failure.layer == "tls"


def test_what_is_no_http_is_broken():
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            rude.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        failure = exchange("GET", f"http://127.0.0.1:{rude.getsockname()[1]}")
        thread.join()

    assert isinstance(failure, Failure)
    assert failure.layer == "broken"


@pytest.fixture
def untrusted(server, tmp_path):
    """The address of a server with a certificate that nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "server.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server.url.replace("http://127.0.0.1", "https://localhost")


def test_a_certificate_that_nobody_has_signed_is_told(untrusted):
    failure = exchange("GET", untrusted)

    assert isinstance(failure, Failure)
    assert failure.layer == "certificate_chain"


def _certificate_error(code: int) -> SSLError:
    inner = ssl.SSLCertVerificationError()
    inner.verify_code = code
    return SSLError(inner)


@pytest.mark.parametrize(
    ("exc", "layer"),
    [
        (NameResolutionError("x.example", None, socket.gaierror()), "dns"),
        (NewConnectionError(None, "refused"), "refused"),
        (ProxyError("no", OSError()), "proxy"),
        (_certificate_error(62), "certificate_name"),
        (_certificate_error(10), "certificate_expired"),
        (_certificate_error(20), "certificate_chain"),
        (SSLError(ssl.SSLError("WRONG_VERSION_NUMBER")), "tls"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError(), "broken"),
    ],
)
def test_each_layer_is_told_by_what_the_library_raises(exc, layer):
    assert layer_of(exc) == layer
    assert UNREACHED[layer]
