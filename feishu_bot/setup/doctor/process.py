"""Whether the bot runs on this machine, and with these settings."""

from __future__ import annotations

import secrets

from feishu_bot.core.doctor import NOTHING, Finding, State
from feishu_bot.core.languages import Words
from feishu_bot.feishu.webhook.knock import Keys, challenge
from feishu_bot.setup.doctor.addresses import EVENT_ADDRESS, Send, send
from feishu_bot.setup.exchange import Failure

PROCESS = Words("机器人进程", "The bot's process")
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})


def check_process(keys: Keys, bind: str, port: int, *, send: Send = send) -> Finding:
    """Send the console's check to the port on which the bot listens."""
    host = "127.0.0.1" if bind in _EVERY_ADDRESS else f"[{bind}]" if ":" in bind else bind
    nonce = secrets.token_hex(16)
    answer = send(f"http://{host}:{port}{EVENT_ADDRESS.path}", challenge(keys, nonce))
    if isinstance(answer, Failure):
        return _finding(
            "unknown",
            Words(f"这里的端口 {port} 上没有机器人", f"No bot answers on port {port} here"),
            Words(
                "在机器人的容器或服务器上运行这个命令；它没在运行的话，启动它",
                "Run this in the bot's container or on its server; start it if it doesn't run",
            ),
            answer.detail,
        )
    if answer.status == 200 and (answer.json() or {}).get("challenge") == nonce:
        return _finding("ok", Words(f"在端口 {port} 上运行", f"It runs on port {port}"))
    if answer.status == 401:
        return _finding(
            "fault",
            Words(
                "正在运行的机器人用的是别的密钥", "The bot that runs here has other keys than these"
            ),
            Words(
                "改过 APP_ENCRYPT_KEY 或 APP_VERIFICATION_TOKEN 后要重启机器人",
                "Restart the bot after APP_ENCRYPT_KEY or APP_VERIFICATION_TOKEN were changed",
            ),
        )
    return _finding(
        "unknown",
        Words(
            f"端口 {port} 上的程序不是机器人（HTTP {answer.status}）",
            f"What answers on port {port} isn't the bot (HTTP {answer.status})",
        ),
        Words("核对 HTTP_PORT", "Compare HTTP_PORT"),
    )


def _finding(state: State, what: Words, remedy: Words = NOTHING, evidence: str = "") -> Finding:
    return Finding(
        check="process", state=state, title=PROCESS, what=what, remedy=remedy, evidence=evidence
    )
