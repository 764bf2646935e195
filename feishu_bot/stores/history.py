"""The conversations of a person: listed, searched, found again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.history import PastConversation
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import turns
from feishu_bot.stores.text_index import candidates
from feishu_bot.stores.turns import SELECT_TURNS

# How far back somebody's conversations are listed, and searched where the index can't help: more
# than a person asks in a year, and read in a tenth of a second.
MOST_TURNS = 20_000
# So many are read sooner than a database finds out whether its index is of use.
FEW_TURNS = 2_000
# How many turns that have the words are looked at for conversations.
MOST_FOUND = 400

_is_theirs = turns.c.asker == sa.bindparam("person")
_is_there = turns.c.chat_id == sa.bindparam("there")
_RECENT = sa.select(turns.c.id, turns.c.origin).where(_is_theirs, turns.c.origin.is_not(None))
# Not by the primary key: where a person has few turns among many, that would read all of them.
_newest_first = (turns.c.id + 0).desc()
_nth_newest = (
    sa.select(turns.c.id)
    .where(_is_theirs)
    .order_by(_newest_first)
    .limit(1)
    .offset(sa.bindparam("number"))
)
_is_recent = turns.c.id > sa.func.coalesce(_nth_newest.offset(MOST_TURNS).scalar_subquery(), 0)

_has_answer = turns.c.answer != ""
_SUMMARIES = (
    sa.select(
        turns.c.origin,
        sa.func.count().label("number"),
        sa.func.coalesce(
            sa.func.max(turns.c.id).filter(_has_answer), sa.func.max(turns.c.id)
        ).label("last"),
        sa.func.min(turns.c.id).filter(_is_theirs).label("asked"),
        sa.func.max(turns.c.created_at).filter(_is_theirs).label("asked_at"),
    )
    .where(turns.c.origin.in_(sa.bindparam("origins", expanding=True)))
    .where(sa.not_(turns.c.forgotten))
    .group_by(turns.c.origin)
)
_BY_ID = SELECT_TURNS.add_columns(turns.c.chat_id, turns.c.root, turns.c.title).where(
    turns.c.id.in_(sa.bindparam("ids", expanding=True))
)
_SET_TITLE = (
    sa.update(turns)
    .where(turns.c.id == sa.bindparam("named"), sa.not_(turns.c.forgotten))
    .values(title=sa.bindparam("new_title", type_=turns.c.title.type))
)
_TURN_FIELDS = tuple(field.name for field in dataclasses.fields(Turn))
_WITH_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class SqlHistory:
    """Implements `core.history.History`. Only turns of version 0.2 and completed ones are seen.

    The index is asked for somebody with more than `few_turns`.
    """

    def __init__(self, database: Database, *, few_turns: int = FEW_TURNS) -> None:
        self._database = database
        self._few_turns = few_turns

    def newest(
        self, open_id: str, *, chat_id: str = "", limit: int, skip: int = 0
    ) -> list[PastConversation]:
        """Among the newest 20,000 turns of the person."""
        recent = _RECENT.where(_is_there) if chat_id else _RECENT
        own = recent.order_by(_newest_first).limit(MOST_TURNS).subquery()
        statement = (
            sa.select(own.c.origin)
            .group_by(own.c.origin)
            .order_by(sa.func.max(own.c.id).desc())
            .limit(sa.bindparam("most"))
            .offset(sa.bindparam("skipped"))
        )
        parameters = {"person": open_id, "most": limit, "skipped": skip}
        if chat_id:
            parameters["there"] = chat_id
        with self._database.read() as connection:
            origins = connection.scalars(statement, parameters).all()
            return _summaries_of(connection, open_id, origins)

    def search(
        self, open_id: str, words: Sequence[str], *, chat_id: str = "", limit: int, skip: int = 0
    ) -> list[PastConversation]:
        """Among the newest 20,000 turns of the person, or among all where the index helps.

        Capital letters are as good as small ones; on SQLite that holds for ASCII.
        """
        cleaned = (word.encode("utf-8", "replace").decode().replace("\0", "") for word in words)
        words = [word for word in cleaned if word]
        if not words:
            return []
        with self._database.read() as connection:
            found = self._found(connection, open_id, words, chat_id)
            origins = list(found)[skip : skip + limit]
            return _summaries_of(connection, open_id, origins, found)

    def find(self, open_id: str, origin: int, *, chat_id: str = "") -> PastConversation | None:
        with self._database.read() as connection:
            described = _summaries_of(connection, open_id, [origin])
        return next((one for one in described if chat_id in ("", one.key.chat_id)), None)

    def set_title(self, turn_id: int, title: str) -> None:
        with self._database.write() as connection:
            connection.execute(_SET_TITLE, {"named": turn_id, "new_title": title})

    def _found(
        self, connection: sa.Connection, open_id: str, words: Sequence[str], chat_id: str
    ) -> dict[int, int]:
        """The newest turn that has the words, by the origin of its conversation, newest first."""
        patterns = [f"%{word.translate(_WITH_LIKE)}%" for word in words]
        many = {"person": open_id, "number": self._few_turns}
        has_many = connection.scalar(_nth_newest, many) is not None
        indexed = candidates(connection, words, patterns) if has_many else None
        statement = _RECENT.where(_is_recent if indexed is None else indexed)
        statement = statement.where(*(_is_like(connection, pattern) for pattern in patterns))
        parameters: dict[str, object] = {"person": open_id}
        if chat_id:
            statement, parameters["there"] = statement.where(_is_there), chat_id
        statement = statement.order_by(_newest_first).limit(MOST_FOUND)
        found: dict[int, int] = {}
        for turn_id, origin in connection.execute(statement, parameters):
            found.setdefault(origin, turn_id)
        return found


def _is_like(connection: sa.Connection, pattern: str) -> sa.ColumnElement[bool]:
    """Whether a turn has a word, small or capital letters."""
    columns = (turns.c.question, turns.c.answer, turns.c.title)
    # The LIKE of SQLite is an ILIKE for ASCII.
    if connection.dialect.name == "sqlite":
        return sa.or_(*(column.like(pattern, escape="\\") for column in columns))
    return sa.or_(*(column.ilike(pattern, escape="\\") for column in columns))


def _summaries_of(
    connection: sa.Connection,
    open_id: str,
    origins: Sequence[int],
    found: Mapping[int, int] | None = None,
) -> list[PastConversation]:
    """The conversations with these origins, in their order, where the person has asked in them.

    `found` is the turn that a search was about, by origin.
    """
    found = found or {}
    parameters = {"person": open_id, "origins": list(origins)}
    summaries = {row.origin: row for row in connection.execute(_SUMMARIES, parameters)}
    own = [summaries[each] for each in origins if each in summaries and summaries[each].asked]
    needed = {row.origin: {row.asked, row.last, found.get(row.origin, row.asked)} for row in own}
    ids = sorted(needed.keys() | set().union(*needed.values()))
    rows = {row["id"]: row for row in connection.execute(_BY_ID, {"ids": ids}).mappings()}
    # Turns may have been swept between the two statements, and the first one long before.
    own = [row for row in own if needed[row.origin] <= rows.keys()]
    return [
        PastConversation(
            origin=row.origin,
            key=ConversationKey(rows[row.asked]["chat_id"], rows[row.asked]["root"]),
            asked=_turn(rows[row.asked]),
            asked_at=row.asked_at,
            last=_turn(rows[row.last]),
            count=row.number,
            title=rows[row.origin]["title"] if row.origin in rows else "",
            found=_turn(rows[found[row.origin]]) if row.origin in found else None,
        )
        for row in own
    ]


def _turn(row: sa.RowMapping) -> Turn:
    values = {name: row[name] for name in _TURN_FIELDS}
    lists = {"answer_ids": tuple(row["answer_ids"]), "pictures": row["pictures"] or {}}
    return Turn(**{**values, **lists})
