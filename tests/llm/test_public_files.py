"""Addresses that models name lead to the internet, and nowhere else."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx2
import pytest

from feishu_bot.errors import MediaError
from feishu_bot.llm import public_files
from feishu_bot.llm.public_files import PublicDownloads, is_public

from .fault_server import FaultServer, reply, stream, trickling_head

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
    "2001:0:1::1", "192.0.2.1", "198.18.0.1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_networks_of_ones_own_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.fixture
def looked_up() -> list[str]:
    return []


@pytest.fixture
def downloads(server: FaultServer, looked_up: list[str], monkeypatch: Any) -> PublicDownloads:
    """Downloads in a world where the internet is this machine, and its names are these."""
    names = {
        "files.example": ["93.184.216.34"],
        "inside.example": ["10.0.0.7"],
        "both.example": ["93.184.216.34", "127.0.0.1"],
        "metadata.example": ["169.254.169.254"],
    }

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        try:
            return names[host]
        except KeyError:
            raise OSError("no such name") from None

    class Rerouted(httpx2.HTTPTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            assert request.url.host in ("93.184.216.34", "127.0.0.1")
            request.url = request.url.copy_with(host="127.0.0.1", port=httpx2.URL(server.url).port)
            return super().handle_request(request)

    monkeypatch.setattr(public_files.httpx2, "HTTPTransport", Rerouted)
    return PublicDownloads(resolve=resolve)


def fetch(downloads: PublicDownloads, url: str, **changes: Any) -> bytes:
    return downloads.fetch(url, **({"most": 1000, "timeout": 5.0} | changes))


def test_a_public_file_is_fetched_from_the_address_that_was_checked(
    downloads: PublicDownloads, server: FaultServer, looked_up: list[str]
) -> None:
    server.will(reply(200, b"data", content_type="image/png"))

    assert fetch(downloads, "http://files.example/a.png?x=1") == b"data"

    (request,) = server.requests
    assert (request.path, request.headers["host"]) == ("/a.png?x=1", "files.example")
    assert looked_up == ["files.example"]


@pytest.mark.parametrize(
    "url",
    [
        "http://inside.example/",
        "http://both.example/",
        "http://metadata.example/latest/meta-data/",
        "ftp://files.example/",
        "file:///etc/passwd",
        "http://user:word@files.example/",
        "gopher://files.example",
    ],
)
def test_an_address_that_isnt_public_is_not_asked(
    downloads: PublicDownloads, server: FaultServer, url: str
) -> None:
    with pytest.raises(MediaError) as caught:
        fetch(downloads, url)

    assert caught.value.kind == "media_forbidden"
    assert server.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "http://2130706433/"])
def test_nor_is_one_that_is_written_as_a_number(server: FaultServer, url: str) -> None:
    with pytest.raises(MediaError) as caught:
        fetch(PublicDownloads(), url)

    assert caught.value.kind in ("media_forbidden", "media_unavailable")


@pytest.mark.parametrize("url", ["", "no address", "http://", "http://nowhere.example/"])
def test_what_is_no_address_is_unavailable(
    downloads: PublicDownloads, server: FaultServer, url: str
) -> None:
    with pytest.raises(MediaError):
        fetch(downloads, url)

    assert server.requests == []


def test_a_redirect_is_followed_and_checked(
    downloads: PublicDownloads, server: FaultServer
) -> None:
    server.will(reply(302, b"", Location="/b.png"), reply(200, b"data"))
    assert fetch(downloads, "http://files.example/a.png") == b"data"

    server.will(reply(302, b"", Location="http://inside.example/"), reply(200, b"secret"))
    with pytest.raises(MediaError) as caught:
        fetch(downloads, "http://files.example/a.png")

    assert caught.value.kind == "media_forbidden"
    assert [request.path for request in server.requests] == ["/a.png", "/b.png", "/a.png"]


def test_redirects_end(downloads: PublicDownloads, server: FaultServer) -> None:
    server.will(reply(302, b"", Location="/again"))

    with pytest.raises(MediaError, match="too many redirects"):
        fetch(downloads, "http://files.example/a.png")

    assert len(server.requests) == 4


def test_a_large_file_is_left_however_it_comes(
    downloads: PublicDownloads, server: FaultServer
) -> None:
    server.will(reply(200, b"x" * 1001), stream(b"x" * 600, b"x" * 600))
    for _ in range(2):
        with pytest.raises(MediaError) as caught:
            fetch(downloads, "http://files.example/a.png")
        assert caught.value.kind == "media_too_large"

    server.will(reply(200, b"x" * 1000))
    assert len(fetch(downloads, "http://files.example/a.png")) == 1000


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(404, b"no"), "media_unavailable"),
        (reply(200, b""), "media_empty"),
        (stream(b"x", cut=True), "media_unavailable"),
    ],
)
def test_what_doesnt_come_is_told(
    downloads: PublicDownloads, server: FaultServer, answer: Any, kind: str
) -> None:
    server.will(answer)

    with pytest.raises(MediaError) as caught:
        fetch(downloads, "http://files.example/a.png")

    assert caught.value.kind == kind


def test_a_file_that_takes_too_long_is_left(
    downloads: PublicDownloads, server: FaultServer
) -> None:
    never = threading.Event()
    server.will(stream(b"x", never))

    with pytest.raises(MediaError) as caught:
        fetch(downloads, "http://files.example/a.png", timeout=0.3)
    never.set()

    assert caught.value.kind == "media_unavailable"


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_head_that_trickles_in_is_left_in_time_or_once_nobody_waits(
    downloads: PublicDownloads, server: FaultServer, is_wanted: bool
) -> None:
    server.will(trickling_head(0.02))
    url, seconds = "http://files.example/a.png", 0.3 if is_wanted else 60.0
    started = time.monotonic()

    with pytest.raises(MediaError) as caught:
        fetch(downloads, url, timeout=seconds, is_cancelled=lambda: not is_wanted)

    assert caught.value.kind == "media_unavailable"
    assert time.monotonic() - started < 5.0


def test_the_administrators_own_address_may_be_private(server: FaultServer) -> None:
    server.will(reply(200, b"data"))

    assert fetch(PublicDownloads(trusted=f"{server.url}/v1"), f"{server.url}/1.png") == b"data"
