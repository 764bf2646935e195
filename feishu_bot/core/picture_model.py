"""Text to picture, and pictures to pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from feishu_bot.core.drawings import Shape
from feishu_bot.core.pictures import Picture

# "Create image edit": 16 pictures at most.
MOST_PICTURES = 16
# Seconds that a picture may take.
PICTURE_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPictures:
    """What a model drew: files of PNG, JPEG, WebP or GIF, at least one.

    `prompt` is what it was drawn by where the service has changed it, else empty. `without` names
    what was asked for and the model didn't take ("size", "n"). Tokens are 0 where none were told.
    """

    pictures: tuple[bytes, ...]
    model: str
    prompt: str = ""
    without: frozenset[str] = frozenset()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    request_id: str = ""


class PictureModel(Protocol):
    """Draws."""

    def draw(
        self,
        prompt: str,
        *,
        pictures: tuple[Picture, ...] = (),
        size: str = "",
        number: int = 1,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> DrawnPictures:
        """Draw `number` pictures, or change those given: 16 at most, by ValueError.

        `size` is the model's word for it ("1024x1024", "2K"), empty for its own choice. Takes
        minutes. What may have been paid is never asked for again. Raises ModelError:
        "picture_model_unset" when no model is set and none of the known ones is offered.
        """

    def size(self, shape: Shape) -> str:
        """The word of the model that draws for a shape. Raises as `model` does."""

    def model(self) -> str:
        """The model that draws. May ask the gateway. Raises ModelError when there is none."""
