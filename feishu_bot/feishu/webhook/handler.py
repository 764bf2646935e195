"""The webhook: requests from the internet in, answers out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from feishu_bot import metrics
from feishu_bot.errors import Refused, Unreadable
from feishu_bot.feishu.events.dispatcher import (
    CARD_ACTION,
    OTHER,
    SUCCESS,
    EventDispatcher,
    Response,
)
from feishu_bot.feishu.events.time_limit import TimeLimit
from feishu_bot.feishu.events.timed_dispatcher import TimedDispatcher
from feishu_bot.feishu.webhook.signature import Address, Headers, SignatureVerifier
from feishu_bot.logs import get_limited_logger, get_logger

logger = get_logger(__name__)

REFUSAL: Response = (401, {"msg": "unauthorized"})
# Feishu never repeats a click, so an old one is somebody else's.
CLICK_SECONDS = 300.0
# What the administrator has to do about a refusal, by its reason, said in both languages. Each once
# in an hour: strangers can cause some of them.
ADVICE = {
    "address check without encryption": (
        "开发者后台的 Encrypt Key 还是空的（校验请求没有加密）。请在「事件与回调 › 加密策略」里"
        "填上 APP_ENCRYPT_KEY 的值，再保存请求地址 / The Encrypt Key in the developer console is "
        "empty: the address check came unencrypted. Set it there (Events & Callbacks > Encryption "
        "Strategy) to the value of APP_ENCRYPT_KEY, and save the address again"
    ),
    "encrypted with another key": (
        "解不开校验请求：APP_ENCRYPT_KEY 和开发者后台的 Encrypt Key 可能不一致 / An address check "
        "can't be decrypted: APP_ENCRYPT_KEY may differ from the Encrypt Key in the developer "
        "console"
    ),
    "encrypted with the Verification Token": (
        "APP_ENCRYPT_KEY 和 APP_VERIFICATION_TOKEN 填反了：开发者后台用后者加密 / "
        "APP_ENCRYPT_KEY and APP_VERIFICATION_TOKEN are swapped: the developer console encrypts "
        "with the latter"
    ),
    "old card callback": (
        "收到旧版卡片回调。应用还在用旧版「消息卡片请求网址」时，"
        "设置 LEGACY_CARD_CALLBACKS=true / An old card callback came. If the app still uses the "
        "old message card request URL, set LEGACY_CARD_CALLBACKS=true"
    ),
    "timestamp ahead of our clock": (
        "请求的时间比本机时钟晚五分钟以上，请校准服务器时钟 / The request's time is more than five "
        "minutes ahead of this machine's clock: set the clock"
    ),
}
ADVICE_SECONDS = 3600.0


class WebhookHandler:
    """Answers Feishu's requests on both addresses; a refusal looks the same whatever its reason.

    What takes longer than the `time_limit` is answered so that Feishu repeats it.
    """

    def __init__(
        self,
        verifier: SignatureVerifier,
        dispatcher: EventDispatcher,
        time_limit: TimeLimit | None = None,
    ) -> None:
        self._verifier = verifier
        self._dispatcher = TimedDispatcher(dispatcher, time_limit)
        self._refusals = get_limited_logger(__name__)
        self._advised: dict[str, float] = {}

    def handle(self, address: Address, headers: Headers, body: bytes) -> Response:
        """Answer one request; `headers` may be asked for in any letter case."""
        started = time.perf_counter()
        try:
            event_type, response = self._answer(address, headers, body)
        except Refused as exc:
            return self._refuse(address, str(exc), len(body))
        metrics.DELIVERY_SECONDS.observe(time.perf_counter() - started)
        metrics.DELIVERIES.labels(type=event_type, status=str(response[0])).inc()
        return response

    def _answer(self, address: Address, headers: Headers, body: bytes) -> tuple[str, Response]:
        """The type of what came, for the metrics, and our answer to it."""
        signature = self._verifier.verify(address, headers, body)
        if signature == "none":
            data = self._verifier.read_unsigned(body)
            return "url_verification", (200, {"challenge": self._verifier.challenge(data)})
        try:
            data = self._verifier.read(body)
            if data.get("type") == "url_verification":
                return "url_verification", (200, {"challenge": self._verifier.challenge(data)})
            if signature == "event":
                self._verifier.check_recipient(data)
            if signature == "card" or _is_click(data):
                timestamp = headers.get("X-Lark-Request-Timestamp") or ""
                self._verifier.check_age(timestamp, CLICK_SECONDS)
            return self._dispatcher.dispatch(data, is_old_card=signature == "card")
        except Unreadable as exc:
            # It is Feishu's, and a repeat would be no better.
            return OTHER, self._accept_unread(address, str(exc), len(body))

    def _accept_unread(self, address: Address, reason: str, size: int) -> Response:
        logger.error("delivery not readable", address=address, reason=reason, bytes=size)
        return SUCCESS

    def _refuse(self, address: Address, reason: str, size: int) -> Response:
        # The reasons are our own words, and few: they may be a label.
        metrics.REFUSED_REQUESTS.labels(address=address, reason=reason).inc()
        self._refusals.warning("refused", address=address, reason=reason, bytes=size)
        advice, now = ADVICE.get(reason), time.monotonic()
        if advice and now >= self._advised.get(reason, now):
            self._advised[reason] = now + ADVICE_SECONDS
            logger.warning(advice)
        return REFUSAL


def _is_click(data: Mapping[str, Any]) -> bool:
    header = data.get("header")
    return isinstance(header, Mapping) and header.get("event_type") == CARD_ACTION
