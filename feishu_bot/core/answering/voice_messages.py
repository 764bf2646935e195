"""What people say in voice messages and other recordings, as words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from feishu_bot.core.answering.answer_run import SaveState
from feishu_bot.core.answering.question_context import as_written, tags_in
from feishu_bot.core.attachments import AttachmentSource, failure_notice
from feishu_bot.core.conversations import Turn
from feishu_bot.core.formatting import format_count
from feishu_bot.core.jobs import Job
from feishu_bot.core.messages import IncomingMessage, known_fields
from feishu_bot.core.notices import Notice
from feishu_bot.core.recording_lengths import recording_seconds
from feishu_bot.core.transcription import MOST_AUDIO, Transcriber
from feishu_bot.core.usage import MediaUse, Prices
from feishu_bot.errors import MediaError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Of a recording of ordinary quality, 128 kbit/s.
BYTES_A_SECOND = 16_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, and what it took to hear it; or a `failure` that says why it wasn't heard."""

    text: str = ""
    used: MediaUse | None = None
    failure: Notice | None = None
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes, of something that was heard."""
        used = asdict(self.used) if self.used else None
        return {"text": self.text, "used": used, "seconds": self.seconds}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        used = data.get("used")
        media = MediaUse(**known_fields(MediaUse, used)) if used else None
        return cls(data["text"], media, seconds=data.get("seconds", 0.0))


# The words of the recording that this key leads to, given its bytes.
Hear = Callable[[str, bytes], Heard]


class VoiceMessages:
    """Has recordings written down. `language` is a hint, as in ISO 639-1, empty for none.

    `most_seconds` is how long one may be: a service takes money for each second.
    """

    def __init__(
        self,
        attachments: AttachmentSource,
        transcriber: Transcriber,
        prices: Prices,
        *,
        language: str = "",
        most_seconds: float = 1_800.0,
    ) -> None:
        self._attachments = attachments
        self._transcriber = transcriber
        self._prices = prices
        self._language = language
        self._most_seconds = most_seconds

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

    def for_question(
        self,
        job: Job,
        turns: Iterable[Turn],
        is_cancelled: Callable[[], bool],
        save: SaveState,
    ) -> Hear:
        """What hears the recordings that come with a question. Raises ModelError, LeaseLost.

        What was heard before in the conversation is not heard again, nor by another process.
        """
        known: dict[str, Mapping[str, Any]] = dict(job.checkpoint.get("recordings", {}))

        def hear(key: str, data: bytes) -> Heard:
            # Looked up only where there is a recording, which hardly any question has.
            if text := _said_before(key, turns):
                return Heard(text, seconds=recording_seconds(data))
            if key in known:
                return Heard.from_json(known[key])
            heard = self.words_of(data, is_cancelled)
            if not heard.failure:
                known[key] = heard.as_json()
                save("recordings", known)
            return heard

        return hear

    def words_of(self, data: bytes, is_cancelled: Callable[[], bool]) -> Heard:
        """What is said in a recording. Raises ModelError."""
        seconds = recording_seconds(data)
        if seconds > self._most_seconds:
            limit = format_count(int(self._most_seconds / 60))
            return Heard(failure=Notice("recording_too_long", {"limit": limit}), seconds=seconds)
        said = self._transcriber.transcribe(
            data, language=self._language, is_cancelled=is_cancelled
        )
        # Where it isn't told there is money to be counted all the same.
        seconds = seconds or len(data) / BYTES_A_SECOND
        cost = self._prices.audio_cost(said.model, seconds)
        used = MediaUse(model=said.model, audio_seconds=seconds, cost=cost)
        text = said.text.strip()
        failure = None if text else Notice("recording_empty")
        return Heard(text, used, failure, seconds)

    def _heard(self, message: IncomingMessage, is_cancelled: Callable[[], bool]) -> Heard:
        recording = next(item for item in message.attachments if item.kind == "audio")
        try:
            with self._attachments.recording(message.message_id, recording) as data:
                heard = self.words_of(data, is_cancelled)
        except MediaError as exc:
            logger.info("voice message not heard", id=message.message_id, reason=str(exc))
            return Heard(failure=failure_notice(exc, most=MOST_AUDIO, kind="audio"))
        # Words that begin with a tag of the bot's could pass for one.
        heard = replace(heard, text=as_written(heard.text))
        if heard.failure and heard.failure.kind == "recording_empty":
            return replace(heard, failure=Notice("voice_empty"))
        return heard


def _said_before(key: str, turns: Iterable[Turn]) -> str:
    """The words of a recording as they were kept last in the conversation; empty for none."""
    found = [
        tag.text
        for turn in turns
        for tag in tags_in(turn.question, "recording")
        if key and tag.text and tag.attributes.get("key") == key
    ]
    return found[-1] if found else ""
