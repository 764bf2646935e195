"""A database that was used for long, and what a statement reads in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from feishu_bot.stores import Database

# People, each with a private chat; conversations of five turns.
PEOPLE = 400
FIVE = 5

# Those that grow with what is asked, or with the people who ask.
GROWING = frozenset(
    {"inbox", "conversations", "turns", "messages", "threads", "usage", "grants", "chats"}
    | {"people", "own_roles", "feedback"}
)
# Of open tasks alone: what was answered long ago isn't in them.
OF_OPEN_TASKS = ("inbox_queue", "inbox_order", "inbox_place", "inbox_running", "inbox_message")
# The same of what failed, and of who is blocked.
OF_FEW = (*OF_OPEN_TASKS, "usage_failed", "people_blocked")


def _inserts(rows: int, start: float, series: str, words: str, listed: str) -> Iterator[str]:
    """One statement for each table; the times begin at `start`, a second apart."""
    person, first, at = f"(n / {FIVE} % {PEOPLE})", f"(n / {FIVE} * {FIVE})", f"({start} + n)"
    root = f"'om_q' || {first}"
    chat = f"'oc_' || {person}"

    def into(table: str, **values: str) -> str:
        names = ", ".join(values)
        return f"INSERT INTO {table} ({names}) {series} SELECT {', '.join(values.values())} FROM s"

    place = {"chat_id": chat, "root": root}
    ids = {"event_id": "'ev_' || n", "dedupe_id": "'om_q' || n", "message_id": "'om_q' || n"}
    times = {"created_at": at, "received_at": at, "done_at": at}
    address = f"{chat} || '/' || {root}"
    state = {"kind": "'ask'", "state": "'done'", "outcome": "'answered'"}
    yield into("inbox", **ids, **place, conversation=address, **times, **state)
    yield into("conversations", **place, created_at=at, last_at=at) + f" WHERE n % {FIVE} = 0"
    told = {"question": "'question'", "answer": words, "question_id": "'om_q' || n"}
    way = {"id": "n", "parent": f"CASE WHEN n % {FIVE} = 0 THEN NULL ELSE n - 1 END"}
    counted = dict.fromkeys(("prompt_tokens", "completion_tokens", "estimated_tokens"), "9")
    yield into(
        "turns",
        **way,
        **place,
        **told,
        **counted,
        asker=f"'ou_' || {person}",
        origin=first,
        answer_ids=listed,
        model="'gpt'",
        finish_reason="'stop'",
        created_at=at,
    )
    for letter, own in (("q", "false"), ("a", "true")):
        yield into("messages", message_id=f"'om_{letter}' || n", **place, turn="n", own=own)
    spent = {"prompt_tokens": "9", "completion_tokens": "9", "seconds": "1.0"}
    whose = {"open_id": f"'ou_' || {person}", "chat_id": chat}
    said = {"model": "'gpt'", "outcome": "'answered'"}
    yield into("usage", **whose, **said, **spent, created_at=at)
    yield into("threads", chat_id=chat, thread_id="'omt_' || n", root=root, created_at=at)
    rated = {"message_id": "'om_a' || n", "open_id": f"'ou_' || {person}", "verdict": "'up'"}
    yield into("feedback", **rated, created_at=at)
    yield into("people", open_id="'ou_' || n", met="true", seen_at=at)
    yield into("chats", chat_id="'oc_' || n", model="'gpt'")
    kept = {"open_id": "'ou_' || n / 10", "name": "'name ' || n", "prompt": "'prompt ' || n"}
    yield into("own_roles", **kept, created_at=at)
    given = {"open_id": f"'ou_' || {person}", "day": "'2026-01-' || n", "questions": "1"}
    yield into("grants", **given, granted_by="'ou_1'", created_at=at)


def fill(database: Database, rows: int, *, start: float, chars: int = 40) -> None:
    """Fill an empty database with so many rows of each kind; an answer has so many characters."""
    with database.write() as connection:
        if connection.dialect.name == "sqlite":
            series = (
                "WITH RECURSIVE s(n) AS"
                f" (SELECT {FIVE} UNION ALL SELECT n + 1 FROM s WHERE n < {rows})"
            )
            words, listed = (
                f"substr(hex(randomblob({chars})), 1, {chars})",
                "'[\"om_a' || n || '\"]'",
            )
        else:
            series = f"WITH s AS (SELECT n FROM generate_series({FIVE}, {rows}) AS s(n))"
            words, listed = (
                f"left(repeat(md5(n::text), {chars} / 32 + 1), {chars})",
                ("json_build_array('om_a' || n)"),
            )
        # The conversations come before what belongs to them.
        for statement in _inserts(rows, start, series, words, listed):
            connection.execute(sa.text(statement.replace(":", r"\:")))
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('turns', 'id'), {rows})"
            )


@dataclass(frozen=True, slots=True)
class Read:
    """What a statement read of one table: an index, or the whole of it; None rows if unknown."""

    table: str
    index: str
    is_whole: bool
    rows: float


@dataclass
class Plans:
    """The statements that were run, and what each reads, as the database tells it."""

    reads: dict[str, list[Read]] = field(default_factory=dict)

    def whole_tables(self, most_rows: float) -> dict[str, list[Read]]:
        """The statements that read a growing table from its beginning to its end."""
        found = {
            statement: [
                read
                for read in reads
                if read.table in GROWING
                and (read.rows > most_rows or (read.is_whole and read.index not in OF_FEW))
            ]
            for statement, reads in self.reads.items()
        }
        return {statement: reads for statement, reads in found.items() if reads}


@contextmanager
def plans_of(database: Database) -> Iterator[Plans]:
    """Explains every statement before it is run, where it is run."""
    plans = Plans()
    engine = database._of_this_process().engine

    def explain(connection, _cursor, statement, parameters, _context, many) -> None:  # type: ignore[no-untyped-def]
        is_dml = (
            statement.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DEL"))
        )
        text = " ".join(statement.split())
        if is_dml and text not in plans.reads:
            one = parameters[0] if many else parameters
            raw = connection.connection.driver_connection
            explained = _sqlite if engine.dialect.name == "sqlite" else _postgres
            plans.reads[text] = list(explained(raw, statement, one))

    sa.event.listen(engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        sa.event.remove(engine, "before_cursor_execute", explain)


def _sqlite(raw: Any, statement: str, parameters: Any) -> Iterator[Read]:
    for *_, detail in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall():
        verb, _, rest = str(detail).partition(" ")
        if verb in ("SCAN", "SEARCH"):
            words = rest.split()
            index = words[words.index("INDEX") + 1] if "INDEX" in words else ""
            table = {"other": "inbox", "part": "inbox", "asked_for": "inbox"}.get(
                words[0], words[0]
            )
            yield Read(table, index, is_whole=verb == "SCAN" and words[0] != "path", rows=0)


def _postgres(raw: Any, statement: str, parameters: Any) -> Iterator[Read]:
    with raw.transaction(force_rollback=True):
        row = raw.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters, prepare=False
        ).fetchone()
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    yield from _nodes(plan[0]["Plan"])


def _nodes(node: dict[str, Any]) -> Iterator[Read]:
    if table := node.get("Relation Name"):
        each = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
        rows = max(each, 1) * node.get("Actual Loops", 1) if node.get("Actual Loops") else 0
        is_whole = node["Node Type"] == "Seq Scan" and rows > 0
        yield Read(table, node.get("Index Name", ""), is_whole=is_whole, rows=rows)
    for child in node.get("Plans", ()):
        yield from _nodes(child)
