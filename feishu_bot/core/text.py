"""Text as it can be stored and sent."""

from __future__ import annotations


def repair_surrogates(text: str) -> str:
    """The text with its surrogates joined, and those that stand alone replaced.

    JSON may carry half of an emoji, which no UTF-8 can.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def shorten(text: str, limit: int) -> str:
    """The text, cut to `limit` characters with an ellipsis where it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
