"""Text to speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from feishu_bot.core.recordings import AudioFormat

# When an answer is spoken as well: "same" is when it was asked by voice. A long one comes in parts,
# or as a summary.
VoiceReply = Literal["never", "same", "always"]
LongVoice = Literal["parts", "summary"]

# OpenAI takes 4,096 characters; gateways of the one-api family count them in bytes of UTF-8.
MOST_SPEECH_BYTES = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A recording. Opus is asked for, but `format` is what it is by its bytes.

    `milliseconds` is 0 where it isn't Opus.
    """

    data: bytes
    format: AudioFormat
    milliseconds: int
    model: str
    request_id: str = ""


class SpeechModel(Protocol):
    """Speaks."""

    def speak(
        self, text: str, *, voice: str = "", is_cancelled: Callable[[], bool] = lambda: False
    ) -> Speech:
        """Say a text of at most `MOST_SPEECH_BYTES` bytes; an empty `voice` is the usual one.

        Raises ModelError: "speech_model_unset" when no model is set and none of the known ones is
        offered.
        """
