"""What a gateway does besides chat: draws, hears, speaks, and gives out what it has drawn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from feishu_bot.core.picture_model import PICTURE_TIMEOUT
from feishu_bot.llm.attempts import backoff_for
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.keys import KeyRing
from feishu_bot.llm.media_calls import MediaCalls
from feishu_bot.llm.media_models import (
    PICTURE_MODELS,
    SPEECH_MODELS,
    TRANSCRIPTION_MODELS,
    MediaModel,
)
from feishu_bot.llm.model_list import ModelList
from feishu_bot.llm.picture_drawing import PictureDrawing
from feishu_bot.llm.public_files import PublicDownloads
from feishu_bot.llm.speech import SpeechSynthesis
from feishu_bot.llm.transcription import Transcription


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """The configured models; empty for the first known one on offer. Seconds for a picture."""

    picture_model: str = ""
    transcription_model: str = ""
    speech_model: str = ""
    picture_timeout: float = PICTURE_TIMEOUT


class MediaTasks:
    """`pictures`, `transcription`, `speech` and `files` implement the ports of the core."""

    def __init__(
        self,
        clients: Clients,
        ring: KeyRing,
        models: ModelList,
        settings: MediaSettings,
        *,
        backoff: Callable[[int], float] = backoff_for,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        calls = MediaCalls(clients, ring, backoff=backoff, timer=timer)
        self.files = PublicDownloads(proxy=clients.proxy, trusted=clients.base_url, timer=timer)
        self.pictures = PictureDrawing(
            calls,
            MediaModel(
                models,
                model=settings.picture_model,
                known=PICTURE_MODELS,
                unset=ModelErrorKind.PICTURE_MODEL_UNSET,
            ),
            self.files,
            timeout=settings.picture_timeout,
        )
        self.transcription = Transcription(
            calls,
            MediaModel(
                models,
                model=settings.transcription_model,
                known=TRANSCRIPTION_MODELS,
                unset=ModelErrorKind.TRANSCRIPTION_MODEL_UNSET,
            ),
        )
        self.speech = SpeechSynthesis(
            calls,
            MediaModel(
                models,
                model=settings.speech_model,
                known=SPEECH_MODELS,
                unset=ModelErrorKind.SPEECH_MODEL_UNSET,
            ),
        )
