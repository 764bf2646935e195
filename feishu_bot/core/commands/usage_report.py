"""What everybody has used, for admins: by person, model and day, and as a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
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
from feishu_bot.core.formatting import format_count, format_duration
from feishu_bot.core.languages import Language
from feishu_bot.core.limits import Spending
from feishu_bot.core.messenger import File
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.quotas import sum_usage
from feishu_bot.core.report_tables import ALL_GROUPS, usage_table
from feishu_bot.core.tables import name_lookup
from feishu_bot.core.usage import UsageRow, UsageStore, UsageTotal

MAX_PEOPLE = 7
MAX_MODELS = 8
# Colours that can be told apart; the rest is drawn as one.
MAX_SERIES = 4
NAME_CHARS = 28
MAX_MEDIA_DAYS = 7
MAX_ROWS = 50_000

Said = Callable[[Spending], Label]

_MEDIA: Mapping[str, Callable[[UsageTotal], float]] = {
    "pictures": lambda total: total.pictures,
    "audio_minutes": lambda total: total.audio_seconds / 60,
    "files": lambda total: total.files,
}


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
            *_charts(rows, starts),
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
        # Files are read without a model.
        named = (model for model, spent in by_model.items() if model or spent.tokens or spent.cost)
        most = sorted(
            named, key=lambda model: (-by_model[model].tokens, -by_model[model].cost, model)
        )
        return tuple(Field(model or "–", self.said(by_model[model])) for model in most[:MAX_MODELS])


def media_labels(spent: Spending) -> tuple[Text, ...]:
    """What was made, heard, spoken or read, each in words of its own."""
    labels = []
    if spent.pictures:
        labels.append(Text("usage_pictures", {"count": format_count(spent.pictures)}))
    if spent.audio_seconds:
        labels.append(Text("usage_audio", {"time": format_duration(spent.audio_seconds)}))
    if spent.files:
        labels.append(Text("usage_files", {"count": format_count(spent.files)}))
    return tuple(labels)


def _charts(rows: list[UsageRow], starts: tuple[float, ...]) -> Iterator[Chart]:
    """What was asked and what it cost, and what there was besides words."""
    days = tuple(map(day_label, starts))
    drawn = {
        "usage_chart": _question_points(rows, days),
        "usage_cost_chart": _cost_points(rows, days),
        "usage_media_chart": _media_points(rows, days),
    }
    return (Chart(title=Text(title), points=points) for title, points in drawn.items() if points)


def _question_points(rows: list[UsageRow], days: tuple[str, ...]) -> tuple[Point, ...]:
    """Questions by day and model; on a single day by model alone."""
    answers: Counter[tuple[int, str]] = Counter()
    total: Counter[str] = Counter()
    # What only drew, heard or spoke has answered nothing.
    answered = [row for row in rows if row.total.answers]
    for row in answered:
        total[row.model] += row.total.answers
    drawn = [model for model, _ in total.most_common(MAX_SERIES)]
    if len(days) == 1:
        return tuple(Point(_named(model), _named(model), total[model]) for model in drawn)
    for row in answered:
        answers[row.day, row.model if row.model in drawn else ""] += row.total.answers
    has_others = len(total) > len(drawn) and "" not in drawn
    return tuple(
        Point(label, _named(model) if model else Text("usage_other_models"), answers[day, model])
        for day, label in enumerate(days)
        for model in (*drawn, *([""] if has_others else []))
    )


def _named(model: str) -> str:
    """A model in a chart, which has its name again for each day: a card takes 30 KB."""
    model = model or "–"
    return model if len(model) <= NAME_CHARS else model[: NAME_CHARS - 1] + "…"


def _cost_points(rows: list[UsageRow], days: tuple[str, ...]) -> tuple[Point, ...]:
    """Money by day; on a single day by model. By both a card would become too large."""
    costs: dict[str, float] = defaultdict(float)
    for row in rows:
        if row.total.cost:
            costs[days[row.day] if len(days) > 1 else row.model] += row.total.cost
    if not costs:
        return ()
    if len(days) > 1:
        return tuple(Point(label, Text("table_cost"), round(costs[label], 2)) for label in days)
    most = sorted(costs, key=lambda model: -costs[model])[: MAX_SERIES + 1]
    return tuple(Point(_named(model), _named(model), round(costs[model], 2)) for model in most)


def _media_points(rows: list[UsageRow], days: tuple[str, ...]) -> tuple[Point, ...]:
    """Amounts by day and kind, of those kinds that there were; by kind alone for one day or many.

    By each of thirty days a card would become too large.
    """
    by_day = 1 < len(days) <= MAX_MEDIA_DAYS
    amounts: dict[tuple[int, str], float] = defaultdict(float)
    for row in rows:
        for kind, amount in _MEDIA.items():
            amounts[row.day if by_day else 0, kind] += amount(row.total)
    kinds = [kind for kind in _MEDIA if any(amounts[day, kind] for day in range(len(days)))]
    labels = days if by_day else (None,)
    return tuple(
        Point(label or Text(f"table_{kind}"), Text(f"table_{kind}"), round(amounts[day, kind], 1))
        for day, label in enumerate(labels)
        for kind in kinds
    )
