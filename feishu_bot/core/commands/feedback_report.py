"""What people think of the answers, for admins: counts, the newest comments, a table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Chart,
    Collapsible,
    Divider,
    Field,
    Paragraph,
    Person,
    Point,
    Select,
    Text,
)
from feishu_bot.core.commands.report_file import NAMING_SECONDS, report_file
from feishu_bot.core.commands.report_periods import ReportPeriods, day_label
from feishu_bot.core.feedback import DailyRatings, Feedback, FeedbackStore
from feishu_bot.core.formatting import format_count
from feishu_bot.core.languages import Language
from feishu_bot.core.messenger import File
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.report_tables import feedback_table
from feishu_bot.core.tables import name_lookup

MAX_COMMENTS = 8
COMMENT_CHARS = 300
MAX_MODELS = 8
MAX_ROWS = 20_000


@dataclass(frozen=True)
class FeedbackReport:
    """Ids and what was commented; the question and the answer stay where they are."""

    store: FeedbackStore
    names: UserDirectory
    periods: ReportPeriods
    words: Mapping[Language, Callable[..., str]]

    def card(self, option: str = "") -> Card:
        """Counts by model and day and the newest comments, over the days that were chosen."""
        count = self.periods.chosen(option)
        starts = self.periods.starts(count)
        rated = self.store.by_day(starts)
        total = _sum(rated)
        blocks: list[Block] = [self._select(count)]
        if not total:
            blocks.append(Paragraph(Text("feedback_none")))
            return _card(blocks)
        blocks += [
            Field(self.periods.title(count), _counts(total)),
            Chart(title=Text("feedback_chart"), points=_points(rated, starts)),
            Collapsible(title=Text("feedback_models"), blocks=_models(rated)),
        ]
        comments = self.store.newest(starts[0], MAX_COMMENTS, comments_only=True)
        if comments:
            blocks += [Divider(), Paragraph(Text("feedback_newest"))]
        for comment in comments:
            blocks += _comment(comment)
        export = Button.of(Text("button_export_table"), "feedback_export", days=str(count))
        how = Text("feedback_how")
        return _card([*blocks, Buttons((export,)), Paragraph(how, is_small=True)])

    def file(self, language: Language, option: str) -> File:
        """The table of all verdicts of these days."""
        starts = self.periods.starts(self.periods.chosen(option))
        found = self.store.newest(starts[0], MAX_ROWS)
        ids = (one.open_id for one in found)
        names = name_lookup(self.names.of, ids, seconds=NAMING_SECONDS)
        texts = self.words[language]
        table = feedback_table(texts, found, names=names)
        cut_at = MAX_ROWS if len(found) == MAX_ROWS else 0
        now = self.periods.clock()
        return report_file(texts, "feedback_file", table, cut_at=cut_at, now=now)

    def _select(self, count: int) -> Select:
        return self.periods.select("feedback_days", count)


def _card(blocks: list[Block]) -> Card:
    return Card(title=Text("feedback_report"), icon="📝", blocks=tuple(blocks))


def _sum(rated: list[DailyRatings]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in rated:
        total.update(up=one.ratings.up, down=one.ratings.down)
    return +total


def _counts(total: Counter[str]) -> str:
    return f"👍 {format_count(total['up'])} · 👎 {format_count(total['down'])}"


def _points(rated: list[DailyRatings], starts: tuple[float, ...]) -> tuple[Point, ...]:
    days_rated = [_sum([one for one in rated if one.day == day]) for day in range(len(starts))]
    return tuple(
        Point(day_label(start), sign, total[verdict])
        for start, total in zip(starts, days_rated, strict=True)
        for verdict, sign in (("up", "👍"), ("down", "👎"))
    )


def _models(rated: list[DailyRatings]) -> tuple[Field, ...]:
    """The models with the most verdicts."""
    by_model = {
        model: _sum([one for one in rated if one.model == model])
        for model in {one.model for one in rated}
    }
    most = sorted(by_model, key=lambda model: (-by_model[model].total(), model))
    return tuple(Field(model or "–", _counts(by_model[model])) for model in most[:MAX_MODELS])


def _comment(said: Feedback) -> list[Block]:
    at = time.strftime("%m-%d %H:%M", time.localtime(said.created_at))
    answer = said.answer
    of = " · ".join(filter(None, (at, answer.model, answer.question_id or answer.message_id)))
    words = said.comment
    shown = words if len(words) <= COMMENT_CHARS else words[: COMMENT_CHARS - 1] + "…"
    return [Field(Person(said.open_id), shown), Paragraph(of, is_small=True)]
