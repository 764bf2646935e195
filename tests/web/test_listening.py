"""Whether the bot can listen, and what is said where it can't."""

from __future__ import annotations

import socket

import pytest

from feishu_bot.web import listening


def test_where_nobody_listens_there_is_nothing_to_say() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert listening.refusal("127.0.0.1", port) == ""


def test_another_program_on_the_port_is_told_in_both_languages() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        zh, en = listening.refusal("127.0.0.1", port).splitlines()

    assert f"端口 {port} 已被另一个程序占用" in zh
    assert f"another program uses port {port}" in en
    assert "HTTP_PORT" in zh
    assert "HTTP_PORT" in en


def test_an_address_of_another_machine_is_told_as_a_mistake_in_bind() -> None:
    # One of those that documents use: no machine has it.
    zh, en = listening.refusal("192.0.2.1", 9000).splitlines()

    assert "请检查 BIND" in zh
    assert "check BIND" in en


@pytest.mark.parametrize("variable", ["GUNICORN_FD", "LISTEN_FDS"])
def test_sockets_that_are_handed_over_are_not_tried(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    assert not listening.is_inherited()

    monkeypatch.setenv(variable, "1")

    assert listening.is_inherited()
