"""How people spell commands: on which keyboard, with which signs before and behind the word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# What a Chinese keyboard writes for a slash, and signs that look like one.
_SLASHES = ("/", "／", "、", "⁄", "∕")
_COMMA = "、"
# Clients and copied texts leave characters behind that nobody sees: zero-width ones, marks of
# direction and of byte order, variation selectors, fillers.
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0e-\x1b\x7f"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_UNSEEN_BEFORE = re.compile(rf"\A[\s{_INVISIBLE}]+")
# Behind a word; the end of an emoji may be a joiner or a selector. Each run of them is looked at
# once: a message may be 100 KB of blanks, and this is read while Feishu waits.
_BLANK = r"\s\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff"
_UNSEEN_AFTER = re.compile(rf"(?:(?<![{_BLANK}])[{_BLANK}]++|\A[\s{_INVISIBLE}]++)\Z")
_ENDING = ".。．!！?？~～…,，、;；:：)）"
_COLON = re.compile(r"([^\s:：]{1,20})[ \t]*[:：](.*)", re.DOTALL)


class Reading(NamedTuple):
    """A word that may call a command, with the slash of an English keyboard, and what follows it.

    `has_slash` is whether the word has one right before it; one that ends in a colon was written
    with it: `改：…`.
    """

    word: str
    argument: str
    has_slash: bool = False


def trimmed(text: str) -> str:
    """The text without blanks around it, and without what nobody sees before it."""
    return _UNSEEN_BEFORE.sub("", text).rstrip()


def split(text: str) -> tuple[str, str]:
    """The first word and what stands behind it, at any space: Chinese keyboards write a wide one.

    The text is `trimmed`.
    """
    word, argument = (*text.split(maxsplit=1), "", "")[:2]
    return _UNSEEN.sub("", word), _UNSEEN_AFTER.sub("", argument)


def plain(word: str) -> str:
    """The word in the letters and with the slash of an English keyboard."""
    if word.startswith(_SLASHES):
        return f"/{unicodedata.normalize('NFKC', word[1:])}"
    return unicodedata.normalize("NFKC", word)


def has_slash(text: str) -> bool:
    """Whether the text begins with a slash, or what stands for one."""
    return trimmed(text).startswith(_SLASHES)


def may_be_comma(word: str) -> bool:
    """Whether what stands before the word may be a comma as well as a slash."""
    return word.startswith(_COMMA)


def without_ending(word: str) -> str:
    """The word without the punctuation at its end: `帮助。`, `/help!`."""
    return word.rstrip(_ENDING) or word


def readings(text: str) -> Iterator[Reading]:
    """What the text may say if it is a command, the strictest reading first.

    The text is `trimmed`.
    """
    word, argument = split(text)
    yield Reading(plain(word), argument, word.startswith(_SLASHES))
    if word in _SLASHES and not may_be_comma(word):
        # `/ help`: a blank slipped in.
        second, rest = split(argument)
        yield Reading(plain(f"/{second}"), rest)
        yield Reading(plain(f"/{without_ending(second)}"), rest)
    colon = _COLON.match(text)
    if colon:
        head, behind = plain(_UNSEEN.sub("", colon[1])), _UNSEEN_AFTER.sub("", colon[2]).lstrip()
        yield Reading(f"{head}:", behind)
        yield Reading(head, behind, head.startswith("/"))
    if not argument:
        yield Reading(plain(without_ending(word)), "")
