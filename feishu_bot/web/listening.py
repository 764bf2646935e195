"""Whether the bot can listen where it is told to, found out before gunicorn tries."""

from __future__ import annotations

import errno
import os
import socket

from feishu_bot.core.languages import Words


def refusal(address: str, port: int) -> str:
    """Why nobody can listen there, in Chinese and in English; empty if one can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As gunicorn does: connections of an earlier bot that are still closing don't count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            probe.listen()
    except OSError as exc:
        words = _in_words(exc, address, port)
        return f"机器人无法启动：{words.zh}\nThe bot can't start: {words.en}"
    return ""


def is_inherited() -> bool:
    """Whether gunicorn is given its sockets by systemd, or by the process that it takes over."""
    return "GUNICORN_FD" in os.environ or "LISTEN_FDS" in os.environ


def _in_words(exc: OSError, address: str, port: int) -> Words:
    match exc.errno:
        case errno.EADDRINUSE:
            return Words(
                f"端口 {port} 已被另一个程序占用，可能是还在运行的旧机器人。请先停掉它"
                f"（ss -ltnp 'sport = :{port}' 可以看到是谁），或把 HTTP_PORT 设为别的端口",
                f"another program uses port {port}, maybe a bot that still runs. End it "
                f"(ss -ltnp 'sport = :{port}' shows which one), or set HTTP_PORT to another port",
            )
        case errno.EACCES:
            return Words(
                f"没有权限使用端口 {port}：1024 以下的端口只给 root，请把 HTTP_PORT 设为 9000 "
                "这样的端口，前面放反向代理",
                f"no permission to use port {port}: those below 1024 are for root. Set HTTP_PORT "
                "to one like 9000, with a reverse proxy in front",
            )
        case errno.EADDRNOTAVAIL:
            return Words(
                f"这台机器没有地址 {address}，请检查 BIND（0.0.0.0 是所有地址）",
                f"this machine has no address {address}: check BIND (0.0.0.0 means all of them)",
            )
    reason = exc.strerror or type(exc).__name__
    return Words(
        f"不能在 {address} 端口 {port} 上监听（{reason}），请检查 BIND 和 HTTP_PORT",
        f"nobody can listen at {address}, port {port} ({reason}): check BIND and HTTP_PORT",
    )
