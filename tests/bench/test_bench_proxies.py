"""The proxies' bench tests the files that are documented, and finds a replica by name."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest

from bench import proxies
from bench.name_server import NameServer

needs_nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx isn't installed")
needs_caddy = pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy isn't installed")


def test_the_name_server_gives_every_address():
    question = b"\x12\x34\x01\x00\0\1\0\0\0\0\0\0" + b"\7replica\0" + b"\0\1\0\1"
    with (
        NameServer(["127.0.0.11", "127.0.0.12"]) as names,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(5)
        client.sendto(question, ("127.0.0.1", names.port))
        answer = client.recv(512)

    assert answer[:2] == question[:2]
    assert answer[6:8] == b"\0\2"
    assert socket.inet_aton("127.0.0.11") in answer
    assert answer.endswith(socket.inet_aton("127.0.0.12"))


@needs_nginx
@pytest.mark.parametrize("make", [proxies.nginx_for_one, proxies.nginx_for_replicas])
def test_nginx_takes_its_configurations(make, tmp_path):
    more = (3,) if make is proxies.nginx_for_replicas else ()

    done = subprocess.run(
        [*make(tmp_path, 1, 2, *more), "-t"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@needs_caddy
def test_caddy_takes_its_configuration(tmp_path):
    arguments = proxies.caddy_for_one(tmp_path, 1, 2)
    arguments[1] = "validate"

    done = subprocess.run(
        arguments, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert "Valid configuration" in done.stdout + done.stderr, done.stderr


def test_what_is_put_in_for_the_bench_is_addresses_and_no_more(tmp_path):
    proxies.nginx_for_one(tmp_path, 1111, 2222)
    proxies.caddy_for_one(tmp_path, 1111, 2222)
    one = (tmp_path / "feishu_bot.conf").read_text()
    caddy = (tmp_path / "Caddyfile").read_text()
    proxies.nginx_for_replicas(tmp_path, 1111, 2222, 3333)
    replicas = (tmp_path / "nginx.conf").read_text()

    assert "listen 127.0.0.1:1111;" in one
    assert "proxy_pass http://127.0.0.1:2222;" in one
    assert "client_body_timeout 5s;" in one
    assert "ssl" not in one
    assert "http://:1111 {" in caddy
    assert "reverse_proxy 127.0.0.1:2222" in caddy
    assert "read_body 5s" in caddy
    assert "request_buffers 1MB" in caddy or "buffer_requests" in caddy
    assert "resolver 127.0.0.1:3333 valid=1s" in replicas
    assert "http://replica:2222" in replicas
    assert "non_idempotent" in replicas
