"""What every request to the administrator's page has to pass, and what every answer says."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from feishu_bot.core.administration.sessions import AdminSessions, Session, form_token
from feishu_bot.web.admin.cookies import FORM, SESSION, Cookies

# A form with a role in both languages; without a session much less.
MAX_BODY = 64 * 1024
MAX_LOGIN_BODY = 4096
MAX_FIELDS = 100

# These need no login, and are there as soon as the page is.
OPEN = frozenset({"admin.login", "admin.enter", "admin.enter_by_link", "admin.static"})

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets in who has a session; everybody else sees the login, or that there is nothing."""

    def __init__(self, sessions: AdminSessions, cookies: Cookies) -> None:
        self._sessions = sessions
        self._cookies = cookies

    def watch(self, bp: Blueprint) -> None:
        """Look at all requests to this blueprint."""
        bp.before_request(self.check)
        bp.after_request(self.finish)

    def check(self) -> ResponseReturnValue | None:
        """What to answer instead; None when the request may go on."""
        # Before anything is read of it.
        request.max_content_length = MAX_LOGIN_BODY
        request.max_form_parts = MAX_FIELDS
        g.admin_session = None
        g.admin_is_hidden = True
        if request.endpoint == "admin.static":
            if not self._sessions.is_shown:
                abort(404)
            g.admin_is_hidden = False
            return None
        token = self._cookies.get(SESSION)
        session = self._sessions.find(token)
        if session is None and not self._sessions.is_shown:
            abort(404)
        g.admin_is_hidden = False
        g.admin_session, g.admin_token = session, token
        if session is None and request.endpoint not in OPEN:
            return redirect(url_for("admin.login", lost=_lost()), 303)
        if session is not None:
            request.max_content_length = MAX_BODY
        if request.method not in ("GET", "HEAD"):
            self._check_form(token if session else self._cookies.get(FORM))
        if not all(_is_text(one) for one in _filled_in()):
            abort(400)
        return None

    def _check_form(self, secret: str) -> None:
        # Browsers say where a request comes from; old ones don't, and have the token alone.
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            abort(403)
        given = request.form.get("form_token", "").encode("utf-8", "replace")
        if not secret or not hmac.compare_digest(given, form_token(secret).encode()):
            g.admin_lost_form = True
            if request.endpoint not in OPEN:
                abort(403)

    def token(self) -> str:
        """What a form of this page has to bring back."""
        if g.admin_session is not None:
            return form_token(g.admin_token)
        secret = self._cookies.get(FORM)
        if not secret:
            secret = g.get("admin_new_form") or secrets.token_urlsafe(32)
            g.admin_new_form = secret
        return form_token(secret)

    def finish(self, response: Response) -> Response:
        """Add what every answer says; one that says that there is nothing says no more."""
        if g.get("admin_is_hidden", True):
            return response
        if new := g.get("admin_new_form"):
            self._cookies.set(response, FORM, new)
        for name, value in HEADERS.items():
            response.headers[name] = value
        if request.endpoint == "admin.static" and response.status_code == 200:
            response.headers["Cache-Control"] = "private, max-age=300"
        return response


def _filled_in() -> Iterator[str]:
    """The names and values of the address and of the form."""
    for given in (request.args, request.form):
        for name, value in given.items(multi=True):
            yield from (name, value)


def _is_text(given: str) -> bool:
    """Whether a database stores it: PostgreSQL takes no NUL, and nothing that isn't Unicode."""
    return "\0" not in given and not any("\ud800" <= letter <= "\udfff" for letter in given)


def _lost() -> str | None:
    """Who was just logged in and has no session has a browser that keeps no cookie."""
    return "1" if request.args.get("entered") else None


def session() -> Session:
    """Of who asks; only where the guard has let them in."""
    found = g.admin_session
    if not isinstance(found, Session):
        abort(403)
    return found
