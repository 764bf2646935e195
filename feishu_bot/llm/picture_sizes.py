"""What each family of models calls the shape of a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping

from feishu_bot.core.drawings import Shape

Sizes = Mapping[Shape, str]

# "Create image": those that every model of the family takes, and relays that imitate it.
_DEFAULT: Sizes = {"square": "1024x1024", "landscape": "1536x1024", "portrait": "1024x1536"}
_BY_FAMILY: tuple[tuple[re.Pattern[str], Sizes], ...] = (
    (
        re.compile(r"dall-e-3"),
        {"square": "1024x1024", "landscape": "1792x1024", "portrait": "1024x1792"},
    ),
    # Volcengine, "Image generation": newer ones take no fewer than 3.7 million pixels.
    (
        re.compile(r"seedream|seededit"),
        {"square": "2048x2048", "landscape": "2496x1664", "portrait": "1664x2496"},
    ),
    (
        re.compile(r"qwen-image"),
        {"square": "1328x1328", "landscape": "1472x1140", "portrait": "1140x1472"},
    ),
)


def picture_size(model: str, shape: Shape) -> str:
    """The model's word for a shape."""
    name = model.lower()
    sizes = next((sizes for family, sizes in _BY_FAMILY if family.search(name)), _DEFAULT)
    return sizes[shape]
