"""What everybody has used, for admins: by person, model and day, and as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Chart,
    Collapsible,
    Field,
    Label,
    Paragraph,
    Person,
    Point,
    Text,
)
from feishu_bot.core.commands.report_file import NAMING_SECONDS, report_file
from feishu_bot.core.commands.report_periods import ReportPeriods, day_label
from feishu_bot.core.formatting import format_count
from feishu_bot.core.languages import Language
from feishu_bot.core.limits import Spending
from feishu_bot.core.messenger import File
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.quotas import sum_usage
from feishu_bot.core.report_tables import ALL_GROUPS, usage_table
from feishu_bot.core.tables import name_lookup
from feishu_bot.core.usage import UsageRow, UsageStore

MAX_PEOPLE = 8
MAX_MODELS = 8
# Colours that can be told apart; the rest is drawn as one.
MAX_SERIES = 4
MAX_ROWS = 50_000

Said = Callable[[Spending], Label]


@dataclass(frozen=True)
class UsageReport:
    """`said` words what was used, `words` are the texts of the table."""

    store: UsageStore
    names: UserDirectory
    periods: ReportPeriods
    words: Mapping[Language, Callable[..., str]]
    said: Said

    def blocks(self, option: str = "") -> list[Block]:
        """Everybody's usage over the days that were chosen."""
        count = self.periods.chosen(option, default=1)
        starts = self.periods.starts(count)
        rows = self.store.grouped(starts, ("day", "model"), MAX_ROWS)
        totals = [row.total for row in rows]
        everybody = self.store.count_people(starts[0])
        blocks: list[Block] = [
            self.periods.select("usage_days", count),
            Field(Text("usage_all"), self.said(sum_usage(totals))),
        ]
        if not everybody:
            return blocks
        blocks += [
            Chart(title=Text("usage_chart"), points=_points(rows, starts)),
            Collapsible(title=Text("usage_models"), blocks=self._models(rows)),
            Paragraph(Text("usage_people", {"count": format_count(everybody)})),
        ]
        for person in self.store.people(starts[0], MAX_PEOPLE):
            blocks.append(Field(Person(person.name), self.said(sum_usage([person]))))
            blocks.append(Paragraph(person.name, is_small=True))
        if everybody > MAX_PEOPLE:
            blocks.append(Paragraph(Text("usage_more_people"), is_small=True))
        export = Button.of(Text("button_export_table"), "usage_export", days=str(count))
        return [*blocks, Buttons((export,)), Paragraph(Text("usage_ids_how"), is_small=True)]

    def file(self, language: Language, option: str) -> File:
        """The table of these days, by day, person, chat and model."""
        starts = self.periods.starts(self.periods.chosen(option, default=1))
        rows = self.store.grouped(starts, ALL_GROUPS, MAX_ROWS)
        names = name_lookup(self.names.of, (row.person for row in rows), seconds=NAMING_SECONDS)
        texts = self.words[language]
        table = usage_table(texts, rows, ALL_GROUPS, starts, names=names)
        cut_at = MAX_ROWS if len(rows) == MAX_ROWS else 0
        return report_file(texts, "usage_file", table, cut_at=cut_at, now=self.periods.clock())

    def _models(self, rows: list[UsageRow]) -> tuple[Field, ...]:
        by_model = {
            model: sum_usage([row.total for row in rows if row.model == model])
            for model in {row.model for row in rows}
        }
        most = sorted(by_model, key=lambda model: (-by_model[model].tokens, model))
        return tuple(Field(model or "–", self.said(by_model[model])) for model in most[:MAX_MODELS])


def _points(rows: list[UsageRow], starts: tuple[float, ...]) -> tuple[Point, ...]:
    """Questions by day and model; on a single day by model alone."""
    total: Counter[str] = Counter()
    for row in rows:
        total[row.model] += row.total.answers
    drawn = [model for model, _ in total.most_common(MAX_SERIES)]
    if len(starts) == 1:
        return tuple(Point(model or "–", model or "–", total[model]) for model in drawn)
    answers: Counter[tuple[int, str]] = Counter()
    for row in rows:
        answers[row.day, row.model if row.model in drawn else ""] += row.total.answers
    has_others = len(total) > len(drawn) and "" not in drawn
    return tuple(
        Point(day_label(start), model or Text("usage_other_models"), answers[day, model])
        for day, start in enumerate(starts)
        for model in (*drawn, *([""] if has_others else []))
    )
