"""Whether PUBLIC_URL leads here: the check that Feishu makes, made by ourselves before."""

from __future__ import annotations

import ipaddress
import json
import secrets
from urllib.parse import urlsplit

from feishu_bot.core.languages import Words
from feishu_bot.errors import SetupFailed
from feishu_bot.feishu.webhook.knock import Keys, challenge
from feishu_bot.setup.http_calls import HttpCalls, NoAnswer
from feishu_bot.setup.manifest import CARD_PATH, EVENT_PATH

STEP = "address"
LAYERS = {
    "dns": Words(
        "域名解析不到地址。请在域名服务商处添加 A 记录，指向这台服务器",
        "The name leads nowhere: add an A record for this server at your domain's provider",
    ),
    "tls": Words(
        "证书有问题（过期、域名不符或不受信任）",
        "The certificate is not good: expired, for another name, or trusted by nobody",
    ),
    "refused": Words(
        "连接被拒绝。请检查反向代理是否在运行，安全组和防火墙是否放行",
        "The connection is refused: is the reverse proxy running, and the port open in security "
        "group and firewall?",
    ),
    "timeout": Words(
        "没有回应。请检查安全组和防火墙是否放行 80/443 端口",
        "No answer: are the ports 80 and 443 open in security group and firewall?",
    ),
    "proxy": Words(
        "本机的代理（HTTPS_PROXY）连不上", "This machine's proxy (HTTPS_PROXY) can't be reached"
    ),
    "connection": Words("连接中断", "The connection broke off"),
}


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
            text = LAYERS[exc.layer]
            raise SetupFailed(
                STEP, f"{url}：{text.zh}", f"{url}: {text.en}", code=exc.layer
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
