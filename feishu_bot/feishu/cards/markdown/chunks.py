"""Long paragraphs, in parts that are read and written one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feishu_bot.feishu.cards.characters import kept_whole

# So that an endless paragraph costs no more than others while it grows, and can be cut between
# two cards.
CHUNK_CHARS = 800

_SENTENCE_END = re.compile(r"[。！？；.!?;]\s*|\s")


def chunks(content: str) -> Iterator[tuple[str, str]]:
    """The content in parts, each with how it continues the one before.

    Where a part ends depends on what stands before it only, so a growing text is always cut in
    the same places.
    """
    continues = ""
    while len(content) > CHUNK_CHARS:
        window = content[:CHUNK_CHARS]
        end = window.rfind("\n", CHUNK_CHARS // 4)
        while end > 0 and not _is_even(window[:end]):
            end = window.rfind("\n", CHUNK_CHARS // 4, end)
        if end > 0:
            yield content[:end], continues
            content, continues = content[end + 1 :], "\n"
            continue
        ends = [found.end() for found in _SENTENCE_END.finditer(window, CHUNK_CHARS // 4)]
        end = next((at for at in reversed(ends) if _is_even(window[:at])), 0)
        end = end or kept_whole(content, CHUNK_CHARS)
        yield content[:end], continues
        continues = " " if content[end - 1].isspace() else "joined"
        content = content[end:]
    yield content, continues


def _is_even(text: str) -> bool:
    """Whether nothing is open at the end of the text, as far as counting tells."""
    return (
        text.count("`") % 2 == 0
        and text.count("**") % 2 == 0
        and text.count("[") <= text.count("]")
        and text.count("(") <= text.count(")")
        and text.count("$$") % 2 == 0
        and not text.endswith("\\")
        and not re.search(r"://\S*$", text)
    )
