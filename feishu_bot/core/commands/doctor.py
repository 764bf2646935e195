"""/doctor: what is wrong with the bot and what to do about it, for admins."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Collapsible,
    Colour,
    Divider,
    Link,
    Paragraph,
    Text,
)
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.doctor import Doctor, Finding, Report, State
from feishu_bot.core.formatting import format_count
from feishu_bot.core.languages import Language

ICONS: Mapping[State, str] = {"fault": "❌", "warning": "⚠️", "unknown": "❔", "ok": "✅"}
COLOURS: Mapping[State, Colour] = {
    "fault": "red",
    "warning": "orange",
    "unknown": "blue",
    "ok": "green",
}
# A card takes 30 KB with all that is around the words, and there is more than one way to say them.
MOST_BYTES = 11_000
MOST_CHARS = 500
EVIDENCE_CHARS = 120
MOST_WELL = 24
WELL_CHARS = 60


@dataclass(frozen=True)
class DoctorCommands(CommandGroup):
    """The examination takes a while, in the background like any command."""

    doctor: Doctor

    @command("doctor", "/doctor", "/体检", "/诊断", "体检", "诊断", for_admins=True)
    def examine(self, context: CommandContext) -> Card:
        """Examine everything, and say what needs somebody first."""
        if context.chat_type != "p2p":
            # It names addresses and scopes, which are no business of a group.
            elsewhere = Paragraph(Text("doctor_in_private"))
            return Card(title=Text("doctor_title"), icon="🩺", blocks=(elsewhere,))
        return report_card(_without_doubt(self.doctor.examine()), context.language)

    @action("doctor_click")
    def click(self, click: CardClick) -> ClickResponse:
        """That it came here at all is what the button is for."""
        if not click.is_admin:
            return toast("admins_only_short", "warning")
        return toast("doctor_click_came", "success")


def report_card(report: Report, language: Language) -> Card:
    """A report in one language: faults first, what is well folded away."""
    open_ones = [*report.of("fault"), *report.of("warning"), *report.of("unknown")]
    worst: State = open_ones[0].state if open_ones else "ok"
    shown = list(_that_fit(open_ones, language))
    blocks: list[Block] = []
    for finding in shown:
        blocks += _finding(finding, language)
    if len(open_ones) > len(shown):
        more = {"count": format_count(len(open_ones) - len(shown))}
        blocks.append(Paragraph(Text("doctor_more", more), is_small=True))
    well = report.of("ok")
    if not open_ones:
        blocks.append(Paragraph(Text("doctor_all_well")))
    if well:
        title = Text("doctor_well", {"count": format_count(len(well))})
        rows = tuple(
            Paragraph(_line(one.title.of(language), one.what.of(language), WELL_CHARS))
            for one in well[:MOST_WELL]
        )
        blocks.append(Collapsible(title=title, blocks=rows))
    press = Button.of(Text("button_doctor_click"), "doctor_click", style="primary")
    blocks += [Divider(), Paragraph(Text("doctor_click"), is_small=True), Buttons((press,))]
    return Card(
        title=Text(f"doctor_{worst}"),
        icon="🩺",
        colour=COLOURS[worst],
        blocks=tuple(blocks),
        language=language,
    )


def _without_doubt(report: Report) -> Report:
    """Without the doubt whether messages come: this one did, and is stored a second later."""
    kept = (one for one in report.findings if (one.check, one.state) != ("event_flow", "unknown"))
    return dataclasses.replace(report, findings=tuple(kept))


def _that_fit(findings: Iterable[Finding], language: Language) -> Iterator[Finding]:
    """The first ones, as many as a card has room for."""
    left = MOST_BYTES
    for finding in findings:
        said = (finding.what.of(language), finding.remedy.of(language))
        left -= sum(len(_cut(text).encode()) for text in said) + EVIDENCE_CHARS + len(finding.link)
        if left < 0:
            return
        yield finding


def _finding(finding: Finding, language: Language) -> Iterator[Block]:
    said = f"{ICONS[finding.state]} {finding.title.of(language)}"
    yield Paragraph(_line(said, finding.what.of(language), MOST_CHARS))
    if finding.remedy:
        yield Paragraph(Text("doctor_remedy", {"remedy": _cut(finding.remedy.of(language))}))
    if finding.evidence:
        yield Paragraph(_cut(finding.evidence, EVIDENCE_CHARS), is_small=True)
    if finding.link:
        yield Buttons((Link(Text("button_console"), finding.link),))


def _line(title: str, what: str, most: int) -> Text:
    return Text("doctor_line", {"title": title, "what": _cut(what, most)})


def _cut(text: str, most: int = MOST_CHARS) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
