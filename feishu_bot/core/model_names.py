"""What two names of one model have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DATE = re.compile(r"([-@:_](20\d{2}-?\d{2}-?\d{2}|\d{2}-\d{2}|latest|stable))+$")


def plain(name: str) -> str:
    """The name in lower case, without the vendor before it and the date after it."""
    return _DATE.sub("", name.casefold().rstrip("/").rpartition("/")[2])


def same_model(name: str, names: Iterable[str]) -> str:
    """The one of `names` that means the same model, the most alike first; empty for none."""
    names = list(names)
    if name in names:
        return name
    folded = name.casefold()
    alike = (
        lambda other: other.casefold() == folded,
        lambda other: other.casefold().rpartition("/")[2] == folded.rpartition("/")[2],
        lambda other: plain(other) == plain(name),
    )
    return next((other for test in alike for other in names if test(other)), "")
