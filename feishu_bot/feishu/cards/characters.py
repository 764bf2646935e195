"""What a reader sees as one character, and text that consists of whole ones."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def normalised(text: str) -> str:
    """Text with `\\n` as its only line end, without NULs and halves of characters."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # A gateway that cuts between the halves of an emoji leaves two surrogates: rejoin.
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _BREAKS.sub("\n", text).replace("\x00", "\ufffd")


def half_character(text: str) -> str:
    """What the end of the text would be together with more: half an emoji, or of a line end."""
    return text[-1] if text and (text[-1] == "\r" or "\ud800" <= text[-1] <= "\udbff") else ""


def kept_whole(text: str, end: int) -> int:
    """The last place at or before `end` that is not inside what a reader sees as one character."""
    at = min(end, len(text))
    # A line of nothing but combining marks has no good place: give up after a while.
    for candidate in range(at, max(at - 32, 0), -1):
        if candidate == len(text) or not _joined(text, candidate):
            return candidate
    return at


def _joined(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if after < "\u0300":
        return False
    if before == "\u200d" or after in "\u200d\ufe0e\ufe0f" or unicodedata.combining(after):
        return True
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\udc00" <= after <= "\udfff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    flags = 0
    while flags < at and "\U0001f1e6" <= text[at - 1 - flags] <= "\U0001f1ff":
        flags += 1
    return flags % 2 == 1 and "\U0001f1e6" <= after <= "\U0001f1ff"
