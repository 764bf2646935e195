"""The language models of a gateway: asks, retries where that helps, and streams the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from feishu_bot.core.chat_model import Prompt, StreamEvent, StreamWait
from feishu_bot.errors import ModelError
from feishu_bot.llm.adjustments import Adjustments
from feishu_bot.llm.answer_request import AnswerRequest
from feishu_bot.llm.attempts import Attempts, backoff_for
from feishu_bot.llm.balance import KeyBalances
from feishu_bot.llm.chat_endpoint import ChatEndpoint, request_body
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.deadline import POLL_SECONDS, StreamDeadline
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import model_error, request_id_of
from feishu_bot.llm.gateway_check import CHECK_TIMEOUT, GatewayCheck
from feishu_bot.llm.keys import KeyRing
from feishu_bot.llm.media_tasks import MediaSettings, MediaTasks
from feishu_bot.llm.model_list import PREFERRED_MODELS, ModelList
from feishu_bot.llm.response_body import chunks_of
from feishu_bot.llm.response_reader import ResponseReader
from feishu_bot.llm.sight import Sight, has_pictures

# Seconds: a shorter wait is over before anybody has read of it.
TOLD_WAIT = 2.0


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
        media: MediaSettings | None = None,
        proxy: str = "",
        user_agent: str = "",
        headers: Mapping[str, str] | None = None,
        first_token_timeout: float = 120.0,
        idle_timeout: float = 120.0,
        answer_timeout: float = 600.0,
        timer: Callable[[], float] = time.monotonic,
        backoff: Callable[[int], float] = backoff_for,
        check_timeout: float = CHECK_TIMEOUT,
        on_outcome: Callable[[ModelError | None], None] = lambda failure: None,
    ) -> None:
        """Nothing is opened yet.

        `api_url` is a host, which gets `/v1`, or a host with its path; see `base_address`.
        `headers` are sent with every call. `allowed` names the models that people may choose, with
        `*` for any text; none for all. `media` has the models for pictures and voice.
        Timeouts are in seconds: silence before the first
        token, silence between tokens, and the whole answer with all its attempts. `backoff` gives
        the seconds to wait after failed attempt 1, 2, …. `on_outcome` is told how each answer
        ended: of its failure, or None; it must not wait. Raises ValueError without a key.
        """
        self._ring = KeyRing(keys, timer=timer)
        keys = self._ring.keys
        self._clients = Clients(
            api_url=api_url, proxy=proxy, user_agent=user_agent, headers=headers, keys=keys
        )
        self.models = ModelList(
            self._clients, keys, model=model, preferred=preferred, allowed=allowed, timer=timer
        )
        self.balance = KeyBalances(self._clients, keys, timer=timer)
        self._check = GatewayCheck(
            self._clients, keys, model=model, timeout=check_timeout, timer=timer
        )
        self.media = MediaTasks(
            self._clients,
            self._ring,
            self.models,
            media or MediaSettings(),
            backoff=backoff,
            timer=timer,
        )
        self._endpoint = ChatEndpoint(self._clients)
        self._first_token_timeout = first_token_timeout
        self._idle_timeout = idle_timeout
        self._answer_timeout = answer_timeout
        self._timer = timer
        self._backoff = backoff
        self._on_outcome = on_outcome
        self._adjustments = Adjustments()
        self._sight = Sight(timer=timer)

    def stream(
        self, prompt: Prompt, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[StreamEvent]:
        """Ask the model.

        Makes up to three attempts, with another key where there is one, but none after the first
        event; one more without each field that the model rejects, and one at the other form of
        the address. A model that people may not choose (any more) gives way to the default.
        Closing the iterator closes the connection. `is_cancelled` is called twice in each second
        of silence; once it is true, the answer ends as if it had timed out.
        """
        ends_at = self._timer() + self._answer_timeout
        body = request_body(prompt, self._model_for(prompt))
        if has_pictures(body) and not self._sight.can_see(body["model"]):
            blind = model_error(ModelErrorKind.MODEL_CANT_SEE, "it has refused pictures before")
            blind.model = body["model"]
            raise blind
        request = AnswerRequest(
            body,
            adjustments=self._adjustments,
            address=self._clients.address,
            ring=self._ring,
            attempts=Attempts(self._ring, self._backoff),
            sight=self._sight,
        )
        while True:
            deadline = self._deadline(ends_at, is_cancelled)
            reader = ResponseReader(
                model=request.body["model"], deadline=deadline, keys=self._clients.secrets
            )
            try:
                yield from self._attempt(request, reader, deadline)
            except ModelError as failure:
                failure.model = request.body["model"]
                if is_cancelled():
                    raise
                may_ask_again = not (reader.begun or reader.is_complete)
                wait = request.wait_after(failure, may_ask_again=may_ask_again)
                if wait is None:
                    final = request.final(failure)
                    if final.kind == ModelErrorKind.MODEL_UNAVAILABLE:
                        final.offered = self.models.near(final.model)
                    self._on_outcome(final)
                    raise final from failure.__cause__
            else:
                self._on_outcome(None)
                return
            finally:
                if reader.begun:
                    request.note_answered()
            yield from self._wait(wait, ends_at, is_cancelled)

    def can_see(self, model: str) -> bool:
        """Implements `core.chat_model.ModelSight`."""
        return self._sight.can_see(model or self.models.default())

    def check(self) -> None:
        """Raise ModelError when the gateway can't be reached or refuses every key.

        The outcome holds for ten seconds.
        """
        self._check.run()

    def warm(self) -> None:
        """Have a connection open; costs no tokens. Raises ModelError."""
        self._clients.warm()

    def idle(self) -> float:
        """Seconds since this process has last asked anything."""
        return self._clients.idle()

    def close(self) -> None:
        """Close the connections of this process."""
        self._clients.close()

    def _model_for(self, prompt: Prompt) -> str:
        if prompt.model and (prompt.is_fixed or self.models.allows(prompt.model)):
            return prompt.model
        return self.models.default()

    def _deadline(self, ends_at: float, is_cancelled: Callable[[], bool]) -> StreamDeadline:
        return StreamDeadline(
            first=self._first_token_timeout,
            idle=self._idle_timeout,
            ends_at=ends_at,
            timer=self._timer,
            is_cancelled=is_cancelled,
        )

    def _attempt(
        self, request: AnswerRequest, reader: ResponseReader, deadline: StreamDeadline
    ) -> Iterator[StreamEvent]:
        opened = self._endpoint.open(request.key, request.body, deadline, base_url=request.url)
        with opened as stream:
            self._ring.mark_working(request.key)
            headers = stream.response.headers
            reader.request_id = request_id_of(headers)
            # The gateways of the one-api family write [DONE] after a break, too.
            reader.done_is_end = "x-oneapi-request-id" not in headers
            # Held until the connection is given back: dropped earlier, it would be closed.
            received = stream.response.iter_bytes()
            yield from reader.read(chunks_of(received, headers, self._clients.secrets))

    def _wait(
        self, seconds: float, ends_at: float, is_cancelled: Callable[[], bool]
    ) -> Iterator[StreamEvent]:
        """Wait as long as the service asks; a wait that a reader notices is told."""
        until = self._timer() + min(seconds, ends_at - self._timer())
        if seconds >= TOLD_WAIT:
            yield StreamWait(seconds)
        while (left := until - self._timer()) > 0 and not is_cancelled():
            time.sleep(min(left, POLL_SECONDS))
        if seconds >= TOLD_WAIT:
            yield StreamWait(0.0)
