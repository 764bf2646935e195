"""One question to the model: its request, and how it changes from attempt to attempt."""

from __future__ import annotations

from typing import Any

import openai

from feishu_bot.errors import ModelError
from feishu_bot.llm.adjustments import Adjustments, adjusted, blames_form
from feishu_bot.llm.attempts import Attempts
from feishu_bot.llm.base_address import BaseAddress
from feishu_bot.llm.error_kinds import KEY_FAULTS, ModelErrorKind
from feishu_bot.llm.keys import KeyRing, masked
from feishu_bot.llm.sight import Sight, has_pictures, refuses_pictures
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class AnswerRequest:
    """What is asked, with which `key` and at which `url`."""

    def __init__(
        self,
        body: dict[str, Any],
        *,
        adjustments: Adjustments,
        address: BaseAddress,
        ring: KeyRing,
        attempts: Attempts,
        sight: Sight,
    ) -> None:
        self._whole = body
        self.body = adjustments.applied(body)
        self.url = address.url
        self.key = attempts.next_key()
        self._adjustments = adjustments
        self._address = address
        self._ring = ring
        self._attempts = attempts
        self._sight = sight
        self._wrong_address: ModelError | None = None

    def note_answered(self) -> None:
        """Remember what it took to get an answer."""
        self._address.settle(self.url)
        if self.body != self._whole:
            self._adjustments.note(self._whole, self.body)

    def wait_after(self, failure: ModelError, *, may_ask_again: bool) -> float | None:
        """Seconds until the next attempt, for which the request is changed; None for none."""
        self._note_failed(failure)
        if has_pictures(self.body) and refuses_pictures(failure.kind, _said(failure)):
            failure.kind = ModelErrorKind.MODEL_CANT_SEE
            self._sight.note_refused(self.body["model"])
            return None
        if not may_ask_again:
            return None
        # After a heartbeat a refusal of a field comes inside the stream.
        changed = adjusted(self.body, failure.kind, _said(failure))
        if changed is not None:
            logger.info("asking in another way", model=self.body["model"], reason=failure)
            self.body = changed
            return 0.0
        if self._wrong_address is None:
            other = self._address.other(self.url, failure.kind)
            if other:
                self._wrong_address, self.url = failure, other
                return 0.0
        wait = self._attempts.wait_after(failure)
        if wait is not None:
            self.key = self._attempts.next_key()
        return wait

    def final(self, failure: ModelError) -> ModelError:
        """What to raise after the last attempt."""
        first = self._wrong_address
        if first is not None and self._address.is_wrong(failure.kind):
            return first
        if blames_form(failure.kind, _said(failure)):
            failure.kind = ModelErrorKind.MODEL_UNSUITED
        if failure.retry_after and failure.kind in _PATIENCE:
            failure.kind = ModelErrorKind.GATEWAY_RESTING
        return failure

    def _note_failed(self, failure: ModelError) -> None:
        # The only place that knows which key it was; the outcome is logged by the caller.
        logger.warning(
            "attempt failed", key=masked(self.key), request_id=failure.request_id, reason=failure
        )
        if failure.kind in KEY_FAULTS:
            self._ring.mark_refused(self.key)
        elif failure.kind == ModelErrorKind.GATEWAY_RATE_LIMITED or failure.retry_after:
            self._ring.mark_limited(self.key, failure.retry_after)


_PATIENCE = (ModelErrorKind.GATEWAY_RATE_LIMITED, ModelErrorKind.GATEWAY_BUSY)


def _said(failure: ModelError) -> str:
    """All that the service said; the detail may be cut."""
    cause = failure.__cause__
    said = cause.response.text if isinstance(cause, openai.APIStatusError) else ""
    return f"{failure.detail} {said}"
