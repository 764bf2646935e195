"""The doctor's report, on demand: an examination calls Feishu, whose calls are counted."""

from __future__ import annotations

import threading

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.diagnosis import STATES
from feishu_bot.web.admin.wording import language, say


def add_doctor(bp: Blueprint, admin: Administration) -> None:
    """The views of the report, and of the button that makes a new one."""
    # An examination takes up to a minute, and all threads of this page must not be in it.
    examining = threading.Lock()

    @bp.get("/doctor")
    def doctor() -> ResponseReturnValue:
        return render_template(
            "admin/doctor.html",
            report=admin.latest_report(),
            states=STATES,
            language=language(),
        )

    @bp.post("/doctor")
    def examine() -> ResponseReturnValue:
        if not examining.acquire(blocking=False):
            problem = say("doctor_busy")
            return render_template("admin/problem.html", problem=problem, back="admin.doctor"), 409
        try:
            admin.doctor.examine()
        finally:
            examining.release()
        return redirect(url_for("admin.doctor"), 303)
