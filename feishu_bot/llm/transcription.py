"""Speech to text by /audio/transcriptions."""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.core.recordings import AudioFormat, audio_format
from feishu_bot.core.transcription import Transcript
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import model_error
from feishu_bot.llm.media_calls import MediaAnswer, MediaCalls, MediaRequest
from feishu_bot.llm.media_models import MediaModel

# Seconds, for recordings of some minutes.
TIMEOUT = 120.0
# Services go by the file's name alone, and most of them know no `.opus`.
_SUFFIXES: dict[AudioFormat, tuple[str, str]] = {
    "opus": ("ogg", "audio/ogg"),
    "ogg": ("ogg", "audio/ogg"),
    "mp3": ("mp3", "audio/mpeg"),
    "wav": ("wav", "audio/wav"),
    "flac": ("flac", "audio/flac"),
    "m4a": ("m4a", "audio/mp4"),
    "mp4": ("mp4", "video/mp4"),
    "webm": ("webm", "video/webm"),
    "aac": ("aac", "audio/aac"),
    "other": ("ogg", "audio/ogg"),
}


class Transcription:
    """Implements `core.transcription.Transcriber`. Thread safe."""

    def __init__(self, calls: MediaCalls, model: MediaModel, *, timeout: float = TIMEOUT) -> None:
        self._calls = calls
        self._model = model
        self._timeout = timeout

    def transcribe(
        self,
        data: bytes,
        *,
        language: str = "",
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Transcript:
        suffix, media_type = _SUFFIXES[audio_format(data)]
        model = self._model.name()
        hint = {"language": language} if language else {}
        request = MediaRequest(
            path="/audio/transcriptions",
            body={"model": model, **hint},
            files=(("file", (f"voice.{suffix}", data, media_type)),),
            optional=frozenset({"language"}),
            timeout=self._timeout,
        )
        answer = self._calls.ask(request, is_cancelled)
        return Transcript(text=_text(answer).strip(), model=model, request_id=answer.request_id)


def _text(answer: MediaAnswer) -> str:
    """The words of an answer: `text` of an object, or all of a plain text."""
    body = answer.as_json()
    text = body.get("text") if isinstance(body, dict) else body
    if isinstance(text, str):
        return text
    words = answer.data.decode("utf-8", "replace")
    if body is not None and not isinstance(body, int | float):
        raise model_error(
            ModelErrorKind.TASK_UNSUPPORTED,
            "a transcript without text",
            request_id=answer.request_id,
        )
    return words
