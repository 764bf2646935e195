"""The doctor's report, on demand: an examination calls Feishu, whose calls are counted."""

from __future__ import annotations

import threading

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.doctor import STATES, Doctor
from feishu_bot.web.admin.wording import language

# An examination takes up to a minute; so long the page looks for its report.
LONGEST_SECONDS = 120


def add_doctor(bp: Blueprint, admin: Administration) -> None:
    """The views of the report, and of the button that makes a new one."""
    examination = _Examination(admin.doctor)

    @bp.get("/doctor")
    def doctor() -> ResponseReturnValue:
        report = admin.latest_report()
        since = request.args.get("since", 0, type=int)
        is_waiting = (report is None or report.at < since) and (
            admin.clock() < since + LONGEST_SECONDS
        )
        return render_template(
            "admin/doctor.html",
            report=report,
            is_waiting=is_waiting,
            states=STATES,
            language=language(),
        )

    @bp.post("/doctor")
    def examine() -> ResponseReturnValue:
        since = int(admin.clock())
        examination.begin()
        return redirect(url_for("admin.doctor", since=since), 303)


class _Examination:
    """One at a time, in a thread of its own: proxies don't wait as long as it may take."""

    def __init__(self, doctor: Doctor) -> None:
        self._doctor = doctor
        self._is_running = threading.Lock()

    def begin(self) -> None:
        """Begin one, unless one is under way."""
        if self._is_running.acquire(blocking=False):
            threading.Thread(target=self._run, name="examination", daemon=True).start()

    def _run(self) -> None:
        try:
            # It never raises, and keeps its report.
            self._doctor.examine()
        finally:
            self._is_running.release()
