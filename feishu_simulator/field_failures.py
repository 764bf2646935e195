"""Scripts for what services of other makers do, one for each kind, named by the case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from feishu_simulator.script import Piece, Script, tokens

Body = dict[str, Any]


def stop_on_every_chunk(text: str, **more: Any) -> Script:
    """Each chunk says "stop", so that the word means nothing."""
    return Script.text(text, finish="every", **more)


def whole_message_at_the_end(text: str) -> Script:
    """The last frame has the whole text once more, as `message`."""
    message = {"role": "assistant", "content": text}
    frame = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    last = Piece(raw=b"data: " + json.dumps(frame).encode() + b"\n\n")
    return Script(pieces=(*map(Piece, tokens(text)), last), finish_reason=None)


def end_token_left(text: str, token: str = "<|im_end|>") -> Script:
    """The sign that ends the model's turn comes as a part of the text."""
    return Script(pieces=(*map(Piece, tokens(text)), Piece(token)))


def in_an_envelope(text: str, field: str = "data") -> Script:
    """Each chunk lies in a field of another object."""
    chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
    body = {"code": 200, "message": "success", field: chunk}
    raw = b"data: " + json.dumps(body).encode() + b"\n\n"
    return Script(pieces=(Piece(raw=raw),), finish_reason=None)


def contentless_events(text: str) -> Script:
    """A byte order mark, `retry:` and `id:` lines, and events without data."""
    between = Piece(raw=b"id: 7\n\ndata:\n\nevent: ping\n\n")
    pieces = [part for token in tokens(text) for part in (between, Piece(token))]
    return Script(pieces=(Piece(raw=b"\xef\xbb\xbfretry: 3000\n\n"), *pieces))


def end_in_other_words(text: str, word: str = "network_error") -> Script:
    """An end that is neither "stop" nor "length"."""
    return Script.text(text, finish_reason=word)


def thought_without_opening(thought: str, text: str, **more: Any) -> Script:
    """The template has written <think>, so only the closing tag comes."""
    return Script.text(f"{thought}\n</think>\n\n{text}", **more)


def thought_only(thought: str) -> Script:
    """The length is used up before the answer begins."""
    return Script.thinking(thought, "", finish_reason="length")


def refusal(text: str) -> Script:
    """The words of a refusal, in a field of their own."""
    delta = {"choices": [{"index": 0, "delta": {"refusal": text}, "finish_reason": None}]}
    return Script(pieces=(Piece(raw=b"data: " + json.dumps(delta).encode() + b"\n\n"),))


def stream_named_json(text: str) -> Script:
    """A stream that its content type calls JSON."""
    chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
    body = b"data: " + json.dumps(chunk).encode() + b"\n\ndata: [DONE]\n\n"
    return Script.answer(200, body, mime="application/json")


def whole_named_stream(text: str) -> Script:
    """A whole answer in JSON that its content type calls a stream."""
    message = {"role": "assistant", "content": text}
    body = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    return Script.answer(200, body, mime="text/event-stream")


def other_shape(status: int = 400, body: Mapping[str, Any] | None = None) -> Script:
    """An error that is no `error` object; by default FastAPI's."""
    return Script.answer(status, body or {"detail": "Requested tokens exceed context window"})


def error_with_success(body: Mapping[str, Any] | None = None) -> Script:
    """An error with status 200; by default MiniMax's."""
    base = {"status_code": 1008, "status_msg": "insufficient balance"}
    return Script.answer(200, body or {"choices": None, "base_resp": base})


def error_by_code(code: str = "insufficient_quota") -> Script:
    """An error in an open stream that only its code tells apart."""
    event = json.dumps({"error": {"message": "refused", "type": code, "code": code}})
    return Script.raw(b"data: " + event.encode() + b"\n\n")


def throttled(retry_after: str = "5", *, status: int = 429, header: str = "Retry-After") -> Script:
    """Too many requests, with the time after which more are taken."""
    error = {"error": {"message": "Rate limit reached", "type": "rate_limit_error"}}
    return Script.answer(status, error, headers={header: retry_after})


def moderated() -> Script:
    """A 403 that is about the question, and not about the key."""
    error = {"message": "Your input was flagged by moderation. No credits were charged."}
    return Script.answer(403, {"error": error})


def system_role_refused(body: Body, script: Script) -> Script:
    """`script`, but for questions with a system message, which are refused."""
    if any(message.get("role") == "system" for message in body["messages"]):
        return Script.answer(400, {"error": {"message": "System role not supported"}})
    return script


def option_refused(body: Body, script: Script, option: str = "stream_options") -> Script:
    """`script`, but for requests with this option, which are refused."""
    if option in body:
        message = f"Unrecognized request argument supplied: {option}"
        return Script.answer(400, {"error": {"message": message}})
    return script
