"""The administrator's page as one blueprint."""

from __future__ import annotations

import secrets
from typing import Any

from flask import (
    Blueprint,
    Response,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, MethodNotAllowed, NotFound
from werkzeug.exceptions import RequestEntityTooLarge as TooLarge

from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.formatting import format_money
from feishu_bot.errors import StoreUnavailable
from feishu_bot.web.admin.cookies import Cookies, is_secure
from feishu_bot.web.admin.doctor import add_doctor
from feishu_bot.web.admin.forms import add_forms
from feishu_bot.web.admin.guard import Guard
from feishu_bot.web.admin.login import add_login, add_logout
from feishu_bot.web.admin.pages import add_pages
from feishu_bot.web.admin.report_pages import add_reports
from feishu_bot.web.admin.roles import add_roles
from feishu_bot.web.admin.wording import LANGUAGE, count, language, moment, say, uptime

PAGES = (
    "overview",
    "doctor",
    "figures",
    "usage",
    "limits",
    "people",
    "models",
    "role_list",
    "failures",
    "settings",
    "changes",
)
YEAR = 365 * 24 * 3600


def blueprint(admin: Administration) -> Blueprint:
    """All of it, under /admin. Register it only where `admin.sessions.may_be_on`."""
    bp = Blueprint(
        "admin",
        __name__,
        url_prefix="/admin",
        template_folder="templates",
        static_folder="static",
    )
    cookies = Cookies(admin.public_url, admin.device_key)
    guard = Guard(admin.sessions, cookies)
    guard.watch(bp)
    add_login(bp, admin, cookies)
    add_logout(bp, admin, cookies)
    add_pages(bp, admin)
    add_reports(bp, admin)
    add_doctor(bp, admin)
    add_forms(bp, admin)
    add_roles(bp, admin)
    _add_language(bp, admin)
    _add_problems(bp, admin)

    @bp.context_processor
    def common() -> dict[str, Any]:
        return {
            "t": say,
            "lang": language(),
            "moment": moment,
            "count": count,
            "uptime": uptime,
            "money": format_money,
            "notice_title": admin.titles[language()],
            "form_token": guard.token,
            "new_id": lambda: secrets.token_urlsafe(12),
            "admin_session": g.get("admin_session"),
            "pages": PAGES,
            "here": (request.endpoint or "").removeprefix("admin."),
            "done": bool(request.args.get("done")),
        }

    return bp


def _add_language(bp: Blueprint, admin: Administration) -> None:
    @bp.post("/language")
    def choose_language() -> ResponseReturnValue:
        chosen = "en" if request.form.get("language") == "en" else "zh"
        page = request.form.get("page", "")
        target = f"admin.{page}" if page in PAGES else "admin.overview"
        response: Response = make_response(redirect(url_for(target), 303))
        response.set_cookie(
            LANGUAGE,
            chosen,
            max_age=YEAR,
            path="/admin",
            secure=is_secure(request, admin.public_url),
            httponly=True,
            samesite="Strict",
        )
        return response


def _add_problems(bp: Blueprint, admin: Administration) -> None:
    """Errors as pages; where there is no page for a stranger, as if there were none at all."""

    def problem(key: str, status: int) -> ResponseReturnValue:
        page = render_template("admin/problem.html", problem=say(key), back="admin.overview")
        return page, status

    @bp.errorhandler(BadRequest)
    def unreadable(_: BadRequest) -> ResponseReturnValue:
        return problem("problem_text", 400)

    @bp.errorhandler(Forbidden)
    def forbidden(_: Forbidden) -> ResponseReturnValue:
        return problem("problem_form", 403)

    @bp.errorhandler(TooLarge)
    def too_large(_: TooLarge) -> ResponseReturnValue:
        return problem("problem_large", 413)

    @bp.errorhandler(StoreUnavailable)
    def no_database(_: StoreUnavailable) -> ResponseReturnValue:
        return problem("problem_database", 503)

    @bp.app_errorhandler(MethodNotAllowed)
    def wrong_method(exc: MethodNotAllowed) -> ResponseReturnValue | HTTPException:
        is_ours = request.path == "/admin" or request.path.startswith("/admin/")
        return NotFound() if is_ours and not admin.sessions.is_shown else exc
