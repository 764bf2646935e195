"""Who is logged in on the administrator's page."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.core.administration.sessions import LONGEST_SECONDS, SHOWN_SECONDS, Session
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import admin_links as links
from feishu_bot.stores.schema import admin_sessions as sessions

_is_this = sessions.c.token_hash == sa.bindparam("token")

_ADD = sa.insert(sessions).inline()
_FIND = sa.select(sessions).where(_is_this)
_TOUCH = sa.update(sessions).where(_is_this).values(seen_at=sa.bindparam("now"))
_END = sa.delete(sessions).where(_is_this)
_END_ALL = (sa.delete(sessions), sa.delete(links))
_ADD_LINK = sa.insert(links).inline()
# Of two at once one gets it.
_TAKE_LINK = (
    sa.update(links)
    .where(
        links.c.token_hash == sa.bindparam("token"),
        links.c.used_at.is_(None),
        links.c.created_at >= sa.bindparam("since"),
    )
    .values(used_at=sa.bindparam("now"))
    .returning(links.c.ids)
)
_HAS_LINKS = sa.select(sa.exists().where(links.c.created_at >= sa.bindparam("since")))
_SWEEP = sa.delete(sessions).where(sessions.c.created_at < sa.bindparam("before"))
_SWEEP_LINKS = sa.delete(links).where(links.c.created_at < sa.bindparam("before"))


class SqlSessions:
    """Implements `core.administration.sessions.SessionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token_hash: str, session: Session) -> None:
        row = {
            "token_hash": token_hash,
            "actor": session.actor,
            "ids": list(session.ids),
            "password_mark": session.password_mark,
            "created_at": session.created_at,
            "seen_at": session.seen_at,
        }
        with self._database.write() as connection:
            connection.execute(_ADD, row)

    def find(self, token_hash: str) -> Session | None:
        with self._database.read() as connection:
            row = connection.execute(_FIND, {"token": token_hash}).one_or_none()
        if row is None:
            return None
        return Session(
            actor=row.actor,
            ids=tuple(row.ids or ()),
            password_mark=row.password_mark,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )

    def touch(self, token_hash: str, now: float) -> None:
        with self._database.write() as connection:
            connection.execute(_TOUCH, {"token": token_hash, "now": now})

    def end(self, token_hash: str) -> None:
        with self._database.write() as connection:
            connection.execute(_END, {"token": token_hash})

    def end_all(self) -> None:
        with self._database.write() as connection:
            for statement in _END_ALL:
                connection.execute(statement)

    def add_link(self, token_hash: str, ids: tuple[str, ...], now: float) -> None:
        row = {"token_hash": token_hash, "open_id": ids[0], "ids": list(ids), "created_at": now}
        with self._database.write() as connection:
            connection.execute(_ADD_LINK, row)

    def take_link(self, token_hash: str, since: float, now: float) -> tuple[str, ...] | None:
        parameters = {"token": token_hash, "since": since, "now": now}
        with self._database.write() as connection:
            row = connection.execute(_TAKE_LINK, parameters).one_or_none()
        return tuple(row.ids) if row is not None else None

    def has_links(self, since: float) -> bool:
        with self._database.read() as connection:
            return bool(connection.scalar(_HAS_LINKS, {"since": since}))

    def sweep(self, now: float) -> None:
        """Delete what has ended at `now`, in seconds since the epoch."""
        with self._database.write() as connection:
            connection.execute(_SWEEP, {"before": now - LONGEST_SECONDS})
            connection.execute(_SWEEP_LINKS, {"before": now - SHOWN_SECONDS})
