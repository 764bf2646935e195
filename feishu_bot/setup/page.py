"""The set-up's page, which the bot's own port serves while there is no bot.

Whoever has the code from the log gets one session. Every change needs the session's cookie, which
other sites can't send, and its token. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Any, Literal

import flask

from feishu_bot.setup.one_time_code import OneTimeCode
from feishu_bot.setup.page_dialogue import PageDialogue
from feishu_bot.setup.page_words import WORDS
from feishu_bot.setup.qr import picture

COOKIE = "feishu_bot_setup"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
MOST_BYTES = 16_384


def setup_app(code: OneTimeCode, dialogue: PageDialogue, start: Callable[[], None]) -> flask.Flask:
    """The app; `start` begins the set-up, and again after a failure."""
    app = flask.Flask(__name__, static_url_path="/setup/static")
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    # One session at a time: whoever comes with a new code takes it over.
    session = {"cookie": "", "token": ""}

    def is_in() -> bool:
        given = flask.request.cookies.get(COOKIE, "")
        return bool(session["cookie"]) and _same(given, session["cookie"])

    def may_change() -> bool:
        given = flask.request.headers.get("X-Setup-Token", "")
        return is_in() and flask.request.is_json and _same(given, session["token"])

    @app.after_request
    def harden(response: flask.Response) -> flask.Response:
        response.headers.update(HEADERS)
        return response

    @app.get("/")
    def home() -> Any:
        return flask.redirect("/setup")

    @app.get("/setup")
    def page() -> Any:
        return _page(is_in(), session["token"])

    @app.post("/setup")
    def enter() -> Any:
        if not code.accepts(flask.request.form.get("code", "")[:40]):
            return _page(False, "", is_wrong=True), 403
        session.update(cookie=secrets.token_urlsafe(32), token=secrets.token_urlsafe(32))
        start()
        response = flask.make_response(flask.redirect("/setup", 303))
        forwarded = flask.request.headers.get("X-Forwarded-Proto", "")
        response.set_cookie(
            COOKIE,
            session["cookie"],
            httponly=True,
            samesite="Strict",
            secure=flask.request.is_secure or forwarded == "https",
            path="/setup",
        )
        return response

    @app.get("/setup/state")
    def state() -> Any:
        return dialogue.state(_language()) if is_in() else ({}, 401)

    @app.get("/setup/code.svg")
    def show_code() -> Any:
        link = dialogue.link
        if not is_in() or not link:
            return "", 404
        return flask.Response(picture(link), mimetype="image/svg+xml")

    @app.post("/setup/link")
    def show_link() -> Any:
        # By POST: an address that can be opened would stand in a history.
        return {"link": dialogue.link} if may_change() else ({}, 403)

    @app.post("/setup/answer")
    def answer() -> Any:
        given = flask.request.get_json(silent=True) if may_change() else None
        if not isinstance(given, dict):
            return {}, 403
        taken = dialogue.answer(given.get("number"), given.get("value"))
        return {}, 200 if taken else 400

    @app.post("/setup/again")
    def again() -> Any:
        if not may_change():
            return {}, 403
        start()
        return {}

    return app


def _page(is_in: bool, token: str, *, is_wrong: bool = False) -> str:
    language = _language()
    return flask.render_template(
        "setup.html",
        is_in=is_in,
        token=token,
        is_wrong=is_wrong,
        language={"zh": "zh-CN", "en": "en"}[language],
        words=WORDS[language],
    )


def _language() -> Literal["zh", "en"]:
    best = flask.request.accept_languages.best_match(["zh", "en"], "zh")
    return "en" if best == "en" else "zh"


def _same(given: str, own: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), own.encode())
