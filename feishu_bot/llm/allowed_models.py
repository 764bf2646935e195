"""The models of a gateway that people may choose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feishu_bot.core.model_names import plain

# Gateways list everything that they can do under one address; only the name tells what it is.
_NO_CHAT = re.compile(
    r"embed|moderation|rerank|whisper|transcri|speech|realtime|image|dall-?e|midjourney"
    r"|stable-?diffusion|(^|[^a-z])(tts|asr|mj|sora|veo|flux|kling|suno|bge|m3e)([^a-z]|$)"
    r"|^(babbage|davinci|text-davinci)",
    re.IGNORECASE,
)


def can_chat(name: str) -> bool:
    """Whether nothing in the model's name says that it can't chat."""
    return not _NO_CHAT.search(name)


class ModelFilter:
    """The models that the administrator allows, by name; `*` matches any text.

    Without names all that can chat are allowed. A model named in full is always allowed. Names
    match without the vendor before them, and those in full without the date after them.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.is_limited = bool(names)
        self._full_names = {plain(name) for name in names if "*" not in name}
        patterns = ("".join(_part(part) for part in re.split(r"(\*)", name)) for name in names)
        self._pattern = re.compile("|".join(patterns) if names else ".*", re.IGNORECASE)

    def __contains__(self, name: str) -> bool:
        if plain(name) in self._full_names:
            return True
        return can_chat(name) and any(
            self._pattern.fullmatch(alike) for alike in (name, name.rpartition("/")[2])
        )


def _part(part: str) -> str:
    return ".*" if part == "*" else re.escape(part)
