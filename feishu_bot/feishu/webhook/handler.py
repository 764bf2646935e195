"""The webhook: requests from the internet in, answers out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot import metrics
from feishu_bot.core.doctor import printable
from feishu_bot.core.sightings import PATH, REFUSED, UNKNOWN_PATH
from feishu_bot.errors import Refused, StoreUnavailable, Unreadable
from feishu_bot.feishu.events.dispatcher import (
    CARD_ACTION,
    FAILURE,
    OTHER,
    SUCCESS,
    EventDispatcher,
    Response,
)
from feishu_bot.feishu.events.time_limit import TimeLimit
from feishu_bot.feishu.events.timed_dispatcher import TimedDispatcher
from feishu_bot.feishu.webhook.knock import KnockAnswers
from feishu_bot.feishu.webhook.refusals import CAUSES
from feishu_bot.feishu.webhook.signature import Address, Headers, SignatureVerifier
from feishu_bot.logs import get_limited_logger, get_logger

logger = get_logger(__name__)

REFUSAL: Response = (401, {"msg": "unauthorized"})
# Feishu never repeats a click, so an old one is somebody else's.
CLICK_SECONDS = 300.0
# The cause of refusals is said so often: strangers can bring some of them about.
ADVICE_SECONDS = 3600.0
MISDIRECTED = (
    "飞书在请求机器人没有的地址：请在「事件与回调」里把请求地址改成以 /webhook/event（回调为 "
    "/webhook/card）结尾 / Feishu calls an address that the bot doesn't have: under Events & "
    "Callbacks (事件与回调) let the request address end in /webhook/event, that for callbacks in "
    "/webhook/card"
)
# Of wrong addresses; Feishu knows two.
MOST_PATHS = 20
PATH_CHARS = 60


class WebhookHandler:
    """Answers Feishu's requests on both addresses; a refusal looks the same whatever its reason.

    What takes longer than the `time_limit` is answered so that Feishu repeats it.
    """

    def __init__(
        self,
        verifier: SignatureVerifier,
        dispatcher: EventDispatcher,
        time_limit: TimeLimit | None = None,
        *,
        knocks: KnockAnswers | None = None,
        note: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`knocks` answers what we send to ourselves; `note` is told what was seen, by name."""
        self._verifier = verifier
        self._dispatcher = TimedDispatcher(dispatcher, time_limit)
        self._knocks = knocks
        self._note = note
        self._refusals = get_limited_logger(__name__)
        self._advised: dict[str, float] = {}
        self._paths: set[str] = set()

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

    def note_misdirected(self, path: str, headers: Headers, body: bytes) -> None:
        """Take note of a request to an address that isn't ours; it is answered with 404.

        Whether Feishu has sent it shows in the keys. Others do so all day, everywhere.
        """
        if self._has_our_keys(headers, body):
            shown = printable(path, PATH_CHARS)
            if shown not in self._paths:
                # Whoever has caught a single request of Feishu's can send it to any address.
                if len(self._paths) >= MOST_PATHS:
                    return
                self._paths.add(shown)
                logger.warning(MISDIRECTED, path=shown)
            self._note(f"{PATH}{shown}")
        elif headers.get("X-Lark-Signature") or b'"encrypt"' in body or b'"challenge"' in body:
            self._note(UNKNOWN_PATH)
            self._refusals.warning(
                "有类似飞书的请求发到了不存在的地址，机器人的地址是 /webhook/event 和 "
                "/webhook/card / A request like Feishu's went to an address that doesn't exist; "
                "the bot's are /webhook/event and /webhook/card",
                path=printable(path, PATH_CHARS),
                bytes=len(body),
            )

    def _has_our_keys(self, headers: Headers, body: bytes) -> bool:
        try:
            if self._verifier.verify("card", headers, body) != "none":
                return True
            has_signature = bool(headers.get("X-Lark-Signature"))
            self._verifier.read_unsigned(body, has_signature=has_signature)
        except Refused as exc:
            cause = CAUSES.get(str(exc))
            return bool(cause and cause.is_certain)
        return True

    def _answer(self, address: Address, headers: Headers, body: bytes) -> tuple[str, Response]:
        """The type of what came, for the metrics, and our answer to it."""
        signature = self._verifier.verify(address, headers, body)
        if signature == "none":
            has_signature = bool(headers.get("X-Lark-Signature"))
            data = self._verifier.read_unsigned(body, has_signature=has_signature)
            return "url_verification", (200, {"challenge": self._verifier.challenge(data)})
        try:
            data = self._verifier.read(body)
            if data.get("type") == "url_verification":
                return "url_verification", (200, {"challenge": self._verifier.challenge(data)})
            if signature == "event":
                self._verifier.check_recipient(data)
                if response := self._knocked(data):
                    return OTHER, response
            if signature == "card" or _is_click(data):
                timestamp = headers.get("X-Lark-Request-Timestamp") or ""
                self._verifier.check_age(timestamp, CLICK_SECONDS)
            return self._dispatcher.dispatch(data, is_old_card=signature == "card")
        except Unreadable as exc:
            # It is Feishu's, and a repeat would be no better.
            return OTHER, self._accept_unread(address, str(exc), len(body))

    def _knocked(self, data: Mapping[str, Any]) -> Response | None:
        """The answer to what we have sent to ourselves; None for anything else."""
        try:
            answer = self._knocks.answer(data) if self._knocks else None
        except StoreUnavailable as exc:
            self._refusals.warning("knock not answered", error=str(exc))
            return FAILURE
        return (200, dict(answer)) if answer else None

    def _accept_unread(self, address: Address, reason: str, size: int) -> Response:
        logger.error("delivery not readable", address=address, reason=reason, bytes=size)
        return SUCCESS

    def _refuse(self, address: Address, reason: str, size: int) -> Response:
        # The reasons are our own words, and few: they may be a label.
        metrics.REFUSED_REQUESTS.labels(address=address, reason=reason).inc()
        self._refusals.warning("refused", address=address, reason=reason, bytes=size)
        self._note(f"{REFUSED}{reason}")
        cause, now = CAUSES.get(reason), time.monotonic()
        if cause and now >= self._advised.get(reason, now):
            self._advised[reason] = now + ADVICE_SECONDS
            logger.warning(cause.line())
        return REFUSAL


def _is_click(data: Mapping[str, Any]) -> bool:
    header = data.get("header")
    return isinstance(header, Mapping) and header.get("event_type") == CARD_ACTION
