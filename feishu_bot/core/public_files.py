"""Files at public addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class PublicFiles(Protocol):
    """Downloads what models name by its address."""

    def fetch(
        self,
        url: str,
        *,
        most: int,
        timeout: float,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> bytes:
        """What is at the address, up to `most` bytes, within `timeout` seconds.

        Raises MediaError: "media_forbidden" for an address that isn't public, or leads to one
        that isn't, "media_too_large", "media_empty", else "media_unavailable".
        """
