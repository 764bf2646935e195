"""The model behind the gateway: asks, asks again where that helps, and streams the answer."""

from __future__ import annotations

import contextlib
import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import openai

from feishu_bot.core.chat_model import Prompt, StreamEvent
from feishu_bot.errors import ModelError
from feishu_bot.llm.balance import KeyBalances
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.deadline import StreamDeadline, deadline_for_requests, pause_for
from feishu_bot.llm.error_kinds import KEY_FAULTS, OTHER_KEY_ONLY, TRANSIENT, ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS, copy_of, error_of, request_id_of
from feishu_bot.llm.keys import KeyRing, masked
from feishu_bot.llm.model_list import PREFERRED_MODELS, ModelList, fetch_models
from feishu_bot.llm.rejected_params import (
    RejectedTemperatures,
    blames_temperature,
    without_temperature,
)
from feishu_bot.llm.response_body import chunks_of
from feishu_bot.llm.response_reader import ResponseReader

logger = logging.getLogger(__name__)

TRIES = 3
CHECK_TIMEOUT = 5.0
CHECK_FRESH_FOR = 10.0


def backoff_for(attempt: int) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): about 0.4, then 0.8."""
    return 0.4 * 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)


class Gateway:
    """An OpenAI-compatible gateway, asked with any of several keys. Thread safe, fork safe."""

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
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[int], float] = pause_for,
        backoff: Callable[[int], float] = backoff_for,
        check_timeout: float = CHECK_TIMEOUT,
    ) -> None:
        """Nothing is opened yet.

        `api_url` may end in `/v1` or not. `allowed` names the models that people may choose, with
        `*` for any text; none for all. Timeouts are in seconds: silence before the first
        word, silence between words, and the whole answer with all its tries. `pause` tells how
        long a reader sleeps before it reads on, from the number of answers that stream now;
        `backoff` how long to wait after failed attempt 1, 2, …. Raises ValueError without a key.
        """
        self._clients = Clients(api_url=api_url, proxy=proxy, user_agent=user_agent)
        self._ring = KeyRing(keys, clock=clock)
        self.models = ModelList(
            self._clients,
            self._ring.keys,
            model=model,
            preferred=preferred,
            allowed=allowed,
            clock=clock,
        )
        self.balance = KeyBalances(self._clients, self._ring.keys, clock=clock)
        self._first_token_timeout = first_token_timeout
        self._idle_timeout = idle_timeout
        self._answer_timeout = answer_timeout
        self._check_timeout = check_timeout
        self._clock = clock
        self._pause = pause
        self._backoff = backoff
        self._takes_stream_options = True
        self._refusals = RejectedTemperatures()
        self._streams = 0
        self._streams_lock = threading.Lock()
        self._check_lock = threading.Lock()
        self._checked_until = -math.inf
        self._check_failure: ModelError | None = None

    def stream(
        self, prompt: Prompt, is_unwanted: Callable[[], bool] = lambda: False
    ) -> Iterator[StreamEvent]:
        """Ask the model. Yields one ModelChosen first and one StreamEnd last. Raises ModelError.

        Tries up to three times, with another key where there is one, but never after the first
        piece; once more without the temperature if the model refuses it. A model that people may
        not choose (any more) gives way to the default. Closing the iterator closes the connection.
        `is_unwanted` is asked twice in each second of silence; once it says so, the answer ends as
        if it had timed out.
        """
        ends_at = self._clock() + self._answer_timeout
        is_allowed = prompt.model and self.models.allows(prompt.model)
        whole = _body(prompt, prompt.model if is_allowed else self.models.default())
        body = self._refusals.spared(whole)
        tried: set[str] = set()
        attempt = 1
        while True:
            key = self._ring.take(avoid=tried)
            tried.add(key)
            patience = self._patience(ends_at, is_unwanted)
            reader = ResponseReader(model=body["model"], patience=patience)
            try:
                yield from self._ask(key, body, reader, patience)
                return
            except ModelError as failure:
                if is_unwanted():
                    raise
                self._note(key, failure)
                # Behind a heartbeat a refusal comes inside the stream.
                if not reader.begun and _refuses_temperature(body, failure):
                    body = without_temperature(body)
                    continue
                final = reader.begun or patience.complete or attempt == TRIES
                if final or not self._may_repeat(failure, tried):
                    raise
                wait = 0.0 if failure.kind in OTHER_KEY_ONLY else self._backoff(attempt)
            finally:
                if reader.begun and body != whole:
                    self._refusals.note(whole)
            time.sleep(max(0.0, min(wait, ends_at - self._clock())))
            attempt += 1

    def check(self) -> None:
        """Raise ModelError when the gateway can't be reached or refuses every key.

        Asks for the model list; the outcome holds for ten seconds.
        """
        with self._check_lock:
            if self._clock() >= self._checked_until:
                self._check_failure = self._find_failure()
                self._checked_until = self._clock() + CHECK_FRESH_FOR
            failure = self._check_failure
        if failure is not None:
            raise copy_of(failure)

    def close(self) -> None:
        """Close the connections of this process."""
        self._clients.close()

    def _patience(self, ends_at: float, is_unwanted: Callable[[], bool]) -> StreamDeadline:
        return StreamDeadline(
            first=self._first_token_timeout,
            idle=self._idle_timeout,
            ends_at=ends_at,
            clock=self._clock,
            pause=lambda: self._pause(self._streams),
            is_unwanted=is_unwanted,
        )

    def _ask(
        self, key: str, body: dict[str, Any], reader: ResponseReader, patience: StreamDeadline
    ) -> Iterator[StreamEvent]:
        """One attempt with one key."""
        with self._counted():
            stream = self._open(key, body, patience)
            with stream:
                self._ring.worked(key)
                reader.request_id = request_id_of(stream.response.headers)
                yield from reader.read(chunks_of(stream))

    def _open(
        self, key: str, body: dict[str, Any], patience: StreamDeadline
    ) -> openai.Stream[object]:
        with_usage = self._takes_stream_options
        try:
            return self._post(key, body, patience, with_usage)
        except openai.APIStatusError as exc:
            if not (with_usage and _refuses_stream_options(exc)):
                raise self._failure(exc, patience.kind) from exc
            self._takes_stream_options = False
        except CLIENT_ERRORS as exc:
            raise self._failure(exc, patience.kind) from exc
        try:
            return self._post(key, body, patience, with_usage=False)
        except CLIENT_ERRORS as exc:
            raise self._failure(exc, patience.kind) from exc

    def _post(
        self, key: str, body: dict[str, Any], patience: StreamDeadline, with_usage: bool
    ) -> openai.Stream[object]:
        if with_usage:
            body = body | {"stream_options": {"include_usage": True}}
        with deadline_for_requests(patience):
            # Plain dicts: a fifth of the CPU time that typed chunks take.
            return self._clients.of(key).post(
                "/chat/completions",
                body=body,
                cast_to=object,
                stream=True,
                stream_cls=openai.Stream[object],
            )

    def _failure(
        self, exc: Exception, timeout: ModelErrorKind = ModelErrorKind.GATEWAY_TIMEOUT_FIRST
    ) -> ModelError:
        """Why a request was never answered: there was no stream yet that could break."""
        return error_of(
            exc,
            timeout=timeout,
            broken=ModelErrorKind.GATEWAY_UNREACHABLE,
            proxied=self._clients.proxied,
            keys=self._ring.keys,
        )

    def _note(self, key: str, failure: ModelError) -> None:
        # The only place that knows which key it was; the outcome is logged by whoever asked.
        logger.warning(
            "try failed: key=%s request_id=%s reason=%s", masked(key), failure.request_id, failure
        )
        if failure.kind in KEY_FAULTS:
            self._ring.refused(key)
        elif failure.kind == ModelErrorKind.GATEWAY_RATE_LIMITED:
            self._ring.limited(key)

    def _may_repeat(self, failure: ModelError, tried: set[str]) -> bool:
        if failure.kind in OTHER_KEY_ONLY:
            return len(tried) < len(self._ring.keys)
        return failure.kind in TRANSIENT

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._streams_lock:
            self._streams += 1
        try:
            yield
        finally:
            with self._streams_lock:
                self._streams -= 1

    def _find_failure(self) -> ModelError | None:
        """None when one key at least is good for a model list."""
        ends_at = self._clock() + self._check_timeout
        failure: ModelError | None = None
        for key in self._ring.keys:
            remaining = ends_at - self._clock()
            if failure is not None and remaining <= 0:
                break
            try:
                fetch_models(self._clients.of(key), timeout=remaining)
                return None
            except (*CLIENT_ERRORS, ModelError) as exc:
                failure = self._failure(exc)
            if failure.kind in (ModelErrorKind.GATEWAY_RATE_LIMITED, ModelErrorKind.GATEWAY_BUSY):
                return None
            if failure.kind not in KEY_FAULTS:
                break
        return failure


def _body(prompt: Prompt, model: str) -> dict[str, Any]:
    """Only what every model takes: any other field may be refused by one of them."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": message.role, "content": message.content} for message in prompt.messages
        ],
        "stream": True,
    }
    if prompt.temperature is not None:
        body["temperature"] = prompt.temperature
    return body


def _refuses_stream_options(exc: openai.APIStatusError) -> bool:
    return exc.status_code in (400, 422) and "stream_options" in str(exc.body)


def _refuses_temperature(body: dict[str, Any], failure: ModelError) -> bool:
    cause = failure.__cause__
    said = str(cause.body) if isinstance(cause, openai.APIStatusError) else failure.detail
    return "temperature" in body and blames_temperature(failure.kind, said)
