"""What can be looked at, besides reports."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feishu_bot.core import days
from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.administration.audit import BY_PASSWORD
from feishu_bot.errors import ModelError
from feishu_bot.web.admin.report_pages import names_of

MOST_GRANTS = 50
MOST_BLOCKED = 200
MOST_MODELS = 300
PAGE_CHANGES = 50
LAST_PAGE = 1000


def add_pages(bp: Blueprint, admin: Administration) -> None:
    """The views of the pages that change nothing."""

    def names(ids: Iterable[str]) -> dict[str, str]:
        return names_of(admin, ids)

    @bp.get("", strict_slashes=False)
    def overview() -> ResponseReturnValue:
        if request.args.get("entered"):
            return redirect(url_for("admin.overview"), 303)
        return render_template("admin/overview.html", state=admin.state(), now=admin.clock())

    @bp.get("/limits")
    def limits() -> ResponseReturnValue:
        now = admin.clock()
        granted = [
            one
            for one in admin.reports.grants(days.month_start(now), MOST_GRANTS)
            if one.period in (days.period_name("day", now), days.period_name("month", now))
        ]
        known = names(
            [*(one.subject for one in granted), *(one.granted_by for one in granted)]
            + [one.override.changed_by for one in admin.limits.shown() if one.override]
        )
        return render_template(
            "admin/limits.html",
            limits=admin.limits.shown(),
            company=admin.quotas.states("", is_admin=True),
            grants=granted,
            names=known,
            currency=admin.prices.currency,
            subject=request.args.get("subject", ""),
        )

    @bp.get("/people")
    def people() -> ResponseReturnValue:
        blocked = admin.reports.blocked(MOST_BLOCKED)
        return render_template(
            "admin/people.html",
            blocked=blocked,
            listed=sorted(admin.changes.policy.blocked_users),
            names=names(blocked),
            subject=request.args.get("subject", ""),
        )

    @bp.get("/models")
    def models() -> ResponseReturnValue:
        offered: tuple[str, ...] = ()
        default = problem = ""
        try:
            offered, default = admin.models.offered(), admin.models.default()
        except ModelError as exc:
            problem = exc.kind
        return render_template(
            "admin/models.html",
            offered=offered[:MOST_MODELS],
            left_out=len(offered[MOST_MODELS:]),
            default=default,
            problem=problem,
            prices=admin.prices,
            edited=request.args.get("model", ""),
        )

    @bp.get("/settings")
    def settings() -> ResponseReturnValue:
        return render_template("admin/settings.html", settings=admin.settings())

    @bp.get("/changes")
    def changes() -> ResponseReturnValue:
        page = min(request.args.get("page", 1, type=int), LAST_PAGE)
        skipped = max(0, page - 1) * PAGE_CHANGES
        found = admin.audit.newest(PAGE_CHANGES + 1, skipped=skipped)
        return render_template(
            "admin/changes.html",
            changes=found[:PAGE_CHANGES],
            page=max(1, page),
            has_more=len(found) > PAGE_CHANGES,
            by_password=BY_PASSWORD,
            names=names(one for change in found for one in (change.actor, change.subject)),
        )
