"""The webhook: requests from the internet in, answers out."""

from __future__ import annotations

import time

from feishu_bot import metrics
from feishu_bot.errors import Refused
from feishu_bot.feishu.webhook.dispatcher import CARD_ACTION, EventDispatcher, Response
from feishu_bot.feishu.webhook.signature import Address, Headers, SignatureVerifier
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

REFUSAL: Response = (401, {"msg": "unauthorized"})


class WebhookHandler:
    """Answers Feishu's requests on both addresses; a refusal looks the same whatever its reason."""

    def __init__(self, verifier: SignatureVerifier, dispatcher: EventDispatcher) -> None:
        self._verifier = verifier
        self._dispatcher = dispatcher

    def handle(self, address: Address, headers: Headers, body: bytes) -> Response:
        """Answer one request; `headers` may be asked for in any letter case."""
        started = time.perf_counter()
        try:
            event_type, response = self._answer(address, headers, body)
        except Refused as exc:
            # The reasons are our own words, and few: they may be a label.
            metrics.REFUSED_REQUESTS.labels(address=address, reason=str(exc)).inc()
            logger.warning("refused", address=address, reason=str(exc), bytes=len(body))
            return REFUSAL
        metrics.DELIVERY_SECONDS.observe(time.perf_counter() - started)
        metrics.DELIVERIES.labels(type=event_type, status=str(response[0])).inc()
        return response

    def _answer(self, address: Address, headers: Headers, body: bytes) -> tuple[str, Response]:
        """The type of what came, for the metrics, and our answer to it."""
        signature = self._verifier.verify(address, headers, body)
        data = self._verifier.read(body)
        if data.get("type") == "url_verification":
            challenge = self._verifier.challenge(data)
            return "url_verification", (200, {"challenge": challenge})
        if signature == "none":
            raise Refused("no valid signature")
        if signature == "card":
            response = self._dispatcher.dispatch_card_action_v1(headers, body, data)
            return CARD_ACTION, response
        self._verifier.check_recipient(data)
        event_type = self._dispatcher.handled_type(data) or metrics.OTHER
        return event_type, self._dispatcher.dispatch(headers, body, data)
