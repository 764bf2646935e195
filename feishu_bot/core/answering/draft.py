"""An answer while it grows, and what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from feishu_bot.core.answering.expiry import resumable
from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.cards import Block
from feishu_bot.core.chat_model import FinishReason
from feishu_bot.core.drawings import Drawing
from feishu_bot.core.jobs import Outcome
from feishu_bot.core.messages import known_fields
from feishu_bot.core.messenger import FinalAnswer, Footer, Resumable
from feishu_bot.core.notices import Notice
from feishu_bot.core.studio.picture_card import drawn_images, picture_controls
from feishu_bot.core.usage import MediaUse
from feishu_bot.errors import MediaErrorKind

# What a reader is told under an answer that isn't all there.
FINISH_NOTICES: Mapping[FinishReason, str] = {
    "length": "length",
    "cut": "cut",
    "content_filter": "filtered_partly",
}
CONTINUABLE: frozenset[FinishReason] = frozenset({"length", "cut"})
EVENT_ID_CHARS = 12
# The notices in place of an answer about something that couldn't be read.
UNREAD = frozenset(
    {
        *get_args(MediaErrorKind),
        *("sent_forbidden", "sent_unreadable", "unsupported_message"),
        *("recording_too_long", "recording_empty", "recording_model_unset"),
    }
)


@dataclass(slots=True)
class Draft:
    """What there is of an answer. As JSON it is what a later process needs to end it."""

    text: str = ""
    reasoning: str = ""
    model: str = ""
    reason: FinishReason = "stop"
    notice: str = ""
    # What fills the notice besides what stands below.
    notice_params: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated_tokens: int = 0
    # The model service was asked, and hasn't refused: what it was asked is paid for.
    is_asked: bool = False
    # When the model service takes questions again, as it said; 0 where it said nothing.
    retry_at: float = 0.0
    first_text: float = 0.0
    # Where no model could be chosen: those that could be.
    offered: str = ""
    # What the question was read with: a quoted message, or the thread before it.
    context: str = ""
    # What the model was told the asker is called; empty in a private chat.
    speaker: str = ""
    # Notices, by kind and params, of what came with the question and wasn't read.
    unread: Sequence[tuple[str, Mapping[str, str]]] = ()
    # The asker's favourite model, where another one had to answer.
    missed_favourite: str = ""
    # What was said, where the question is a voice message; and whether it couldn't be heard.
    heard: str = ""
    is_unheard: bool = False
    # What it took besides its own model.
    media: Sequence[MediaUse] = ()
    # The keys of the answer's pictures, by what its text calls them, and how many were lost; a
    # scope that was missing for it.
    pictures: Mapping[str, str] = field(default_factory=dict)
    lost_pictures: int = 0
    lost_scope: str = ""
    # The id of the turn at which an expired conversation can be resumed, and how long ago it was.
    resumable_turn: str = ""
    idle_seconds: float = 0.0
    # Nothing was asked, and no turn is stored: there is nothing that could be asked once more.
    is_refusal: bool = False
    # Where a picture was asked for, what has become of it.
    drawing: Drawing | None = None

    def as_json(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes; `from_json` reads it back."""
        values = {name: getattr(self, name) for name in self.__slots__}
        drawing = asdict(self.drawing) if self.drawing else None
        return {**values, "media": [asdict(used) for used in self.media], "drawing": drawing}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Draft:
        """What `as_json` gave, by this version, a newer one, or 0.1."""
        data = {"context": data.get("background", ""), **data}
        values = {name: data[name] for name in cls.__slots__ if name in data}
        media = tuple(MediaUse(**known_fields(MediaUse, item)) for item in data.get("media", ()))
        drawing = Drawing.from_json(values["drawing"]) if values.get("drawing") else None
        return cls(**{**values, "media": media, "drawing": drawing})

    def break_off(self) -> None:
        """The rest isn't wanted; it can be continued like one that was cut."""
        self.notice, self.reason = "stopped", "cut"

    @property
    def outcome(self) -> Outcome:
        """How the answer ended, for the log, the metrics and the usage."""
        if self.notice in ("stopped", "drawing_stopped"):
            return "stopped"
        return "answered" if self.text else "noticed"

    @property
    def is_complete(self) -> bool:
        """Whether the model has said all that it had to say, in words."""
        is_said = bool(self.text) and self.drawing is None
        return is_said and not self.notice and self.reason == "stop"

    @property
    def is_unread(self) -> bool:
        """Whether there was nothing to be answered: what was sent could not be read."""
        return self.notice in UNREAD

    def spent(self) -> tuple[int, int]:
        """The tokens of prompt and answer; our estimate where the gateway has told nothing.

        It tells nothing of an answer that was stopped or cut. One that was stopped before its
        first word has cost its prompt: else long questions, each stopped, would cost nobody.
        """
        written = self.text + self.reasoning
        if self.prompt_tokens or self.completion_tokens or self.drawing:
            return self.prompt_tokens, self.completion_tokens
        if written:
            return self.estimated_tokens, estimate_tokens(written)
        is_paid = self.is_asked and self.notice == "stopped"
        return (self.estimated_tokens if is_paid else 0), 0

    def unread_notices(self) -> tuple[Notice, ...]:
        """What came with the question and wasn't read."""
        return tuple(Notice(kind, params) for kind, params in self.unread)

    def _can_regenerate(self) -> bool:
        # A file is fetched with the message that it came in, not again.
        is_read = not (self.is_unread or self.is_unheard)
        return is_read and not self.is_refusal and self.drawing is None

    def _asides(self) -> tuple[Notice, ...]:
        asides = self.unread_notices()
        if self.missed_favourite:
            asides += (Notice("favourite_gone", {"model": self.missed_favourite}),)
        if self.lost_scope:
            asides += (Notice("pictures_scope_missing", {"scope": self.lost_scope}),)
        elif self.lost_pictures:
            asides += (Notice("pictures_lost", {"count": str(self.lost_pictures)}),)
        return asides

    def _resumable(self) -> Resumable | None:
        if not self.resumable_turn:
            return None
        return resumable(self.resumable_turn, self.idle_seconds)

    def _controls(self) -> tuple[Block, ...]:
        return picture_controls(self.drawing, self.notice) if self.drawing else ()

    def _when(self) -> str:
        """The time of `retry_at`, with the day when that is another one."""
        if not self.retry_at:
            return ""
        again = time.localtime(self.retry_at + 59)
        is_today = again[:3] == time.localtime()[:3]
        return time.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M", again)

    @property
    def shown_notice(self) -> str:
        """The kind of the notice that the reader sees; empty for none."""
        return self.notice or ("" if self.text.strip() else "empty_answer")

    def shown_request_id(self, event_id: str) -> str:
        """The id that the reader sees. Where the gateway gave none, the end of our own, which
        leads to the log line."""
        return self.request_id or event_id[-EVENT_ID_CHARS:]

    def final_answer(self, footer: frozenset[str], seconds: float, event_id: str) -> FinalAnswer:
        """What the reader sees in the end; `footer` names its parts that are wanted."""
        notice = None
        if kind := self.shown_notice:
            params = {
                "model": self.model,
                "offered": self.offered,
                "request_id": "" if self.is_refusal else self.shown_request_id(event_id),
                "when": self._when(),
                **self.notice_params,
            }
            notice = Notice(kind, params)
        tokens = self.prompt_tokens + self.completion_tokens
        small_print = Footer(
            model=self.model if "model" in footer else "",
            seconds=seconds if "seconds" in footer else 0.0,
            tokens=tokens if "tokens" in footer else 0,
        )
        return FinalAnswer(
            text=self.text,
            reasoning=self.reasoning,
            notice=notice,
            resumable=self._resumable(),
            asides=self._asides(),
            pictures=self.pictures,
            footer=small_print if self.text else Footer(),
            can_continue=bool(self.text) and self.reason in CONTINUABLE,
            can_regenerate=self._can_regenerate(),
            heard=self.heard,
            drawn=drawn_images(self.drawing) if self.drawing else (),
            controls=self._controls(),
        )
