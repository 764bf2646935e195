"""Reports: figures over time, who uses how much, and what failed."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from feishu_bot.core import days
from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.tables import name_lookup
from feishu_bot.web.admin import plots

# Asking Feishu for names may take so long in all; the others stay ids.
NAMING_SECONDS = 2.0
MOST_PEOPLE = 50
MOST_CHATS = 50
MOST_FAILURES = 100


def names_of(admin: Administration, ids: Iterable[str]) -> dict[str, str]:
    """What people are called, of those ids that are people's."""
    people = (one for one in ids if one.startswith("ou_"))
    return name_lookup(admin.names.of, people, seconds=NAMING_SECONDS)


def add_reports(bp: Blueprint, admin: Administration) -> None:
    """The views of the reports."""

    def period() -> int:
        return plots.chosen(request.args.get("days", ""), admin.days_kept)

    @bp.get("/figures")
    def figures() -> ResponseReturnValue:
        shown = plots.stretches(period(), admin.clock())
        return render_template(
            "admin/figures.html",
            plots=plots.figures(admin.reports, shown, admin.prices.currency),
            labels=shown.labels,
            period=period(),
            periods=plots.periods(admin.days_kept),
        )

    @bp.get("/usage")
    def usage() -> ResponseReturnValue:
        since = days.day_start(admin.clock(), period() - 1)
        people = admin.usage.people(since, MOST_PEOPLE)
        return render_template(
            "admin/usage.html",
            people=people,
            everybody=admin.usage.count_people(since),
            chats=admin.reports.chats(since, MOST_CHATS),
            models=admin.usage.totals(since),
            names=names_of(admin, (one.name for one in people)),
            currency=admin.prices.currency,
            period=period(),
            periods=plots.periods(admin.days_kept),
        )

    @bp.get("/failures")
    def failures() -> ResponseReturnValue:
        return render_template(
            "admin/failures.html", failures=admin.reports.failures(MOST_FAILURES)
        )
