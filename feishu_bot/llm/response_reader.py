"""Turns the chunks of one streamed response into the events of an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from feishu_bot.core.chat_model import (
    FinishReason,
    LateReasoning,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
)
from feishu_bot.errors import ModelError
from feishu_bot.llm.chunks import Chunk, plain_text, read_chunk
from feishu_bot.llm.data_urls import DataUrlReader
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.end_tokens import EndTokens
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS, error_of, model_error
from feishu_bot.llm.finish_reasons import is_end, reason_of
from feishu_bot.llm.reasoning import ThinkSplitter
from feishu_bot.llm.sse import DONE
from feishu_bot.llm.streamed_text import StreamedText
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class ResponseReader:
    """Reads one response. Once an event was emitted, `begun`, there is no other attempt."""

    def __init__(self, *, model: str, deadline: StreamDeadline, keys: Collection[str] = ()) -> None:
        """`model` is the one asked for, used when the response names none; `keys` are masked.

        `done_is_end` is false for gateways that write `[DONE]` after an answer that broke off.
        """
        self.begun = False
        self.request_id = ""
        self.done_is_end = True
        self._keys = keys
        self._model = model
        self._deadline = deadline
        self._splitter = ThinkSplitter()
        self._end_tokens = EndTokens()
        self._pictures = DataUrlReader()
        self._gap = ""  # between a picture that came beside the text and what follows it
        self._text = StreamedText()
        self._reasoning = StreamedText()
        self._has_text = False
        self._has_first_choice = False
        self._has_picture = False
        self._finish = ""
        self._is_done = False
        self._tokens = (0, 0)

    @property
    def is_complete(self) -> bool:
        """Whether the service said that this is all: asking again would be paid twice."""
        return bool(self._finish) and reason_of(self._finish) != "cut"

    def read(self, batches: Iterable[Iterable[object]]) -> Iterator[StreamEvent]:
        """The events of the answer, StreamStart first and StreamEnd last.

        A batch are the chunks that came together; their text is one event.

        An answer that was cut after some of its text ends with StreamEnd("cut"); when there is
        no text, ModelError is raised.
        """
        failure: ModelError | None = None
        try:
            for batch in batches:
                yield from self._batch(batch)
        except ModelError as exc:
            failure = exc
        except CLIENT_ERRORS as exc:
            failure = error_of(exc, timeout=self._deadline.timeout_kind, keys=self._keys)
            failure.__cause__ = exc
        if half := self._rest():
            yield from self._write(half)
        for event in self._splitter.feed(self._end_tokens.end()):
            yield from self._emit(event)
        for event in self._splitter.end():
            yield from self._emit(event)
        yield from self._end(failure)

    def _batch(self, batch: Iterable[object]) -> Iterator[StreamEvent]:
        texts: list[str] = []
        for data in batch:
            # The first chunk names the model, so it is read as a whole.
            if self.begun and (text := plain_text(data)):
                texts.append(text)
                continue
            if texts:
                yield from self._plain(texts)
                texts = []
            if data is DONE:
                self._is_done = True
                self._deadline.finish(is_certain=True)
            else:
                yield from self._events(data)
        if texts:
            yield from self._plain(texts)

    def _plain(self, texts: list[str]) -> Iterator[StreamEvent]:
        self._has_first_choice = True
        # Whatever was said of an end before: it wasn't one.
        self._deadline.resume()
        yield from self._said("".join(texts), pieces=len(texts))

    def _events(self, data: object) -> Iterator[StreamEvent]:
        chunk = read_chunk(data)
        if chunk.model and not self.begun:
            self._model = chunk.model
        if chunk.tokens:
            self._tokens = chunk.tokens
        is_news = bool(chunk.text or chunk.reasoning or chunk.pictures)
        if is_news and not (chunk.index and self._has_first_choice):
            self._has_first_choice = self._has_first_choice or not chunk.index
            # Whatever was said of an end before: it wasn't one.
            self._deadline.resume()
            yield from self._news(chunk)
        if chunk.has_picture:
            self._has_picture = True
        if chunk.finish and is_end(chunk.finish):
            self._finish = chunk.finish
            self._deadline.finish()
        elif chunk.tokens and not is_news:
            self._deadline.note_usage()

    def _news(self, chunk: Chunk) -> Iterator[StreamEvent]:
        if chunk.reasoning:
            reasoning = self._reasoning.added(chunk.reasoning, is_message=chunk.is_message)
            if reasoning:
                yield from self._emit(ReasoningDelta(reasoning))
        if chunk.text:
            is_last = bool(chunk.finish)
            yield from self._said(chunk.text, is_message=chunk.is_message, is_last=is_last)
        for address in chunk.pictures:
            if named := self._pictures.named(address):
                yield from self._write("\n\n" + named if self._has_text else named)
                self._gap = "\n\n"

    def _said(
        self, text: str, *, pieces: int = 1, is_message: bool = False, is_last: bool = False
    ) -> Iterator[StreamEvent]:
        text = self._pictures.feed(text, is_last=is_last or is_message)
        text = self._text.added(text, pieces=pieces, is_message=is_message, is_last=is_last)
        yield from self._write(text)
        if self._pictures.is_within:
            self._deadline.touch()

    def _write(self, text: str) -> Iterator[StreamEvent]:
        """The events of more text, with the pictures before it that it names."""
        for picture in self._pictures.take():
            yield from self._emit(picture)
        if self._gap and text:
            text, self._gap = self._gap + text.lstrip("\n"), ""
        for event in self._splitter.feed(self._end_tokens.feed(text)):
            yield from self._emit(event)

    def _rest(self) -> str:
        """What was held back for a piece that never came."""
        held = self._pictures.feed("", is_last=True)
        return self._text.added(held) + self._text.rest() if held else self._text.rest()

    def _emit(self, event: StreamEvent) -> Iterator[StreamEvent]:
        if not self.begun:
            self.begun = True
            yield StreamStart(self._model, self.request_id)
        if isinstance(event, TextDelta):
            self._has_text = True
        elif isinstance(event, LateReasoning):
            self._has_text = False
        yield event
        # Only now: the time that the consumer spent with the event is not the gateway's silence.
        self._deadline.touch()

    def _end(self, failure: ModelError | None) -> Iterator[StreamEvent]:
        reason: FinishReason = reason_of(self._finish) if self._finish else "cut"
        if not self._has_text:
            raise self._no_text(reason, failure)
        if not self._finish:
            if failure is not None and failure.kind == ModelErrorKind.CONTENT_FILTERED:
                reason = "content_filter"
            elif failure is None and self._is_done and self.done_is_end:
                reason = "stop"
        if reason == "cut":
            logger.warning(
                "answer cut",
                request_id=self.request_id,
                reason=failure or f"finish_reason={self._finish or 'none'}",
            )
        yield from self._emit(StreamEnd(reason, *self._tokens))

    def _no_text(self, reason: FinishReason, failure: ModelError | None) -> ModelError:
        """Why there is no text, with the id of the request."""
        if failure is not None and not self._finish:
            failure.request_id = failure.request_id or self.request_id
            return failure
        if self._has_picture:
            kind = ModelErrorKind.ANSWER_IS_PICTURE
        elif not self._finish:
            # An end without [DONE] and without a reason is none.
            kind = ModelErrorKind.EMPTY_ANSWER if self._is_done else ModelErrorKind.STREAM_BROKEN
        else:
            kind = _KIND_WITHOUT_TEXT[reason]
        return model_error(
            kind, f"finish_reason={self._finish or 'none'}", request_id=self.request_id
        )


_KIND_WITHOUT_TEXT: dict[FinishReason, ModelErrorKind] = {
    "stop": ModelErrorKind.EMPTY_ANSWER,
    "length": ModelErrorKind.LENGTH_WITHOUT_TEXT,
    "content_filter": ModelErrorKind.CONTENT_FILTERED,
    "cut": ModelErrorKind.UPSTREAM_FAILED,
}
