"""What a check has found, in Chinese and in English, without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "fault"]

_SIGNS = {"ok": "✓", "warning": "!", "fault": "✗"}
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Finding:
    """`zh` and `en` say the same."""

    state: State
    zh: str
    en: str

    def lines(self, secrets: Iterable[str] = ()) -> str:
        """The finding as it is printed, with `secrets` masked."""
        return masked(f"{_SIGNS[self.state]} {self.zh}\n  {self.en}", secrets)


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` in place of each secret; give those that hold others first."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text
