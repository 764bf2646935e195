"""What can be made of pictures and recordings while a question is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from feishu_bot.core.answering.voice_messages import Hear


@dataclass(frozen=True, slots=True)
class Modalities:
    """Of one question: whether there is a model that looks at pictures, and what hears."""

    can_see: Callable[[], bool]
    hear: Hear
