"""Numbers as people read them."""

from __future__ import annotations

import math

CENT = 0.01


def format_count(number: int) -> str:
    """With commas: 12,345."""
    return f"{number:,}"


def format_duration(seconds: float) -> str:
    """As a clock shows it: 0:07, 12:30, 1:05:00; a part of a second is one."""
    minutes, left = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def format_money(currency: str, amount: float) -> str:
    """With its sign or code: ¥1.50, USD 1.50; what is less than a cent is not shown as nothing."""
    gap = " " if currency[-1:].isalnum() else ""
    if 0 < amount < CENT:
        return f"< {currency}{gap}{CENT:.2f}"
    return f"{currency}{gap}{amount:,.2f}"
