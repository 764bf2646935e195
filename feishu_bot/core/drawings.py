"""What the bot draws: the pictures of a turn, and how they were wished for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from feishu_bot.core.messages import known_fields

# What a conversation is for: with "picture", what is said in it is drawn.
ConversationKind = Literal["chat", "picture"]
Shape = Literal["square", "landscape", "portrait"]

SHAPES: tuple[Shape, ...] = get_args(Shape)
# By name, how a model is told: in English, which all of them understand.
STYLES: Mapping[str, str] = {
    "photo": "realistic photograph",
    "illustration": "flat illustration",
    "watercolour": "watercolour painting",
    "ink": "traditional Chinese ink wash painting",
    "anime": "anime",
    "3d": "3D render",
    "sketch": "pencil sketch",
    "pixel": "pixel art",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A turn that asked for a picture. `pictures` are the keys of the bot's own uploads.

    There are none where it came to nothing. Shape and style are empty where the model was free to
    choose; `prompt` is what the service drew by, where it has changed the words.
    """

    pictures: tuple[str, ...] = ()
    shape: Shape | Literal[""] = ""
    style: str = ""
    prompt: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `dataclasses.asdict` gave, of this version or a newer one."""
        values = known_fields(cls, data)
        return cls(**{**values, "pictures": tuple(values.get("pictures", ()))})
