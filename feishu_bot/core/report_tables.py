"""The tables of the two reports: what was used, and what people think of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from feishu_bot.core import days
from feishu_bot.core.feedback import Feedback
from feishu_bot.core.tables import Cell, Table
from feishu_bot.core.usage import UsageGroup, UsageRow

Texts = Callable[..., str]

ALL_GROUPS: tuple[UsageGroup, ...] = ("day", "person", "chat", "model")
# What is added later stands at the end: people's own tables count the columns.
_FIGURES = (
    *("questions", "prompt_tokens", "completion_tokens", "cost"),
    *("pictures", "audio_minutes", "files"),
)
NO_NAMES: Mapping[str, str] = {}


def usage_table(
    texts: Texts,
    rows: Sequence[UsageRow],
    by: Sequence[UsageGroup],
    starts: Sequence[float],
    *,
    names: Mapping[str, str] = NO_NAMES,
) -> Table:
    """One row for each of `rows`, which were grouped `by` these, over days from `starts` on."""
    shows_names = "person" in by and any(names.values())
    head = [texts(f"table_{group}") for group in by]
    if shows_names:
        head.append(texts("table_name"))
    head += [texts(f"table_{figure}") for figure in _FIGURES]

    def cells(row: UsageRow) -> tuple[Cell, ...]:
        group_cells: list[Cell] = [
            days.day_name(starts[row.day]) if group == "day" else getattr(row, group)
            for group in by
        ]
        if shows_names:
            group_cells.append(names.get(row.person, ""))
        total = row.total
        tokens = (total.prompt_tokens, total.completion_tokens)
        media = (total.pictures, round(total.audio_seconds / 60, 2), total.files)
        return (*group_cells, total.answers, *tokens, round(total.cost, 6), *media)

    return Table(tuple(head), [cells(row) for row in rows])


def feedback_table(
    texts: Texts, found: Sequence[Feedback], *, names: Mapping[str, str] = NO_NAMES
) -> Table:
    """One row for each verdict, the newest first; no word of the question or the answer."""
    shows_names = any(names.values())
    columns = ["time", "verdict", "comment", "person"]
    columns += ["name"] if shows_names else []
    columns += ["model", "question_id", "answer_id"]

    def cells(one: Feedback) -> tuple[Cell, ...]:
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created_at))
        verdict = "👍" if one.verdict == "up" else "👎"
        name = (names.get(one.open_id, ""),) if shows_names else ()
        answer = one.answer
        said = (at, verdict, one.comment, one.open_id)
        return (*said, *name, answer.model, answer.question_id, answer.message_id)

    return Table(tuple(texts(f"table_{column}") for column in columns), [*map(cells, found)])
