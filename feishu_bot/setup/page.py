"""The set-up's page, which the bot's own port serves while there is no bot.

Whoever has the code from the log gets one session. Every change needs the session's cookie, which
other sites can't send, and its token. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Any

import flask

from feishu_bot.core.languages import Language
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


class SetupPage:
    """The views; `start` begins the set-up, and again after a failure.

    There is one session at a time: whoever comes with a new code takes it over.
    """

    def __init__(
        self, code: OneTimeCode, dialogue: PageDialogue, start: Callable[[], None]
    ) -> None:
        self._code = code
        self._dialogue = dialogue
        self._start = start
        self._cookie = self._token = ""

    def app(self) -> flask.Flask:
        """A Flask app with the page alone."""
        app = flask.Flask(__name__, static_url_path="/setup/static")
        app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
        app.after_request(_harden)
        app.add_url_rule("/", view_func=lambda: flask.redirect("/setup"), endpoint="home")
        for path, method, view in (
            ("", "GET", self.page),
            ("", "POST", self.enter),
            ("/state", "GET", self.state),
            ("/code.svg", "GET", self.code_picture),
            ("/link", "POST", self.link),
            ("/answer", "POST", self.answer),
            ("/again", "POST", self.again),
        ):
            app.add_url_rule(f"/setup{path}", view.__name__, view, methods=[method])
        return app

    def page(self) -> str:
        """The login, or the set-up."""
        if not self._is_in():
            return _rendered(is_in=False)
        return _rendered(is_in=True, token=self._token)

    def enter(self) -> Any:
        """Take the code, and begin."""
        if not self._code.accepts(flask.request.form.get("code", "")[:40]):
            return _rendered(is_in=False, is_wrong=True), 403
        self._cookie, self._token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._start()
        response = flask.make_response(flask.redirect("/setup", 303))
        forwarded = flask.request.headers.get("X-Forwarded-Proto", "")
        response.set_cookie(
            COOKIE,
            self._cookie,
            httponly=True,
            samesite="Strict",
            secure=flask.request.is_secure or forwarded == "https",
            path="/setup",
        )
        return response

    def state(self) -> Any:
        """Where the set-up stands."""
        return self._dialogue.state(_language()) if self._is_in() else ({}, 401)

    def code_picture(self) -> Any:
        """The QR code."""
        link = self._dialogue.link
        if not self._is_in() or not link:
            return "", 404
        return flask.Response(picture(link), mimetype="image/svg+xml")

    def link(self) -> Any:
        """The link itself; by POST, for an address that is opened stands in histories."""
        return {"link": self._dialogue.link} if self._may_change() else ({}, 403)

    def answer(self) -> Any:
        """An answer to the question of that number."""
        given = flask.request.get_json(silent=True) if self._may_change() else None
        if not isinstance(given, dict):
            return {}, 403
        taken = self._dialogue.answer(given.get("number"), given.get("value"))
        return {}, 200 if taken else 400

    def again(self) -> Any:
        """Begin again after a failure."""
        if not self._may_change():
            return {}, 403
        self._start()
        return {}

    def _is_in(self) -> bool:
        given = flask.request.cookies.get(COOKIE, "")
        return bool(self._cookie) and _same(given, self._cookie)

    def _may_change(self) -> bool:
        given = flask.request.headers.get("X-Setup-Token", "")
        return self._is_in() and flask.request.is_json and _same(given, self._token)


def _harden(response: flask.Response) -> flask.Response:
    response.headers.update(HEADERS)
    return response


def _rendered(*, is_in: bool, token: str = "", is_wrong: bool = False) -> str:
    language = _language()
    return flask.render_template(
        "setup.html",
        is_in=is_in,
        token=token,
        is_wrong=is_wrong,
        language={"zh": "zh-CN", "en": "en"}[language],
        words=WORDS[language],
    )


def _language() -> Language:
    best = flask.request.accept_languages.best_match(["zh", "en"], "zh")
    return "en" if best == "en" else "zh"


def _same(given: str, own: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), own.encode())
