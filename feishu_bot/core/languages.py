"""The languages that the bot speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """The same in Chinese and in English."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """What is said in this language."""
        return self.en if language == "en" else self.zh

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)
