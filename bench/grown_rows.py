"""The rows of a database that was used for long."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from feishu_bot.stores import Database

# People, each with a private chat; conversations of five turns.
PEOPLE = 400
FIVE = 5


def _inserts(start: float, series: str, words: str, listed: str) -> Iterator[str]:
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
        for statement in _inserts(start, series, words, listed):
            connection.execute(sa.text(statement.replace(":", r"\:")))
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('turns', 'id'), {rows})"
            )
