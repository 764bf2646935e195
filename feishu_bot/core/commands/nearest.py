"""The command that a misspelt word is meant for."""

from __future__ import annotations

from collections.abc import Mapping

# The keys beside each other on a QWERTY keyboard, row by row.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_PLACES = {key: (x, y) for y, row in enumerate(_ROWS) for x, key in enumerate(row)}
_NEIGHBOURS = frozenset(
    one + other
    for one, (x, y) in _PLACES.items()
    for other, (other_x, other_y) in _PLACES.items()
    if abs(x - other_x) + abs(y - other_y) == 1
)
# What one slip costs. Swapped and doubled letters and the key beside are the commonest slips.
_SWAPPED = _DOUBLED = 0.7
_BESIDE = 0.8
_SLIP = 1.0
# A word that was begun and not ended costs less than any other slip but a swap.
_BEGUN = 0.75
_MIN_BEGUN = 3


def nearest(word: str, known: Mapping[str, str]) -> str:
    """What `known` has for the word most like this one; empty when none is like it.

    Words are in lower case and without a slash. Of two that are equally like it the first counts.
    """
    best, found = _limit(word) + 0.01, ""
    for candidate, suggestion in known.items():
        # Every letter too much or too few is a slip: this is decided while Feishu waits.
        if abs(len(word) - len(candidate)) * _DOUBLED >= best and not candidate.startswith(word):
            continue
        distance = _cost(word, candidate)
        if distance < best:
            best, found = distance, suggestion
    return found


def slips(typed: str, meant: str) -> float:
    """What it costs to come from one word to the other: Damerau and Levenshtein's distance
    (optimal string alignment), where slips that people make more often cost less.
    """
    before: list[float] = []
    row = [float(number) for number in range(len(meant) + 1)]
    for i, letter in enumerate(typed, 1):
        before, above, row = row, before, [float(i)]
        for j, wanted in enumerate(meant, 1):
            too_much = before[j] + (_DOUBLED if letter == typed[i - 2 : i - 1] else _SLIP)
            missing = row[j - 1] + (_DOUBLED if wanted == meant[j - 2 : j - 1] else _SLIP)
            other = before[j - 1] + _replaced(letter, wanted)
            row.append(min(too_much, missing, other))
            swaps = i > 1 and j > 1 and letter == meant[j - 2] and typed[i - 2] == wanted
            if swaps and letter != wanted:
                row[j] = min(row[j], above[j - 2] + _SWAPPED)
    return row[-1]


def _cost(typed: str, meant: str) -> float:
    if len(typed) >= _MIN_BEGUN and meant.startswith(typed):
        return min(_BEGUN, slips(typed, meant))
    # Half of a word is another word: `模样` isn't `模型`, as far as one can tell.
    limit = min(_limit(typed), len(meant) / 2)
    distance = slips(typed, meant)
    return distance if distance <= limit else float(len(typed) + len(meant))


def _limit(word: str) -> float:
    """How many slips are believed of a word of this length."""
    return 0.0 if len(word) < 2 else 1.0 if len(word) < 5 else 2.0 if len(word) < 9 else 3.0


def _replaced(letter: str, wanted: str) -> float:
    if letter == wanted:
        return 0.0
    return _BESIDE if letter + wanted in _NEIGHBOURS else _SLIP
