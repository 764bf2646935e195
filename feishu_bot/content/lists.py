"""The lists that an administrator writes: roles and prices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from feishu_bot.content.prices import PriceList
from feishu_bot.content.roles import RoleList
from feishu_bot.errors import SettingsError

T = TypeVar("T")


def open_lists(roles_file: str, prices_file: str) -> tuple[RoleList, PriceList]:
    """Both of them; without a path roles are the built-in ones, and nothing has a price.

    Raises one SettingsError with the faults of both.
    """
    faults: list[str] = []

    def opened(make: Callable[[Path | None], T], path: str) -> T | None:
        try:
            return make(Path(path) if path else None)
        except SettingsError as exc:
            faults.extend(exc.faults)
            return None

    roles, prices = opened(RoleList, roles_file), opened(PriceList, prices_file)
    if roles is None or prices is None:
        raise SettingsError(faults)
    return roles, prices
