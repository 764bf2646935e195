"""Logging in and out."""

from __future__ import annotations

import math

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feishu_bot.core.administration.administration import Administration
from feishu_bot.logs import get_limited_logger
from feishu_bot.web.admin.addresses import address_of
from feishu_bot.web.admin.cookies import SESSION, Cookies
from feishu_bot.web.admin.guard import session

logger = get_limited_logger(__name__)


def add_login(bp: Blueprint, admin: Administration, cookies: Cookies) -> None:
    """The views of the login, by password or by link."""
    sessions, throttle = admin.sessions, admin.throttle

    def page(problem: str = "", status: int = 200, *, wait: float = 0.0) -> ResponseReturnValue:
        shown = render_template(
            "admin/login.html",
            problem=problem or ("login_no_cookie" if request.args.get("lost") else ""),
            minutes=math.ceil(wait / 60),
            has_password=bool(sessions.password),
            has_links=sessions.has_links,
            public_url=admin.public_url,
        )
        response = make_response(shown, status)
        if wait:
            response.headers["Retry-After"] = str(math.ceil(wait))
        return response

    def welcome(token: str) -> Response:
        # A new token for a new login: one that somebody has put there before means nothing.
        response = make_response(redirect(url_for("admin.overview", entered="1"), 303))
        cookies.set(response, SESSION, token)
        cookies.know_device(response)
        return response

    @bp.get("/login")
    def login() -> ResponseReturnValue:
        return page()

    @bp.post("/login")
    def enter() -> ResponseReturnValue:
        if g.get("admin_lost_form"):
            return page("login_no_cookie", 400)
        address, device = address_of(request), cookies.device()
        wait = throttle.begin(address, device)
        if wait:
            return page("login_wait", 429, wait=wait)
        token = sessions.log_in(request.form.get("password", ""), address=address)
        if token is None:
            logger.warning(
                "管理页登录失败：密码不对 / Failed login on the admin page: wrong password",
                address=address,
            )
            return page("login_wrong", 403)
        throttle.succeeded(address, device)
        return welcome(token)

    @bp.post("/login/link")
    def enter_by_link() -> ResponseReturnValue:
        # Its token can't be guessed: nothing is counted here.
        if g.get("admin_lost_form"):
            return page("login_no_cookie", 400)
        link = request.form.get("link_token", "")
        token = sessions.log_in_by_link(link, address=address_of(request))
        return welcome(token) if token else page("login_link_over", 403)


def add_logout(bp: Blueprint, admin: Administration, cookies: Cookies) -> None:
    """The view that ends sessions: this one, or all."""
    sessions = admin.sessions

    @bp.post("/logout")
    def log_out() -> ResponseReturnValue:
        if request.form.get("everywhere"):
            sessions.log_out_all(session())
        else:
            sessions.log_out(g.admin_token, session())
        response = make_response(redirect(url_for("admin.login"), 303))
        cookies.drop(response, SESSION)
        return response
