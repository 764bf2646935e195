"""The client of model services works without the types of their answers."""

from __future__ import annotations

import subprocess
import sys

from feishu_simulator import Simulator

PROGRAM = """
import sys
from feishu_bot.unused_modules import EmptyModules
EmptyModules("openai.types").install()
from feishu_bot.core.chat_model import ChatMessage, Prompt, TextDelta
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway

url, key = sys.argv[1:]
gateway = Gateway(api_url=url, keys=[key], backoff=lambda attempt: 0.0)
prompt = Prompt(messages=[ChatMessage("user", "hello")], model=gateway.models.offered()[0])
events = list(gateway.stream(prompt))
print(len([event for event in events if isinstance(event, TextDelta)]) > 0)
try:
    list(Gateway(api_url=url, keys=["wrong"], model="m").stream(prompt))
except ModelError as exc:
    print(exc.kind)
try:
    list(Gateway(api_url="http://127.0.0.1:9", keys=[key], model="m").stream(prompt))
except ModelError as exc:
    print(exc.kind)
print(len([name for name in sys.modules if name.startswith("openai.types.")]) < 20)
"""


def test_the_client_needs_none_of_the_types() -> None:
    with Simulator() as simulator:
        simulator.gateway.first = simulator.gateway.between = 0.0
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, simulator.gateway.url, simulator.gateway.keys[0]],
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "key_refused", "gateway_unreachable", "True"]
