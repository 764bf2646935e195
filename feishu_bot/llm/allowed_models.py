"""Which of a gateway's models people may choose."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Gateways list everything that they can do under one address. Its name is all there is to tell by.
_NO_CHAT = re.compile(
    r"embed|moderation|rerank|whisper|transcri|speech|realtime|image|dall-?e|midjourney"
    r"|stable-?diffusion|(^|[^a-z])(tts|asr|mj|sora|veo|flux|kling|suno|bge|m3e)([^a-z]|$)"
    r"|^(babbage|davinci|text-davinci)",
    re.IGNORECASE,
)


def can_chat(name: str) -> bool:
    """Whether a model's name doesn't speak against talking to it."""
    return not _NO_CHAT.search(name)


class ModelFilter:
    """The models that the administrator allows, by name; `*` stands for any text.

    Without names all that can chat are allowed. What is named in full is, whatever its name says.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.is_limited = bool(names)
        self._whole = {name.casefold() for name in names if "*" not in name}
        wild = ("".join(_part(part) for part in re.split(r"(\*)", name)) for name in names)
        self._wild = re.compile("|".join(wild) if names else ".*", re.IGNORECASE)

    def __contains__(self, name: str) -> bool:
        if name.casefold() in self._whole:
            return True
        return can_chat(name) and bool(self._wild.fullmatch(name))


def _part(part: str) -> str:
    return ".*" if part == "*" else re.escape(part)
