"""The lower bound of every bot: the sum of the waits that the load prescribes."""

from __future__ import annotations

from bench.load import Load

# "Rate limits": calls of one API in any second.
CALLS_PER_SECOND = 50


def first_texts(load: Load, *, limited: bool) -> list[float]:
    """Seconds from each event to its first visible text, at the least.

    Card, message and first frame are three calls one after the other, while the model is asked at
    once; `limited` lets at most 50 calls a second through for each of the three.
    """
    cards: list[float] = []
    messages: list[float] = []
    frames: list[float] = []
    seconds = []
    for number in range(load.conversations):
        posted = number / load.rate
        cards.append(_turn(posted, cards, limited=limited))
        messages.append(_turn(cards[-1] + load.latency, messages, limited=limited))
        text_known = max(messages[-1] + load.latency, posted + load.first)
        frames.append(_turn(text_known, frames, limited=limited))
        seconds.append(frames[-1] + load.latency - posted)
    return seconds


def _turn(ready: float, before: list[float], *, limited: bool) -> float:
    """When a call may go out that is ready then."""
    if not limited or len(before) < CALLS_PER_SECOND:
        return ready
    return max(ready, before[-CALLS_PER_SECOND] + 1.0)
