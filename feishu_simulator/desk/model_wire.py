"""Requests to the model as JSON for the page, and the message each belongs to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from feishu_simulator.desk.desk import Desk
from feishu_simulator.exchanges import HIDDEN, Exchange, masked
from feishu_simulator.messages import Message
from feishu_simulator.script import Piece, tokens
from feishu_simulator.state import PlatformState

CHAT = "/chat/completions"
# How many messages back the question of a request is looked for.
LOOKED_THROUGH = 300
# An answer is known again by its beginning, if that is as long as this.
BEGINNING = 24
# Two questions of the same words within this time can't be told apart.
SAME_SECONDS = 60.0
MENTION = re.compile(r"@_(user_\d+|all)\b")
RAW_CHARS = 2_000


def lines_for(desk: Desk, ids: set[str], start: float) -> list[dict[str, Any]]:
    """The exchanges that belong to one of these messages. Used under the state's lock."""
    found = []
    for exchange in desk.gateway.exchanges.all():
        owner, how = owner_of(desk.feishu.state, exchange)
        if owner in ids:
            found.append(line_of(exchange, start, how))
    return found


def newest_lines(desk: Desk) -> list[dict[str, Any]]:
    """Every exchange that is kept, newest first; `owner` is its message or "".

    Used under the state's lock.
    """
    lines = []
    for exchange in reversed(desk.gateway.exchanges.all()):
        owner, how = owner_of(desk.feishu.state, exchange)
        lines.append({**line_of(exchange, exchange.at, how), "owner": owner})
    return lines


def line_of(exchange: Exchange, start: float, how: str) -> dict[str, Any]:
    """One line of the timeline; times in seconds, `at` since *start*, the others since `at`.

    *how* says by what it was joined: its text, or its time alone.
    """
    messages = exchange.body.get("messages")
    return {
        "number": exchange.number,
        "route": exchange.route,
        "at": exchange.at - start,
        "model": str(exchange.body.get("model") or ""),
        "messages": len(messages) if isinstance(messages, list) else 0,
        "status": exchange.status,
        "is_over": exchange.ended_at is not None,
        "first": exchange.sent[0][0] - exchange.at if exchange.sent else None,
        "seconds": exchange.ended_at - exchange.at if exchange.ended_at else None,
        "chunks": exchange.sent[-1][1] if exchange.sent else 0,
        "finish_reason": exchange.finish_reason if exchange.pieces else None,
        "ending": exchange.ending,
        "client_left": exchange.client_left,
        "usage": exchange.usage,
        "error": exchange.error[:200],
        "fault": exchange.fault,
        "how": how,
    }


def whole_of(exchange: Exchange, secrets: Collection[str]) -> dict[str, Any]:
    """Everything about an exchange: the prompt by role, parameters, chunks with their times.

    Secrets that the answer repeats are masked; chunks have pieces of them, so they are hidden.
    """
    answer = masked(exchange.answer, secrets)
    stream = list(_chunks(exchange))
    if answer != exchange.answer:
        stream = [{**chunk, "text": HIDDEN} for chunk in stream]
    body = dict(exchange.body)
    messages = body.pop("messages", None)
    prompt = [_prompt(one) for one in messages] if isinstance(messages, list) else []
    return {
        **line_of(exchange, exchange.at, ""),
        "prompt": prompt,
        "estimate": sum(one["tokens"] for one in prompt),
        "params": body,
        "headers": dict(exchange.headers),
        "key": exchange.key,
        "stream": stream,
        "left_out": max(0, exchange.count - len(exchange.pieces)),
        "answer": answer,
        "error": masked(exchange.error, secrets),
    }


def owner_of(state: PlatformState, exchange: Exchange) -> tuple[str, str]:
    """The message an exchange belongs to ("" if unknown), and by what: text, answer or time.

    A bot tells a model service nothing of Feishu's ids. So the question is looked for in the
    prompt, else the answer in the bot's messages, else a message without words counts that came
    just before. Used under the state's lock.
    """
    if exchange.owner is None:
        found = _by_question(state, exchange) or _by_answer(state, exchange)
        if found or exchange.ended_at is not None:
            found = found or _by_time(state, exchange)
        if found is None:
            return "", ""
        exchange.owner = found
    return exchange.owner


