"""The webhook: requests from the internet in, answers out."""

from __future__ import annotations

from feishu_bot.errors import Refused
from feishu_bot.feishu.webhook.dispatcher import EventDispatcher, Response
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
        try:
            return self._answer(address, headers, body)
        except Refused as exc:
            logger.warning("refused", address=address, reason=str(exc), bytes=len(body))
            return REFUSAL

    def _answer(self, address: Address, headers: Headers, body: bytes) -> Response:
        signature = self._verifier.verify(address, headers, body)
        data = self._verifier.read(body)
        if data.get("type") == "url_verification":
            return 200, {"challenge": self._verifier.challenge(data)}
        if signature == "none":
            raise Refused("no valid signature")
        if signature == "card":
            return self._dispatcher.dispatch_card_action_v1(headers, body, data)
        self._verifier.check_recipient(data)
        return self._dispatcher.dispatch(headers, body, data)
