"""Numbers as people read them."""

from __future__ import annotations

CENT = 0.01


def format_count(number: int) -> str:
    """With commas: 12,345."""
    return f"{number:,}"


def format_money(currency: str, amount: float) -> str:
    """With its sign or code: ¥1.50, USD 1.50; what is less than a cent is not shown as nothing."""
    gap = " " if currency[-1:].isalnum() else ""
    if 0 < amount < CENT:
        return f"< {currency}{gap}{CENT:.2f}"
    return f"{currency}{gap}{amount:,.2f}"