def _by_question(state: PlatformState, exchange: Exchange) -> tuple[str, str] | None:
    asked = _asked(exchange.body)
    before = [one for one in _newest(state, exchange) if (words := _words(one)) and words in asked]
    if not before:
        return None
    # What stands at the end is the question; what stands before it was quoted.
    best = max(before, key=lambda one: (asked.endswith(_words(one)), len(_words(one))))
    same = [one for one in before if _words(one) == _words(best)]
    newest = max(same, key=lambda one: one.said_at)
    is_sure = all(
        one is newest or newest.said_at - one.said_at > SAME_SECONDS or one.chat is newest.chat
        for one in same
    )
    return newest.message_id, "text" if is_sure else "time"


def _by_answer(state: PlatformState, exchange: Exchange) -> tuple[str, str] | None:
    beginning = _plain(exchange.answer)[:BEGINNING]
    if len(beginning) < BEGINNING:
        return None
    for message in islice(reversed(state.messages.values()), LOOKED_THROUGH):
        is_later = message.is_from_bot and message.said_at >= exchange.at - SAME_SECONDS
        if is_later and _plain(message.text).startswith(beginning):
            return message.replied_to or message.message_id, "answer"
    return None


def _by_time(state: PlatformState, exchange: Exchange) -> tuple[str, str] | None:
    """The newest message, if it has no words: a picture, a file, a voice message."""
    if not exchange.route.endswith(CHAT):
        return None
    newest = next(_newest(state, exchange), None)
    if newest and not _words(newest) and exchange.at - newest.said_at < SAME_SECONDS:
        return newest.message_id, "time"
    return None


def _newest(state: PlatformState, exchange: Exchange) -> Iterator[Message]:
    """People's messages that the bot had when it asked, newest first."""
    for message in islice(reversed(state.messages.values()), LOOKED_THROUGH):
        if not message.is_from_bot and message.pushed and message.said_at <= exchange.at:
            yield message


def _asked(body: Mapping[str, Any]) -> str:
    """The newest message of a user, in one line."""
    messages = body.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, Mapping) and message.get("role") == "user":
            return _plain(_text(message.get("content")))
    return ""


def _words(message: Message) -> str:
    """What a person wrote, without mentions, in one line; "" for other kinds."""
    if message.message_type == "text":
        return _plain(MENTION.sub("", str(message.content.get("text", ""))))
    return _plain(message.text) if message.message_type == "post" else ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(p.get("text", "")) for p in parts if isinstance(p, Mapping))


def _prompt(message: Any) -> dict[str, Any]:
    """A message of the prompt: its role, text and other parts, and about how many tokens."""
    given = message if isinstance(message, Mapping) else {}
    content = given.get("content")
    text = _text(content)
    rest = {name: value for name, value in given.items() if name not in ("role", "content")}
    parts = [p for p in content if not _is_text(p)] if isinstance(content, list) else []
    return {
        "role": str(given.get("role", "?")),
        "text": text,
        "parts": parts,
        "rest": rest,
        "chars": len(text),
        "tokens": len(tokens(text)),
    }


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "text"


def _chunks(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """The chunks that have been sent, each with its time since the request."""
    steps = iter(exchange.sent)
    at, upto = next(steps, (0.0, 0))
    for number, piece in enumerate(exchange.pieces):
        while number >= upto:
            step = next(steps, None)
            if step is None:
                return
            at, upto = step
        yield {"at": at - exchange.at, **_piece(piece)}


def _piece(piece: Piece) -> dict[str, str]:
    if piece.raw:
        return {"field": "raw", "text": piece.raw.decode("utf-8", "replace")[:RAW_CHARS]}
    return {"field": piece.field, "text": piece.text}
