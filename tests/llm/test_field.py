"""Answers as real model services send them, byte by byte, and what becomes of each.

`field_cases.jsonl` has one a line: how it `ends` ("-" for a whole answer, the reason of another
end, or the kind of the failure; `any-not-X` for all but X), its `text`, and the `steps` that a
server takes for every request. The pauses and the time to wait after an end are shortened alike.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feishu_bot.core.chat_model import ChatMessage, LateReasoning, Prompt, StreamEnd, TextDelta
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway, deadline

from .fault_server import FaultServer, Request, Script

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "field_cases.jsonl").read_text("utf-8").splitlines()
]
PROMPT = Prompt(messages=(ChatMessage("system", "Be kind."), ChatMessage("user", "hello")))
SCALE = 0.1
REASONS = {"stop": "-", "content_filter": "filtered_partly"}


def as_script(case: dict[str, Any]) -> Script:
    def script(sock: socket.socket, request: Request) -> bool:
        for step, value in case["steps"]:
            match step:
                case "send":
                    data = value.encode()
                    size = 1 if case.get("one_byte_a_segment") else len(data)
                    for start in range(0, len(data), size):
                        sock.sendall(data[start : start + size])
                case "send_base64":
                    sock.sendall(base64.b64decode(value))
                case "sleep":
                    time.sleep(value * SCALE)
        return bool(case.get("keep_alive"))

    return script


def outcome(gateway: Gateway) -> tuple[str, str]:
    """How the answer ended, and its text."""
    text, end = "", "nothing"
    try:
        for event in gateway.stream(PROMPT):
            match event:
                case TextDelta(more):
                    text += more
                case LateReasoning():
                    text = ""
                case StreamEnd(reason):
                    end = REASONS.get(reason, reason)
    except ModelError as exc:
        end = exc.kind
    return end, text


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_each_answer_from_the_field_ends_as_it_should(
    make_gateway: Callable[..., Gateway],
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    case: dict[str, Any],
) -> None:
    for name in ("USAGE_TIMEOUT", "DONE_TIMEOUT"):
        monkeypatch.setattr(deadline, name, getattr(deadline, name) * SCALE)
    server.will(as_script(case))

    end, text = outcome(make_gateway(model="m"))

    wanted = case["ends"]
    forbidden = {want.removeprefix("any-not-") for want in wanted if want.startswith("any")}
    assert end in wanted if not forbidden else end not in forbidden
    assert text == case.get("text", text)
    assert not case.get("not_text") or case["not_text"] not in text
