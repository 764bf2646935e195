"""Who is logged in on the administrator's page, and how one gets in.

Tokens are random, and stored as their hashes: who reads the database can't use them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from feishu_bot.core.administration.audit import BY_PASSWORD, AuditLog, Change
from feishu_bot.core.messages import Sender

# A session ends when nothing was asked for so long, and in any case after so long.
IDLE_SECONDS = 3600.0
LONGEST_SECONDS = 12 * 3600.0
# That somebody is still there is stored so often.
TOUCH_SECONDS = 60.0
LINK_SECONDS = 600.0
TOKEN_BYTES = 32
# Where there is no password, the page shows itself so long after a link was asked for.
SHOWN_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login. `ids` are those of the person, none for the password's.

    `password_mark` tells whether the password is the one that it was then. Times are in seconds
    since the epoch.
    """

    actor: str
    ids: tuple[str, ...] = ()
    password_mark: str = ""
    created_at: float
    seen_at: float


class SessionStore(Protocol):
    """Sessions and login links, by the hashes of their tokens."""

    def add(self, token_hash: str, session: Session) -> None:
        """Keep a session."""

    def find(self, token_hash: str) -> Session | None:
        """The session of a token, however old."""

    def touch(self, token_hash: str, now: float) -> None:
        """Somebody is still there."""

    def end(self, token_hash: str) -> None:
        """End a session."""

    def end_all(self) -> None:
        """End all sessions, and take back all links."""

    def add_link(self, token_hash: str, ids: tuple[str, ...], now: float) -> None:
        """Keep a link for the person with these ids, the open_id first."""

    def take_link(self, token_hash: str, since: float, now: float) -> tuple[str, ...] | None:
        """Use up a link that was made since then; the ids. None when there is none, or was."""

    def has_links(self, since: float) -> bool:
        """Whether a link was made since then, used or not."""


@dataclass(frozen=True)
class AdminSessions:
    """Logs in and out. An empty password is none; `admins` are ids of people.

    With `has_address` links can be made. `clock` is in seconds since the epoch.
    """

    store: SessionStore
    audit: AuditLog
    _: KW_ONLY
    password: str = ""
    admins: Collection[str] = ()
    has_address: bool = False
    clock: Callable[[], float] = time.time
    new_token: Callable[[], str] = lambda: secrets.token_urlsafe(TOKEN_BYTES)

    @property
    def may_be_on(self) -> bool:
        """Whether anybody could get in at all, now or later."""
        return bool(self.password) or self.has_links

    @property
    def has_links(self) -> bool:
        """Whether login links can be made."""
        return bool(self.admins) and self.has_address

    @property
    def is_shown(self) -> bool:
        """Whether strangers are shown that there is such a page."""
        if self.password:
            return True
        return self.has_links and self.store.has_links(self.clock() - SHOWN_SECONDS)

    def is_password(self, given: str) -> bool:
        """Whether this is the password; takes as long for a wrong one."""
        digests = [hashlib.sha256(text.encode("utf-8", "replace")).digest()
                   for text in (given, self.password)]  # fmt: skip
        return hmac.compare_digest(*digests) and bool(self.password)

    def log_in(self, password: str, *, address: str = "") -> str | None:
        """The token of a new session, or None for a wrong password.

        `address` is where the login comes from, for the list of changes.
        """
        return self._begin(BY_PASSWORD, (), address) if self.is_password(password) else None

    def link_token(self, sender: Sender) -> str:
        """A token that logs this person in, once, for LINK_SECONDS."""
        token = self.new_token()
        self.store.add_link(_hash(token), tuple(sender.ids), self.clock())
        return token

    def log_in_by_link(self, token: str, *, address: str = "") -> str | None:
        """The token of a new session; None for a link that was used, is too old or unknown."""
        if not self.has_links:
            return None
        now = self.clock()
        ids = self.store.take_link(_hash(token), now - LINK_SECONDS, now)
        return self._begin(ids[0], ids, address) if ids and self._are_admins(ids) else None

    def find(self, token: str) -> Session | None:
        """The session of a token, if it hasn't ended; notes that somebody is there."""
        if not (token and self.may_be_on):
            return None
        token_hash, now = _hash(token), self.clock()
        session = self.store.find(token_hash)
        if session is None:
            return None
        is_over = now - session.seen_at > IDLE_SECONDS or now - session.created_at > LONGEST_SECONDS
        is_same = hmac.compare_digest(session.password_mark, self._mark(token))
        is_allowed = self._are_admins(session.ids) if session.ids else bool(self.password)
        if is_over or not is_same or not is_allowed:
            self.store.end(token_hash)
            return None
        if now - session.seen_at > TOUCH_SECONDS:
            self.store.touch(token_hash, now)
        return session

    def log_out(self, token: str, session: Session) -> None:
        """End this session."""
        self.store.end(_hash(token))
        self.audit.add(Change(actor=session.actor, action="logout"))

    def log_out_all(self, session: Session) -> None:
        """End every session, this one too, and take back every link."""
        self.store.end_all()
        self.audit.add(Change(actor=session.actor, action="logout_all"))

    def _begin(self, actor: str, ids: tuple[str, ...], address: str) -> str:
        token, now = self.new_token(), self.clock()
        mark = self._mark(token)
        session = Session(actor=actor, ids=ids, password_mark=mark, created_at=now, seen_at=now)
        self.store.add(_hash(token), session)
        self.audit.add(Change(actor=actor, action="login", subject=address))
        return token

    def _mark(self, token: str) -> str:
        """Differs for another password, and tells nothing of it to who has no token."""
        return hmac.new(token.encode(), self.password.encode(), hashlib.sha256).hexdigest()

    def _are_admins(self, ids: tuple[str, ...]) -> bool:
        return any(one in self.admins for one in ids)


def form_token(secret: str) -> str:
    """What a form has to bring back, for a cookie that only the browser knows."""
    return hmac.new(secret.encode("utf-8", "replace"), b"form", hashlib.sha256).hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
