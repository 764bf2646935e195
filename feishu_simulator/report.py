"""Times and counts of every question, for a benchmark in another process."""

from __future__ import annotations

from collections import Counter
from typing import Any

from feishu_simulator.feishu import Feishu
from feishu_simulator.gateway import ChatRequest, Gateway
from feishu_simulator.limits import API_MINUTE, API_SECOND
from feishu_simulator.messages import Message

# An answer shows once its first word does, or this many characters of it.
BEGINNING = 8


def report(feishu: Feishu, gateway: Gateway, *, since: float = 0.0) -> dict[str, Any]:
    """The questions with their answers, and the calls of each API. Times are monotonic, in seconds.

    `limits` counts the calls over each limit, `codes` the refused calls by code.
    """
    requests = {request.question: request for request in gateway.requests}
    messages = feishu.messages
    answers: dict[str, list[Message]] = {}
    for message in messages:
        if message.is_from_bot and message.replied_to:
            answers.setdefault(message.replied_to, []).append(message)
    questions = [
        _question(message, _request_for(message, requests), answers.get(message.message_id, []))
        for message in messages
        if not message.is_from_bot and message.said_at >= since
    ]
    return {
        "questions": questions,
        "apis": _apis(feishu),
        "limits": Counter(call.limit for call in feishu.over_limit),
        "codes": Counter(call.code for call in feishu.refused),
    }


def _request_for(message: Message, requests: dict[str, ChatRequest]) -> ChatRequest | None:
    """The latest request whose newest user message is or contains the question."""
    said = str(message.content.get("text", ""))
    for mention in message.mentions:
        said = said.replace(mention["key"], "")
    said = said.strip()
    found = requests.get(said)
    if found is None and said:
        found = next((r for q, r in reversed(requests.items()) if said in q), None)
    return found


def _question(
    message: Message, request: ChatRequest | None, answers: list[Message]
) -> dict[str, Any]:
    expected = request.expected.strip() if request else ""
    return {
        "message_id": message.message_id,
        "chat_id": message.chat.chat_id,
        "text": message.text,
        "said_at": message.said_at,
        "deliveries": [
            {"status": d.status, "seconds": d.seconds, "at": d.at} for d in message.deliveries
        ],
        "gateway_at": request.at if request else None,
        "last_chunk_at": request.last_chunk_at if request else None,
        "expected": expected,
        "answers": [_answer(answer, expected) for answer in answers],
    }


def _answer(answer: Message, expected: str) -> dict[str, Any]:
    history = answer.history
    beginning = "".join(expected.split(maxsplit=1)[:1])[:BEGINNING]
    shown = [at for at, text in history if text.strip() and beginning in text]
    whole = next((at for at, text in history if expected and expected in text), None)
    return {
        "message_id": answer.message_id,
        "first_text_at": shown[0] if shown else None,
        "whole_at": whole,
        "final_at": history[-1][0] if history else None,
        "whole": bool(expected) and expected in answer.text,
        "streaming": answer.streaming,
        "frames": len(history),
    }


def _apis(feishu: Feishu) -> dict[str, dict[str, int]]:
    api = feishu.api
    with feishu.state.lock:
        names = sorted({name for name, _ in api.counts})
        return {
            name: {
                "calls": api.counts[name, "calls"],
                "refused": api.counts[name, "refused"],
                "over_limit": api.counts[name, "over_limit"],
                "peak_second": api.limits.peak(API_SECOND, name),
                "peak_minute": api.limits.peak(API_MINUTE, name),
            }
            for name in names
        }
