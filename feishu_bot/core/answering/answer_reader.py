"""Reads what the model says into a draft, and shows it while it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from feishu_bot import metrics
from feishu_bot.core.answering.answer_pictures import AnswerPictures
from feishu_bot.core.answering.draft import FINISH_NOTICES, Draft
from feishu_bot.core.answering.progress import Progress
from feishu_bot.core.answering.seam import Seam
from feishu_bot.core.chat_model import (
    LateReasoning,
    PictureDelta,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    StreamWait,
    TextDelta,
)
from feishu_bot.core.messenger import AnswerStream


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """Where an answer is shown, whether it is still wanted, and what there is of it."""

    stream: AnswerStream
    is_cancelled: Callable[[], bool]
    progress: Progress


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """One object serves all threads. `timer` is monotonic."""

    pictures: AnswerPictures
    timer: Callable[[], float]

    def read(self, events: Iterator[StreamEvent], draft: Draft, answer: OpenAnswer) -> None:
        """Read to the end, or until nobody wants the answer. Raises ModelError."""
        progress, started = answer.progress, self.timer()
        seam = Seam(progress.before.text)
        try:
            for event in events:
                if answer.is_cancelled():
                    draft.break_off()
                    break
                match event:
                    case TextDelta():
                        if not (progress.text or draft.first_text):
                            draft.first_text = self.timer() - started
                            metrics.FIRST_TEXT_SECONDS.observe(draft.first_text)
                        _write(answer, seam.add(event.text))
                    case ReasoningDelta():
                        progress.reasoning.append(event.text)
                        answer.stream.write(reasoning=event.text)
                    case _:
                        self._take(event, draft, answer, seam)
        finally:
            _write(answer, seam.end())
            draft.text, draft.reasoning = progress.whole_text, progress.whole_reasoning

    def _take(self, event: StreamEvent, draft: Draft, answer: OpenAnswer, seam: Seam) -> None:
        """What comes seldom."""
        stream, progress = answer.stream, answer.progress
        match event:
            case PictureDelta():
                # Uploaded before the text that names it comes, while the model waits.
                key = self.pictures.keep(event, draft, answer.is_cancelled)
                progress.note(pictures=draft.pictures)
                # One with an address is a link until the end.
                if key and not event.url:
                    stream.add_picture(event.target, key)
            case LateReasoning():
                # What was shown as the answer was no part of it.
                progress.text.append(seam.end())
                progress.take_back_text()
                stream.rewrite(progress.before.text, progress.whole_reasoning)
            case StreamWait():
                stream.tell_wait(event.seconds)
                # It was refused, and is asked again after that.
                draft.is_asked = not event.seconds
            case StreamStart():
                draft.model, draft.request_id = event.model, event.request_id
                progress.note(model=event.model)
            case StreamEnd():
                draft.reason = event.reason
                draft.notice = FINISH_NOTICES.get(event.reason, "")
                draft.prompt_tokens = event.prompt_tokens
                draft.completion_tokens = event.completion_tokens


def _write(answer: OpenAnswer, text: str) -> None:
    if text:
        answer.progress.text.append(text)
        answer.stream.write(text)
