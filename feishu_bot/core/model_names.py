"""What two names of one model have in common."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

MAX_SUGGESTIONS = 4
_SIMILARITY = 0.4
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


def similar_models(wanted: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Up to four names that hold the word, which is in lower case, or are like it."""
    holding = [name for name in offered if wanted in name.casefold()]
    folded = {name.casefold(): name for name in offered}
    alike = difflib.get_close_matches(wanted, folded, MAX_SUGGESTIONS, _SIMILARITY)
    names = dict.fromkeys((*holding, *(folded[name] for name in alike)))
    return tuple(names)[:MAX_SUGGESTIONS]
