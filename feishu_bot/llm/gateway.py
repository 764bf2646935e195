"""The language models of a gateway: asks, retries where that helps, and streams the answer."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import openai

from feishu_bot.core.chat_model import Prompt, StreamEvent
from feishu_bot.errors import ModelError
from feishu_bot.llm.attempts import Attempts, backoff_for
from feishu_bot.llm.balance import KeyBalances
from feishu_bot.llm.chat_endpoint import ChatEndpoint, request_body
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.deadline import StreamDeadline, pause_for
from feishu_bot.llm.error_kinds import KEY_FAULTS, ModelErrorKind
from feishu_bot.llm.error_mapping import request_id_of
from feishu_bot.llm.gateway_check import CHECK_TIMEOUT, GatewayCheck
from feishu_bot.llm.keys import KeyRing, masked
from feishu_bot.llm.model_list import PREFERRED_MODELS, ModelList
from feishu_bot.llm.rejected_params import (
    RejectedTemperatures,
    blames_temperature,
    without_temperature,
)
from feishu_bot.llm.response_body import chunks_of
from feishu_bot.llm.response_reader import ResponseReader
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class Gateway:
    """An OpenAI-compatible gateway, asked with any of several keys; its model answers.

    Implements `core.chat_model.ChatModel`. Thread safe, and may be made before a fork.
    """

    def __init__(
        self,
        *,
        api_url: str,
        keys: Sequence[str],
        model: str = "",
        preferred: Sequence[str] = PREFERRED_MODELS,
        allowed: Sequence[str] = (),
        proxy: str = "",
        user_agent: str = "",
        first_token_timeout: float = 120.0,
        idle_timeout: float = 120.0,
        answer_timeout: float = 600.0,
        timer: Callable[[], float] = time.monotonic,
        pause: Callable[[int], float] = pause_for,
        backoff: Callable[[int], float] = backoff_for,
        check_timeout: float = CHECK_TIMEOUT,
    ) -> None:
        """Nothing is opened yet.

        `api_url` may end in `/v1` or not. `allowed` names the models that people may choose, with
        `*` for any text; none for all. Timeouts are in seconds: silence before the first
        token, silence between tokens, and the whole answer with all its attempts. `pause` gives
        the seconds that a reader sleeps before it reads on, by the number of answers that stream
        now; `backoff` the seconds to wait after failed attempt 1, 2, …. Raises ValueError without
        a key.
        """
        self._clients = Clients(api_url=api_url, proxy=proxy, user_agent=user_agent)
        self._ring = KeyRing(keys, timer=timer)
        keys = self._ring.keys
        self.models = ModelList(
            self._clients, keys, model=model, preferred=preferred, allowed=allowed, timer=timer
        )
        self.balance = KeyBalances(self._clients, keys, timer=timer)
        self._check = GatewayCheck(self._clients, keys, timeout=check_timeout, timer=timer)
        self._endpoint = ChatEndpoint(self._clients, keys)
        self._first_token_timeout = first_token_timeout
        self._idle_timeout = idle_timeout
        self._answer_timeout = answer_timeout
        self._timer = timer
        self._pause = pause
        self._backoff = backoff
        self._rejected = RejectedTemperatures()
        self._streams = 0
        self._streams_lock = threading.Lock()

    def stream(
        self, prompt: Prompt, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[StreamEvent]:
        """Ask the model.

        Makes up to three attempts, with another key where there is one, but none after the first
        event; one more without the temperature if the model rejects it. A model that people may
        not choose (any more) gives way to the default. Closing the iterator closes the connection.
        `is_cancelled` is called twice in each second of silence; once it is true, the answer ends
        as if it had timed out.
        """
        ends_at = self._timer() + self._answer_timeout
        whole = request_body(prompt, self._model_for(prompt))
        body = self._rejected.without_rejected(whole)
        attempts = Attempts(self._ring, self._backoff)
        while True:
            key = attempts.next_key()
            deadline = self._deadline(ends_at, is_cancelled)
            reader = ResponseReader(model=body["model"], deadline=deadline)
            try:
                yield from self._attempt(key, body, reader, deadline)
            except ModelError as failure:
                if is_cancelled():
                    raise
                self._note(key, failure)
                # After a heartbeat a rejection comes inside the stream.
                if not reader.begun and _rejects_temperature(body, failure):
                    body = without_temperature(body)
                    continue
                wait = None if reader.begun or deadline.complete else attempts.wait_after(failure)
                if wait is None:
                    raise
            else:
                return
            finally:
                if reader.begun and body != whole:
                    self._rejected.note(whole)
            time.sleep(max(0.0, min(wait, ends_at - self._timer())))

    def check(self) -> None:
        """Raise ModelError when the gateway can't be reached or refuses every key.

        The outcome holds for ten seconds.
        """
        self._check.run()

    def close(self) -> None:
        """Close the connections of this process."""
        self._clients.close()

    def _model_for(self, prompt: Prompt) -> str:
        is_allowed = prompt.model and self.models.allows(prompt.model)
        return prompt.model if is_allowed else self.models.default()

    def _deadline(self, ends_at: float, is_cancelled: Callable[[], bool]) -> StreamDeadline:
        return StreamDeadline(
            first=self._first_token_timeout,
            idle=self._idle_timeout,
            ends_at=ends_at,
            timer=self._timer,
            pause=lambda: self._pause(self._streams),
            is_cancelled=is_cancelled,
        )

    def _attempt(
        self, key: str, body: dict[str, Any], reader: ResponseReader, deadline: StreamDeadline
    ) -> Iterator[StreamEvent]:
        with self._counted(), self._endpoint.open(key, body, deadline) as stream:
            self._ring.mark_working(key)
            reader.request_id = request_id_of(stream.response.headers)
            yield from reader.read(chunks_of(stream))

    def _note(self, key: str, failure: ModelError) -> None:
        # The only place that knows which key it was; the outcome is logged by the caller.
        logger.warning(
            "attempt failed", key=masked(key), request_id=failure.request_id, reason=failure
        )
        if failure.kind in KEY_FAULTS:
            self._ring.mark_refused(key)
        elif failure.kind == ModelErrorKind.GATEWAY_RATE_LIMITED:
            self._ring.mark_limited(key)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._streams_lock:
            self._streams += 1
        try:
            yield
        finally:
            with self._streams_lock:
                self._streams -= 1


def _rejects_temperature(body: dict[str, Any], failure: ModelError) -> bool:
    cause = failure.__cause__
    said = str(cause.body) if isinstance(cause, openai.APIStatusError) else failure.detail
    return "temperature" in body and blames_temperature(failure.kind, said)
