"""Which models draw, hear and speak: the configured one, or the first known one on offer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feishu_bot.core.model_names import plain, same_model
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import model_error
from feishu_bot.llm.model_list import ModelList

# The lists of docs/settings.md. The first one that a key offers is used. Names that their makers
# have given up come last: gateways keep them, and alias them to newer models.
PICTURE_MODELS: tuple[str, ...] = (
    "gpt-image-2.6-flare",
    "gpt-image-2.6-sunburst",
    "gpt-image-2.5-flare",
    "gpt-image-2.5-sunburst",
    "gpt-image-2",
    "chatgpt-image-latest",
    "doubao-seedream-5-0-lite",
    "doubao-seedream-4-5",
    "doubao-seedream-4-0",
    "qwen-image",
    "gpt-image-1.5",
    "gpt-image-1-mini",
    "gpt-image-1",
    "dall-e-3",
)
TRANSCRIPTION_MODELS: tuple[str, ...] = (
    "gpt-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-transcribe",
    "whisper-large-v3-turbo",
    "whisper-large-v3",
    "whisper-1",
    "sensevoicesmall",
)
SPEECH_MODELS: tuple[str, ...] = ("gpt-4o-mini-tts", "tts-1", "tts-1-hd")

# Volcengine's way to date a model, as in doubao-seedream-4-5-251128.
_SHORT_DATE = re.compile(r"-\d{6}$")


class MediaModel:
    """The model for one task. Thread safe."""

    def __init__(
        self, models: ModelList, *, model: str, known: Sequence[str], unset: ModelErrorKind
    ) -> None:
        """`model` is the configured one, `known` the list to choose from without it.

        `unset` is the kind of the failure that there is none.
        """
        self._models = models
        self._model = model
        self._known = known
        self._unset = unset

    def name(self) -> str:
        """The model. May ask the gateway for its list. Raises ModelError when there is none."""
        if self._model:
            return self._model
        offered = self._models.names()
        undated = {_SHORT_DATE.sub("", plain(name)): name for name in reversed(offered)}
        for known in self._known:
            if found := same_model(known, offered) or undated.get(known, ""):
                return found
        raise model_error(self._unset, f"none of {len(offered)} models is a known one")
