"""Pauses between tries."""

from __future__ import annotations

import random
from collections.abc import Iterator


def backoff(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each new try: doubled up to `longest`, with a fifth of jitter.

    The jitter keeps threads and replicas that failed together from trying together.
    """
    pause = first
    while True:
        yield pause * random.uniform(0.8, 1.2)
        pause = min(longest, pause * 2)
