"""Scripts as bytes: the chunks of an event stream, or one JSON document."""

from __future__ import annotations

import base64
import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from threading import Event
from typing import Any

from feishu_simulator.picture_sizes import picture_facts
from feishu_simulator.script import Piece, Script

LAST_CHUNK = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"
_PICTURE = re.compile(r"data:image/[\w.+-]+;base64,([A-Za-z0-9+/=]*)")


def http_chunk(data: bytes) -> bytes:
    """One chunk of HTTP's chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def encode(script: Script, body: Mapping[str, Any], answer_id: str) -> tuple[list[bytes], bytes]:
    """The frames of the pieces, and the end of the stream.

    With stream_options.include_usage a chunk with empty `choices` and another id precedes [DONE].
    """
    head = {
        "id": answer_id,
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body.get("model"),
    }
    prefix = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1].encode()
    reason = json.dumps(script.finish_reason if script.finish == "every" else None).encode()
    frames = [
        _frame(prefix, piece, first=not number, reason=reason)
        for number, piece in enumerate(script.pieces)
    ]
    tail = b""
    if script.finish_reason is not None:
        reason = json.dumps(script.finish_reason).encode()
        tail += http_chunk(
            b'data: %b,"choices":[{"index":0,"delta":{},"finish_reason":%b}]}\n\n'
            % (prefix, reason)
        )
    if script.ending == "done":
        if (body.get("stream_options") or {}).get("include_usage"):
            usage: dict[str, Any] = {
                **head,
                "id": f"{answer_id}-usage",
                "choices": [],
                "usage": usage_of(script, body),
            }
            tail += http_chunk(b"data: %b\n\n" % json.dumps(usage).encode())
        tail += http_chunk(DONE)
    if script.ending in ("done", "no_done"):
        tail += LAST_CHUNK
    return frames, tail


def usage_of(script: Script, body: Mapping[str, Any]) -> dict[str, Any]:
    """The script's usage, else an estimate of a tokenizer's counts."""
    if script.usage is not None:
        return dict(script.usage)
    written = json.dumps(body.get("messages") or [], ensure_ascii=False)
    pictures = sum(map(_picture_tokens, _PICTURE.findall(written)))
    prompt = max(1, len(_PICTURE.sub("", written)) // 4) + pictures
    thought = sum(p.field != "content" for p in script.pieces)
    completion = sum(not p.raw for p in script.pieces)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def _picture_tokens(encoded: str) -> int:
    """By its size, not by its bytes (OpenAI, "Images and vision": tiles of 512 pixels)."""
    try:
        facts = picture_facts(base64.b64decode(encoded))
    except ValueError:
        facts = None
    width, height = (facts.width, facts.height) if facts else (0, 0)
    scale = min(1.0, 2048 / max(width, height, 1), 768 / max(min(width, height), 1))
    tiles = math.ceil(width * scale / 512) * math.ceil(height * scale / 512)
    return 85 + 170 * tiles


def completion(script: Script, body: Mapping[str, Any], answer_id: str) -> dict[str, Any]:
    """The script as an answer without streaming."""
    message: dict[str, Any] = {"role": "assistant", "content": script.content}
    for field in ("reasoning_content", "reasoning"):
        thought = "".join(p.text for p in script.pieces if p.field == field)
        if thought:
            message[field] = thought
    if addresses := [address for piece in script.pieces for address in piece.pictures]:
        message["images"] = _images(addresses)
    choice = {"index": 0, "message": message, "finish_reason": script.finish_reason}
    return {
        "id": answer_id,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.get("model"),
        "choices": [choice],
        "usage": usage_of(script, body),
    }


def pause(until: float, stopping: Event) -> bool:
    """Sleep until *until* on the monotonic clock; false when the simulator stops before."""
    return not stopping.wait(max(0.0, until - time.monotonic()))


def _images(addresses: Iterable[str]) -> list[dict[str, Any]]:
    return [{"type": "image_url", "image_url": {"url": address}} for address in addresses]


def _frame(prefix: bytes, piece: Piece, *, first: bool, reason: bytes) -> bytes:
    if piece.raw:
        return http_chunk(piece.raw)
    role = b'"role":"assistant",' if first else b""
    text = json.dumps(piece.text, ensure_ascii=False).encode()
    if piece.pictures:
        text += b',"images":' + json.dumps(_images(piece.pictures)).encode()
    return http_chunk(
        b'data: %b,"choices":[{"index":0,"delta":{%b"%b":%b},"finish_reason":%b}]}\n\n'
        % (prefix, role, piece.field.encode(), text, reason)
    )
