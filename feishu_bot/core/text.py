"""Text as it can be stored and sent, and as it comes from buttons."""

from __future__ import annotations

import re

# What databases number rows with has 64 bits, hence 19 digits, of which not all numbers fit.
ID_DIGITS = 18
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def repair_surrogates(text: str) -> str:
    """The text with its surrogates joined, and those that stand alone replaced.

    JSON may carry half of an emoji, which no UTF-8 can.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def storable(text: str) -> str:
    """The text as every database takes it: whole characters, and no NUL."""
    return repair_surrogates(text).replace("\0", "\ufffd")


def is_name(text: str, limit: int) -> bool:
    """Whether this may stand in a log or a table as it is: printable and not too long."""
    return len(text) <= limit and text.isprintable()


def with_plain_breaks(text: str) -> str:
    """The text with one kind of line break: a model takes each of them for one."""
    return _BREAK.sub("\n", text)


def indented(text: str) -> str:
    """The text with its further lines set in, as belonging to the first."""
    return re.sub(r"\n(?=[^\n])", "\n  ", with_plain_breaks(text))


def shorten(text: str, limit: int) -> str:
    """The text, cut to `limit` characters with an ellipsis where it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def whole_number(text: str, *, digits: int = ID_DIGITS) -> int | None:
    """The number that a button names, an id or a page; None for whatever else a click says."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= digits
    return int(text) if is_number else None
