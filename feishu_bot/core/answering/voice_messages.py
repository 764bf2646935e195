"""What people say in voice messages, as words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from feishu_bot.core.answering.answer_run import SaveState
from feishu_bot.core.answering.question_context import as_written
from feishu_bot.core.attachments import AttachmentSource, failure_notice
from feishu_bot.core.messages import IncomingMessage, known_fields
from feishu_bot.core.notices import Notice
from feishu_bot.core.recordings import opus_milliseconds
from feishu_bot.core.tasks import Job
from feishu_bot.core.transcription import MOST_AUDIO, Transcriber
from feishu_bot.core.usage import MediaUse, Prices
from feishu_bot.errors import MediaError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, and what it took to hear it; or a `failure` that says why it wasn't heard."""

    text: str = ""
    used: MediaUse | None = None
    failure: Notice | None = None

    def as_json(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes, of something that was heard."""
        return {"text": self.text, "used": asdict(self.used) if self.used else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        used = data.get("used")
        return cls(data["text"], MediaUse(**known_fields(MediaUse, used)) if used else None)


class VoiceMessages:
    """Has recordings written down. `language` is a hint, as in ISO 639-1, empty for none."""

    def __init__(
        self,
        attachments: AttachmentSource,
        transcriber: Transcriber,
        prices: Prices,
        *,
        language: str = "",
    ) -> None:
        self._attachments = attachments
        self._transcriber = transcriber
        self._prices = prices
        self._language = language

    def hear(
        self,
        job: Job,
        message: IncomingMessage,
        is_cancelled: Callable[[], bool],
        save: SaveState,
    ) -> Heard:
        """The words of a voice message. Raises ModelError, LeaseLost.

        They are paid for once: `save` keeps them for the process that takes the job up.
        """
        if known := job.checkpoint.get("heard"):
            return Heard.from_json(known)
        heard = self._heard(message, is_cancelled)
        if not heard.failure:
            save("heard", heard.as_json())
        return heard

    def _heard(self, message: IncomingMessage, is_cancelled: Callable[[], bool]) -> Heard:
        recording = next(item for item in message.attachments if item.kind == "audio")
        try:
            with self._attachments.opened(message.message_id, recording, most=MOST_AUDIO) as data:
                seconds = opus_milliseconds(data) / 1000
                said = self._transcriber.transcribe(
                    data, language=self._language, is_cancelled=is_cancelled
                )
        except MediaError as exc:
            logger.info("voice message not heard", id=message.message_id, reason=str(exc))
            return Heard(failure=failure_notice(exc, most=MOST_AUDIO, kind="audio"))
        cost = self._prices.audio_cost(said.model, seconds)
        used = MediaUse(model=said.model, audio_seconds=seconds, cost=cost)
        # Words that begin with a tag of the bot's could pass for one.
        text = as_written(said.text.strip())
        return Heard(text, used, None if text else Notice("voice_empty"))
