"""Speech to text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# Bytes ("Speech to text": 25 MB).
MOST_AUDIO = 25_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said; empty when nothing was heard."""

    text: str
    model: str
    request_id: str = ""


class Transcriber(Protocol):
    """Writes down what is said in a recording."""

    def transcribe(
        self,
        data: bytes,
        *,
        language: str = "",
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Transcript:
        """`data` is a recording of at most `MOST_AUDIO` bytes, of any common format.

        `language` is a hint, as in ISO 639-1 ("zh"). Raises ModelError:
        "transcription_model_unset" when no model is set and none of the known ones is offered.
        """
