"""What a statement reads in a database that was used for long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from feishu_bot.stores import Database

# Those that grow with what is asked, or with the people who ask.
GROWING = frozenset(
    {"inbox", "conversations", "turns", "messages", "threads", "usage", "grants", "chats"}
    | {"people", "own_roles", "feedback"}
)
# Of open tasks alone: what was answered long ago isn't in them.
OF_OPEN_TASKS = ("inbox_queue", "inbox_order", "inbox_place", "inbox_running", "inbox_message")
# The same of what failed, and of who is blocked.
OF_FEW = (*OF_OPEN_TASKS, "usage_failed", "people_blocked")


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
