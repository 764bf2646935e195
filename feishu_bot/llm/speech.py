"""Text to speech by /audio/speech."""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.core.recordings import audio_format, opus_milliseconds
from feishu_bot.core.speech import Speech
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import model_error
from feishu_bot.llm.media_calls import MediaCalls, MediaRequest
from feishu_bot.llm.media_models import MediaModel

# Seconds.
TIMEOUT = 120.0
# One that all models of OpenAI have ("Create speech").
VOICE = "alloy"


class SpeechSynthesis:
    """Implements `core.speech.SpeechModel`. Thread safe."""

    def __init__(self, calls: MediaCalls, model: MediaModel, *, timeout: float = TIMEOUT) -> None:
        self._calls = calls
        self._model = model
        self._timeout = timeout

    def speak(
        self, text: str, *, voice: str = "", is_cancelled: Callable[[], bool] = lambda: False
    ) -> Speech:
        model = self._model.name()
        request = MediaRequest(
            path="/audio/speech",
            body={
                "model": model,
                "input": text,
                "voice": voice or VOICE,
                "response_format": "opus",
            },
            optional=frozenset({"voice", "response_format"}),
            timeout=self._timeout,
        )
        answer = self._calls.ask(request, is_cancelled)
        if not answer.data or answer.as_json() is not None:
            raise model_error(
                ModelErrorKind.TASK_UNSUPPORTED, "no recording", request_id=answer.request_id
            )
        return Speech(
            data=answer.data,
            format=audio_format(answer.data),
            milliseconds=opus_milliseconds(answer.data),
            model=model,
            request_id=answer.request_id,
        )
