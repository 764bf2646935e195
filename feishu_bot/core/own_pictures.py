"""Pictures that the model made, as its answer names them: `![a cat](picture:0b1c2d3e4f50)`."""

from __future__ import annotations

import re
from collections.abc import Callable

_PICTURE = re.compile(r"!?\[([^\[\]]*)\]\(picture:[0-9a-f]{1,64}\)")


def in_words(answer: str, word: Callable[[str], str]) -> str:
    """The answer with words in place of such pictures; `word` is given what they show, or nothing.

    Their names lead nowhere outside of the answer's card.
    """
    if "](picture:" not in answer:
        return answer
    return _PICTURE.sub(lambda found: word(found[1].strip()), answer)


def for_model(answer: str) -> str:
    """An answer as the model reads it again: it would make pictures up by their names."""
    return in_words(answer, lambda shown: f"[a picture: {shown}]" if shown else "[a picture]")
