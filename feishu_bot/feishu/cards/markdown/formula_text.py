"""A formula in LaTeX as lines of Unicode, where that reads well."""

from __future__ import annotations

import re
from functools import lru_cache

# Longer ones aren't simple; a parser that calls itself must not be led deeper than that.
MAX_CHARS = 1_000
MAX_DEPTH = 12
MAX_ENVIRONMENTS = 4

_COMMENT = re.compile(r"(?<!\\)%")


def formula_text(latex: str) -> str | None:
    """The formula, without the signs around it, as Unicode; a line for each row that it has.

    None where that would lose something or read badly.
    """
    if len(latex) > MAX_CHARS or "$" in latex.replace("\\$", "") or _depth(latex) > MAX_DEPTH:
        return None
    if latex.count("\\begin") > MAX_ENVIRONMENTS:
        return None
    return _short_formula_text(latex)


# As many as a card shows: each is written again with every frame. Only short ones: what is kept
# must not be as large as the model likes.
@lru_cache(maxsize=4_000)
def _short_formula_text(latex: str) -> str | None:
    # Most answers hold no formula, and pylatexenc takes 30 ms to import.
    from feishu_bot.feishu.cards.markdown.formula_lines import formula_lines

    lines = formula_lines(_COMMENT.sub(r"\\%", latex))
    return "\n".join(filter(None, map(str.strip, lines))) or None


def _depth(latex: str) -> int:
    depth = most = 0
    for sign in latex:
        depth += (sign == "{") - (sign == "}")
        most = max(most, depth)
    return most
