"""Whether PUBLIC_URL leads here: the check that Feishu makes, made by ourselves before."""

from __future__ import annotations

import ipaddress
import json
import secrets
from urllib.parse import urlsplit

from feishu_bot.errors import SetupFailed
from feishu_bot.feishu.webhook.knock import Keys, challenge
from feishu_bot.setup.address_causes import UNREACHED_ADDRESS
from feishu_bot.setup.http_calls import HttpCalls, NoAnswer
from feishu_bot.setup.manifest import CARD_PATH, EVENT_PATH

STEP = "address"


def check_address(calls: HttpCalls, url: str, keys: Keys) -> None:
    """Send our own challenge to both addresses. Raises SetupFailed, by how far it got.

    It is encrypted: whoever answers at an address that was mistyped learns no key.
    """
    for path in (EVENT_PATH, CARD_PATH):
        nonce = secrets.token_hex(8)
        sealed = json.loads(challenge(keys, nonce).body)
        try:
            answer = calls.send("POST", url + path, json_body=sealed)
        except NoAnswer as exc:
            what, remedy = UNREACHED_ADDRESS[exc.layer]
            raise SetupFailed(
                STEP,
                f"{url}：{what.zh}。{remedy.zh}",
                f"{url}: {what.en}. {remedy.en}",
                code=exc.layer,
            ) from exc
        if answer.data is not None and answer.data.get("challenge") == nonce:
            continue
        raise SetupFailed(
            STEP,
            f"{url}{path} 有回应（{answer.kind or '没有内容'}），但不是这里的机器人。"
            "请检查反向代理是否转发到这个端口，是否要求登录或跳转",
            f"{url}{path} answers ({answer.kind or 'no content'}), but not from here: does the "
            "reverse proxy pass it on to this port, or ask for a login, or redirect?",
            code=f"HTTP {answer.status}",
        )


def is_private(url: str) -> bool:
    """Whether nobody outside of this network can reach it."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith((".local", ".internal", ".lan")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host
