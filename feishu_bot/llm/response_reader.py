"""Turns the chunks of one streamed response into the events of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from feishu_bot.core.chat_model import (
    FinishReason,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
)
from feishu_bot.core.text import repair_surrogates
from feishu_bot.errors import ModelError
from feishu_bot.llm.chunks import read_chunk
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS, error_in_body, error_of, model_error
from feishu_bot.llm.reasoning import ThinkSplitter
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class ResponseReader:
    """Reads one response. Once an event was emitted, `begun`, there is no other attempt."""

    def __init__(self, *, model: str, deadline: StreamDeadline) -> None:
        """`model` is the one asked for, used when the response names none."""
        self.begun = False
        self.request_id = ""
        self._model = model
        self._deadline = deadline
        self._splitter = ThinkSplitter()
        self._has_text = False
        self._finish = ""
        self._tokens = (0, 0)

    def read(self, chunks: Iterable[object]) -> Iterator[StreamEvent]:
        """The events of the answer, StreamStart first and StreamEnd last.

        An answer that was cut after some of its text ends with StreamEnd("cut"); when there is
        no text, ModelError is raised.
        """
        failure: ModelError | None = None
        try:
            for data in chunks:
                yield from self._events(data)
        except ModelError as exc:
            failure = exc
        except CLIENT_ERRORS as exc:
            failure = error_of(exc, timeout=self._deadline.timeout_kind)
            failure.__cause__ = exc
        for delta in self._splitter.end():
            yield from self._emit(delta)
        yield from self._end(failure)

    def _events(self, data: object) -> Iterator[StreamEvent]:
        chunk = read_chunk(data)
        if isinstance(data, dict) and "choices" not in data and data.get("message"):
            # `event: error` without an `error` object passes the SSE decoder as a plain chunk.
            raise error_in_body(data, request_id=self.request_id)
        if chunk.model and not self.begun:
            self._model = chunk.model
        if chunk.tokens:
            self._tokens = chunk.tokens
        if chunk.reasoning:
            yield from self._emit(ReasoningDelta(repair_surrogates(chunk.reasoning)))
        if chunk.text:
            for delta in self._splitter.feed(repair_surrogates(chunk.text)):
                yield from self._emit(delta)
        if chunk.finish:
            self._finish = chunk.finish
            self._deadline.finish()

    def _emit(self, event: StreamEvent) -> Iterator[StreamEvent]:
        if not self.begun:
            self.begun = True
            yield StreamStart(self._model, self.request_id)
        if isinstance(event, TextDelta):
            self._has_text = True
        yield event
        # Only now: the time that the consumer spent with the event is not the gateway's silence.
        self._deadline.touch()

    def _end(self, failure: ModelError | None) -> Iterator[StreamEvent]:
        reason: FinishReason
        if self._finish in ("length", "content_filter"):
            reason = "length" if self._finish == "length" else "content_filter"
        elif not self._has_text:
            raise self._no_text(failure)
        elif self._finish:
            reason = "stop"
        elif failure is not None and failure.kind == ModelErrorKind.CONTENT_FILTERED:
            reason = "content_filter"
        else:
            reason = "cut"
            logger.warning(
                "answer cut", request_id=self.request_id, reason=failure or "no finish_reason"
            )
        yield from self._emit(StreamEnd(reason, *self._tokens))

    def _no_text(self, failure: ModelError | None) -> ModelError:
        """Why there is no text, with the id of the request."""
        if failure is None or self._finish:
            return model_error(
                ModelErrorKind.EMPTY_ANSWER,
                f"finish_reason={self._finish or 'none'}",
                request_id=self.request_id,
            )
        failure.request_id = failure.request_id or self.request_id
        return failure
