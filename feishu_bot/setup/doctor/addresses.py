"""Knocks at the bot's own addresses from outside, as Feishu does, and says what is in the way."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from feishu_bot.core.doctor import NOTHING, Finding, State, printable
from feishu_bot.core.languages import Words
from feishu_bot.feishu.console_links import brand_of
from feishu_bot.feishu.unreached import host_of
from feishu_bot.feishu.webhook.knock import Delivery, Keys, challenge, knock, proof
from feishu_bot.setup.address_causes import UNREACHED_ADDRESS, meaning_of
from feishu_bot.setup.exchange import Answer, Failure, exchange

# The console shows an address as valid only if the challenge is answered within a second.
CHALLENGE_SECONDS = 1.0
CERTIFICATE_DAYS = 14
DAY = 24 * 3600.0

Send = Callable[[str, Delivery], Answer | Failure]


@dataclass(frozen=True, slots=True)
class Address:
    """One of the two that Feishu is given."""

    check: Literal["event_address", "card_address"]
    title: Words
    path: str


EVENT_ADDRESS = Address(
    "event_address", Words("事件请求地址", "Address for events"), "/webhook/event"
)
CARD_ADDRESS = Address(
    "card_address", Words("回调请求地址", "Address for callbacks"), "/webhook/card"
)


def send(url: str, delivery: Delivery) -> Answer | Failure:
    """Deliver it as Feishu would."""
    return exchange("POST", url, headers=delivery.headers, body=delivery.body)


@dataclass(frozen=True)
class Knocker:
    """Knocks at the addresses under `public_url`.

    `installation` is the id that our own database has, empty where it can't be read.
    `hears_events` says that events of Feishu have come in lately: then what this server can't reach
    from inside is no fault.
    """

    keys: Keys
    public_url: str
    domain: str
    installation: str = ""
    hears_events: bool = False
    send: Send = send

    def examine(self, address: Address) -> Finding:
        """Two requests, or three: the console's check, then an event of our own."""
        url = f"{self.public_url}{address.path}"
        nonce = secrets.token_hex(16)
        first = self.send(url, challenge(self.keys, nonce))
        if isinstance(first, Failure):
            return self._unreached(address, first)
        answer = (first.json() or {}).get("challenge")
        if first.status != 200 or answer != nonce:
            return self._refused(address, first)
        second = self.send(url, knock(self.keys, nonce))
        if isinstance(second, Failure):
            return self._unreached(address, second)
        if second.status != 200:
            return self._altered(address, url, nonce, second)
        given = (second.json() or {}).get("proof")
        if self.installation and given != proof(self.keys.encrypt_key, nonce, self.installation):
            return self._other_installation(address, second)
        return self._reached(address, first, second)

    def _finding(
        self,
        address: Address,
        state: State,
        what: Words,
        remedy: Words = NOTHING,
        evidence: str = "",
    ) -> Finding:
        where = printable(f"{self.public_url}{address.path}")
        return Finding(
            check=address.check,
            state=state,
            title=address.title,
            what=Words(f"{where}：{what.zh}", f"{where}: {what.en}"),
            remedy=remedy,
            evidence=evidence,
        )

    def _unreached(self, address: Address, failure: Failure) -> Finding:
        what, remedy = UNREACHED_ADDRESS[failure.layer]
        is_certain = failure.layer.startswith("certificate") or not self.hears_events
        if not is_certain:
            what = Words(
                f"从这台服务器访问不到（{what.zh}），但飞书的事件能进来",
                f"this server can't reach it ({what.en}), but Feishu's events do arrive",
            )
        state: State = "fault" if is_certain else "warning"
        return self._finding(address, state, what, remedy, failure.detail)

    def _refused(self, address: Address, answer: Answer) -> Finding:
        what, remedy = meaning_of(answer, host_of(self.public_url))
        if answer.status == 401:
            what = Words(
                "那里的机器人用的是别的密钥（401）",
                "the bot that answers there has other keys (401)",
            )
            remedy = Words(
                "改过 APP_ENCRYPT_KEY 或 APP_VERIFICATION_TOKEN 的话重启机器人；"
                "否则这个地址通到了另一个机器人，改正反向代理或 PUBLIC_URL",
                "Restart the bot if APP_ENCRYPT_KEY or APP_VERIFICATION_TOKEN were changed. Else "
                "the address leads to another bot: correct the proxy or PUBLIC_URL",
            )
        return self._finding(address, "fault", what, remedy, _seen(answer))

    def _altered(self, address: Address, url: str, nonce: str, answer: Answer) -> Finding:
        """The challenge got through, and the event didn't."""
        if answer.status != 401:
            what, remedy = meaning_of(answer, host_of(self.public_url))
            return self._finding(address, "fault", what, remedy, _seen(answer))
        again = self.send(url, knock(self.keys, nonce, compact=True))
        if isinstance(again, Answer) and again.status == 200:
            what = Words(
                "中间的代理改写了请求的正文，签名对不上",
                "a proxy in between writes the body anew, so the signature doesn't fit",
            )
            remedy = Words(
                "让代理或 WAF 原样转发正文，不要解析、压缩或重排 JSON",
                "Let the proxy or WAF pass the body on as it is: no parsing, no reformatting of "
                "JSON",
            )
        else:
            what = Words(
                "中间的代理去掉了 X-Lark-Signature 等请求头，或改了正文",
                "a proxy in between drops headers such as X-Lark-Signature, or changes the body",
            )
            remedy = Words(
                "让代理原样转发 X-Lark-Request-Timestamp、X-Lark-Request-Nonce、X-Lark-Signature "
                "和正文",
                "Let the proxy pass X-Lark-Request-Timestamp, X-Lark-Request-Nonce, "
                "X-Lark-Signature and the body on as they are",
            )
        return self._finding(address, "fault", what, remedy, _seen(answer))

    def _other_installation(self, address: Address, answer: Answer) -> Finding:
        return self._finding(
            address,
            "fault",
            Words(
                "回答的是这个应用的另一套部署，用的是另一个数据库",
                "another installation of this app's bot answers, with another database",
            ),
            Words(
                "停掉旧的那一套，或让它们共用一个 PostgreSQL（DATABASE_URL）；"
                "在别处运行这个命令时，请到机器人的容器里运行",
                "Stop the old one, or let both use one PostgreSQL (DATABASE_URL). Run this in the "
                "bot's own container if you didn't",
            ),
            _seen(answer),
        )

    def _reached(self, address: Address, first: Answer, second: Answer) -> Finding:
        if self._is_private() and brand_of(self.domain):
            return self._finding(
                address,
                "fault",
                Words(
                    "通，但它是内网地址，飞书访问不到",
                    "it works, but the address is private: Feishu can't reach it",
                ),
                Words(
                    "用公网能访问的域名，或改用长连接：TRANSPORT=long_connection",
                    "Use a name that is reachable from the internet, or the long connection: "
                    "TRANSPORT=long_connection",
                ),
            )
        slowest = max(first.seconds, second.seconds)
        if slowest > CHALLENGE_SECONDS:
            return self._finding(
                address,
                "warning",
                Words(
                    f"通，但用了 {slowest:.1f} 秒；后台保存地址时只等 1 秒",
                    f"it works, but takes {slowest:.1f} s; the console waits one second when an "
                    "address is saved",
                ),
                Words(
                    "检查服务器和数据库的负载，以及到服务器的线路",
                    "Check the load of server and database, and the way to the server",
                ),
            )
        ends = first.certificate_ends
        days = (ends - time.time()) / DAY if ends else None
        if days is not None and days < CERTIFICATE_DAYS:
            return self._finding(
                address,
                "warning",
                Words(
                    f"通，但证书 {max(0, int(days))} 天后过期",
                    f"it works, but the certificate ends in {max(0, int(days))} days",
                ),
                Words("续签证书，并检查自动续签", "Renew it, and check what renews it"),
            )
        return self._finding(
            address,
            "ok",
            Words(
                f"校验和事件都到得了，{slowest:.2f} 秒",
                f"address check and event arrive, {slowest:.2f} s",
            ),
        )

    def _is_private(self) -> bool:
        """Whether no address of the host is reachable from the internet."""
        parts = urlsplit(self.public_url)
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
            hosts = {ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found}
        except (OSError, ValueError, UnicodeError):
            return False
        return bool(hosts) and not any(host.is_global for host in hosts)


def _seen(answer: Answer) -> str:
    server = answer.header("Server")
    start = answer.body[:80].decode("utf-8", "replace")
    kind = answer.header("Content-Type") or "no type"
    return printable(f"HTTP {answer.status}, {kind}, server {server or '-'}: {start}", 200)
