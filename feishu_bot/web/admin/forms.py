"""What can be changed, but for roles."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.administration.limits_in_force import LIMIT_NAMES
from feishu_bot.errors import ChangeRefused
from feishu_bot.web.admin.guard import session
from feishu_bot.web.admin.wording import language

PRICE_KEYS = ("prompt", "completion", "picture", "minute")
LONGEST_ID = 64


def add_forms(bp: Blueprint, admin: Administration) -> None:
    """The views that forms are sent to."""
    changes = admin.changes

    def changed(page: str, change: Callable[[str], None]) -> ResponseReturnValue:
        """Make a change, and go back to a page; or say why it can't be."""
        try:
            change(session().actor)
        except ChangeRefused as exc:
            return render_template("admin/problem.html", problem=reason(exc), back=page), 400
        return redirect(url_for(page, done="1"), 303)

    @bp.post("/limits")
    def set_limits() -> ResponseReturnValue:
        texts = {name: request.form[name] for name in LIMIT_NAMES if name in request.form}
        return changed("admin.limits", lambda actor: changes.set_limits(actor, texts))

    @bp.post("/grants")
    def grant() -> ResponseReturnValue:
        form = request.form

        def change(actor: str) -> None:
            changes.grant(
                actor,
                form.get("subject", ""),
                unit=form.get("unit", ""),
                period=form.get("period", ""),
                text=form.get("amount", ""),
                form_id=form.get("form_id", "")[:LONGEST_ID],
            )

        return changed("admin.limits", change)

    @bp.post("/people")
    def block() -> ResponseReturnValue:
        open_id, blocked = request.form.get("open_id", ""), request.form.get("blocked") == "1"
        return changed("admin.people", lambda actor: changes.block(actor, open_id, blocked=blocked))

    @bp.post("/models/currency")
    def set_currency() -> ResponseReturnValue:
        text = request.form.get("currency", "")
        return changed("admin.models", lambda actor: changes.set_currency(actor, text))

    @bp.post("/models/price")
    def set_price() -> ResponseReturnValue:
        model = request.form.get("model", "")
        if request.form.get("reset"):
            return changed("admin.models", lambda actor: changes.reset_price(actor, model))
        amounts = {key: request.form.get(key, "") for key in PRICE_KEYS}
        return changed("admin.models", lambda actor: changes.set_price(actor, model, amounts))


def reason(exc: ChangeRefused) -> str:
    """Why something can't be, in the reader's language."""
    return exc.words.of(language())
