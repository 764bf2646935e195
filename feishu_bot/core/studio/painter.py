"""Draws what is asked for in the studio, and keeps what came of it in a draft."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from feishu_bot.core.answering.answer_run import SaveState
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.model_failures import ModelFailures
from feishu_bot.core.answering.question import Question
from feishu_bot.core.answering.question_context import tags_in
from feishu_bot.core.answering.shown_pictures import PictureLoader, distinct_tags
from feishu_bot.core.drawings import STYLES, Drawing
from feishu_bot.core.jobs import Job
from feishu_bot.core.messenger import AnswerStream
from feishu_bot.core.notices import Notice
from feishu_bot.core.picture_model import MOST_PICTURES, DrawnPictures, PictureModel
from feishu_bot.core.pictures import Picture
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.studio.delivery import PictureDelivery
from feishu_bot.core.studio.sources import PictureSources, prompt_in
from feishu_bot.core.text import shorten
from feishu_bot.core.usage import MediaUse, Prices
from feishu_bot.errors import MediaError, ModelError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Seconds between two frames that count them.
COUNT_SECONDS = 2
# What a card shows of the words that a picture was drawn by.
CAPTION_CHARS = 200

# Failures after which nobody knows whether the picture was made, and paid.
_MAYBE_PAID = frozenset(
    {"gateway_timeout_first", "gateway_timeout_idle", "gateway_timeout_total", "stream_broken"}
)
# What the general notices say in words that don't fit a picture.
_DRAWING_NOTICES = {
    **dict.fromkeys(_MAYBE_PAID, "drawing_timed_out"),
    "content_filtered": "drawing_refused",
    "context_too_long": "drawing_too_long",
}


@dataclass(frozen=True, slots=True)
class _Sitting:
    """One try at one picture."""

    job: Job
    stream: AnswerStream
    control: JobControl
    save: SaveState

    @property
    def is_over(self) -> bool:
        return self.control.is_cancelled or self.stream.is_over


class Painter:
    """Draws. One object serves all threads."""

    def __init__(
        self,
        *,
        model: PictureModel,
        sources: PictureSources,
        loader: PictureLoader,
        delivery: PictureDelivery,
        failures: ModelFailures,
        prices: Prices,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._sources = sources
        self._loader = loader
        self._delivery = delivery
        self._failures = failures
        self._prices = prices
        self._timer = timer

    def paint(
        self,
        job: Job,
        question: Question,
        stream: AnswerStream,
        control: JobControl,
        save: SaveState,
    ) -> Draft:
        """Draw once, and upload what was drawn; a failure becomes the draft's notice.

        What is to be said if this process dies before the picture is there is saved as the
        "draft": it may have been paid by then, so nobody draws it again without being asked to.
        """
        draft = Draft(
            drawing=question.drawing or Drawing(), heard=question.heard, media=question.media
        )
        context = self._sources.of(question)
        draft.context = context.text
        draft.unread = [(notice.kind, dict(notice.params)) for notice in context.notices]
        sitting = _Sitting(job, stream, control, save)
        try:
            self._paint(sitting, context.text + question.text, draft)
        except ModelError as exc:
            if sitting.is_over:
                draft.notice = "drawing_stopped"
            else:
                self._failures.note(draft, exc, job.target.sender)
                draft.reason = "stop"
                draft.notice = _DRAWING_NOTICES.get(exc.kind, exc.kind)
        except MediaError as exc:
            _tell(draft, self._loader.notice(exc))
        return draft

    def _paint(self, sitting: _Sitting, written: str, draft: Draft) -> None:
        """Fill the draft. Raises ModelError and MediaError."""
        prompt = prompt_in(written)
        tags = distinct_tags(tags_in(written, "picture"))
        if refusal := _refusal(prompt, len(tags)):
            _tell(draft, refusal)
            return
        sitting.stream.tell_drawing(0)
        draft.model = self._model.model()
        if refusal := self._delivery.refusal():
            _tell(draft, refusal)
            return
        pictures = tuple(self._loader.fetch(tag) for tag in tags.values())
        sitting.save("draft", replace(draft, notice="drawing_interrupted").as_json())
        drawn = self._draw(sitting, prompt, pictures, draft)
        delivered = self._delivery.deliver(sitting.job, drawn.pictures)
        drawing = draft.drawing or Drawing()
        draft.drawing = replace(drawing, pictures=delivered.keys, prompt=drawn.prompt)
        asides = list(delivered.notices)
        if delivered.keys:
            draft.text = f"🎨 {shorten(prompt, CAPTION_CHARS)}"
        elif asides:
            _tell(draft, asides.pop(0))
        if drawing.shape and "size" in drawn.without:
            asides.append(Notice("picture_without_size", {"model": drawn.model}))
        draft.unread = [*draft.unread, *((aside.kind, dict(aside.params)) for aside in asides)]

    def _draw(
        self, sitting: _Sitting, prompt: str, pictures: tuple[Picture, ...], draft: Draft
    ) -> DrawnPictures:
        drawing, started, told = draft.drawing or Drawing(), self._timer(), 0

        def is_cancelled() -> bool:
            nonlocal told
            seconds = int(self._timer() - started)
            if seconds >= told + COUNT_SECONDS:
                told = seconds
                sitting.stream.tell_drawing(seconds)
            return sitting.is_over

        style = STYLES.get(drawing.style, "")
        drawn = self._model.draw(
            f"{prompt}\n\nStyle: {style}" if style else prompt,
            pictures=pictures,
            size=self._model.size(drawing.shape) if drawing.shape else "",
            is_cancelled=is_cancelled,
        )
        draft.model, draft.request_id = drawn.model, drawn.request_id
        draft.first_text = self._timer() - started
        cost = self._prices.picture_cost(
            drawn.model, len(drawn.pictures), drawn.prompt_tokens, drawn.completion_tokens
        )
        used = MediaUse(
            model=drawn.model,
            pictures=len(drawn.pictures),
            prompt_tokens=drawn.prompt_tokens,
            completion_tokens=drawn.completion_tokens,
            cost=cost,
        )
        draft.media = (*draft.media, used)
        return drawn


def _refusal(prompt: str, pictures: int) -> Notice | None:
    """Why there is nothing to be drawn."""
    if pictures > MOST_PICTURES:
        count = {"count": str(pictures), "most": str(MOST_PICTURES)}
        return Notice("pictures_too_many", count)
    if prompt:
        return None
    if pictures:
        return Notice("picture_waits", {"count": str(pictures)})
    return Notice("picture_wordless")


def _tell(draft: Draft, notice: Notice) -> None:
    draft.notice, draft.notice_params = notice.kind, dict(notice.params)
