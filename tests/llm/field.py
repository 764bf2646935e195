"""The bot's gateway against real servers of others, in a table: `make field`.

    python -m tests.llm.field .venv-field/bin/litellm

LiteLLM's proxy stands before LLMock, as it stands before a model's maker; LLMock fails on demand,
and is asked directly as well.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from feishu_bot.core.chat_model import ChatMessage, Prompt, StreamEnd, TextDelta
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from tests.polling import wait_for_port

from .llmock import LLMock, serve

MASTER_KEY = "sk-field-0000000000000001"
START_SECONDS = 120.0
PROMPT = Prompt(
    messages=(ChatMessage("system", "Be kind."), ChatMessage("user", "Say something.")),
    temperature=0.7,
)
CONFIG = """
model_list:
  - model_name: gpt-4o
    litellm_params: {{model: openai/gpt-4o, api_base: "{llmock}/v1", api_key: sk-upstream}}
  - model_name: dead
    litellm_params: {{model: openai/gpt-4o, api_base: "http://127.0.0.1:1/v1", api_key: sk-x}}
litellm_settings: {{num_retries: 0, request_timeout: 20}}
router_settings: {{disable_cooldowns: true}}
general_settings: {{master_key: {key}}}
"""


class Row(NamedTuple):
    """What is asked for, and how that may end."""

    situation: str
    ends: str
    behaviors: tuple[dict[str, Any], ...] = ()
    changes: dict[str, Any] = {}  # noqa: RUF012


THROUGH_LITELLM = (
    Row("an answer", "stop"),
    Row("a model, chosen by itself", "stop", changes={"model": ""}),
    Row("an unknown model", "model_unavailable", changes={"model": "nowhere"}),
    Row("an unknown key", "key_refused", changes={"keys": ["sk-wrong-000000000000001"]}),
    Row(
        "an unknown key, then a good one", "stop", changes={"keys": ["sk-wrong-00001", MASTER_KEY]}
    ),
    Row("the upstream is down", "upstream_failed|gateway_busy", changes={"model": "dead"}),
    Row(
        "the upstream refuses the proxy's key",
        "upstream_key_refused",
        ({"type": "fail", "status": 401, "message": "Incorrect API key provided", "times": None},),
    ),
    Row(
        "the upstream's money is gone",
        "upstream_failed",
        (
            {
                "type": "fail",
                "status": 429,
                "code": "insufficient_quota",
                "message": "You exceeded your current quota",
                "times": None,
            },
        ),
    ),
    Row(
        "too long",
        "context_too_long",
        (
            {
                "type": "fail",
                "status": 400,
                "code": "context_length_exceeded",
                "message": "This model's maximum context length is 8192 tokens.",
            },
        ),
    ),
    Row("too often, once", "stop", ({"type": "fail", "status": 429, "retry_after": 1},)),
    Row(
        "cut in the middle",
        "cut",
        ({"type": "stream_fault", "kind": "disconnect", "after_chunks": 4},),
    ),
)
STRAIGHT = (
    Row("an answer", "stop"),
    Row("too often, once", "stop", ({"type": "fail", "status": 429, "retry_after": 1},)),
    Row("a server's error, twice", "stop", ({"type": "fail", "status": 500, "times": 2},)),
    Row("a long rest", "gateway_resting", ({"type": "fail", "status": 429, "retry_after": 900},)),
    Row(
        "cut in the middle",
        "cut",
        ({"type": "stream_fault", "kind": "truncate", "after_chunks": 4},),
    ),
)


def main(litellm: str) -> int:
    """Print the table; the number of rows that ended otherwise than they should."""
    failed = 0
    for llmock in serve():
        with _litellm(litellm, llmock) as proxy:
            for name, url, rows in (
                ("LiteLLM", proxy, THROUGH_LITELLM),
                ("LLMock", llmock.url, STRAIGHT),
            ):
                for row in rows:
                    failed += _try(name, url, llmock, row)
    print(f"\n{failed} of {len(THROUGH_LITELLM) + len(STRAIGHT)} ended otherwise than they should.")
    return failed


def _try(name: str, url: str, llmock: LLMock, row: Row) -> bool:
    llmock.will(*row.behaviors)
    settings: dict[str, Any] = {"api_url": url, "keys": [MASTER_KEY], "model": "gpt-4o"}
    gateway = Gateway(**(settings | row.changes))
    began = time.monotonic()
    end = _ask(gateway)
    gateway.close()
    is_wrong = end not in row.ends.split("|")
    mark = "✗" if is_wrong else "✓"
    seconds = time.monotonic() - began
    print(f"{mark} {name:8} {row.situation:40} {end:22} {seconds:5.1f} s", flush=True)
    if is_wrong:
        print(f"    wanted {row.ends}")
    return is_wrong


def _ask(gateway: Gateway) -> str:
    end, text = "nothing", ""
    try:
        for event in gateway.stream(PROMPT):
            match event:
                case TextDelta(more):
                    text += more
                case StreamEnd(reason):
                    end = reason if text else "empty"
    except ModelError as exc:
        return exc.kind
    return end


@contextlib.contextmanager
def _litellm(program: str, llmock: LLMock) -> Iterator[str]:
    """The proxy, on a free port of loopback; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG.format(llmock=llmock.url, key=MASTER_KEY))
        log = (Path(folder) / "log").open("wb")
        process = subprocess.Popen(
            [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=log,
            # Nothing of its own shall leave the machine.
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1"},
        )
        try:
            wait_for_port(port, process, timeout=START_SECONDS)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)
            log.close()


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1]), 1))
