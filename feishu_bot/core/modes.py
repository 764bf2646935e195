"""How freely the model answers: named temperatures."""

from __future__ import annotations

from collections.abc import Mapping

# The four modes of each generation of the bot that this one succeeds, the older one first, each
# from strict to free. Without a mode the temperature is left to the model.
MODES: Mapping[str, float] = {
    "fresh": 0.1,
    "warm": 0.4,
    "balanced": 0.7,
    "creative": 1.0,
    "strict": 0.1,
    "concise": 0.7,
    "standard": 1.2,
    "divergent": 1.7,
}

# Chosen so that no mode of the chat holds either: the temperature is left to the model.
AUTO = "auto"


def temperature(mode: str) -> float | None:
    """The temperature of a mode; None for no mode, or one that is no more."""
    return MODES.get(mode)
