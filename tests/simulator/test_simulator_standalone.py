"""The simulator alone: `python -m feishu_simulator` where feishu_bot can't be imported."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from lark_oapi.core.utils import AESCipher

from tests.polling import eventually

PACKAGE = Path(__file__).parents[2] / "feishu_simulator"


class StandAlone:
    """A simulator in its own process; `line` reads a value of its summary."""

    def __init__(self, folder, *options, **variables):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "feishu_simulator", "--port=0", "--gateway-port=0", *options],
            cwd=folder,
            env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.summary = {}
        for line in iter(self.process.stdout.readline, "\n"):
            name, _, value = line.partition(":")
            self.summary[name] = value.strip()
        self.url = self.summary["Page"]

    def post(self, path, body):
        answer = requests.post(self.url + path, json=body, headers={"X-Desk": "1"}, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def state(self):
        """The first event of the page's stream: everything there is."""
        with requests.get(f"{self.url}/desk/live", stream=True, timeout=5) as answer:
            lines = (line for line in answer.iter_lines(chunk_size=1) if line.startswith(b"data: "))
            return json.loads(next(lines)[6:])

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=10)


@pytest.fixture
def folder(tmp_path):
    """The simulator, and a feishu_bot that fails when imported."""
    (tmp_path / "feishu_simulator").symlink_to(PACKAGE)
    (tmp_path / "feishu_bot.py").write_text("raise ImportError('not for the simulator')")
    return tmp_path


@pytest.fixture
def run(folder):
    """Start a simulator with options and environment variables; it is killed at the end."""
    started = []

    def start(*options, **variables):
        started.append(StandAlone(folder, *options, **variables))
        return started[-1]

    yield start
    for alone in started:
        alone.process.kill()
        alone.process.communicate()


def decrypted(body, key):
    return json.loads(AESCipher(key).decrypt_str(json.loads(body)["encrypt"]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_without_feishu_bot_until_a_signal(run, number):
    alone = run()

    assert "text/html" in requests.get(alone.url, timeout=5).headers["Content-Type"]
    assert alone.end(number) == 0


def test_what_is_written_in_the_page_is_pushed_to_the_bot(run, bot):
    alone = run("--bot", f"{bot.url}/")
    state = alone.state()
    person, chat = state["people"][0]["open_id"], state["chats"][0]["chat_id"]

    alone.post("/desk/do/say", {"person": person, "chat_id": chat, "text": "hello"})

    eventually(lambda: bot.received)
    path, headers, body = bot.received[0]
    event = decrypted(body, alone.summary["Encrypt Key"])
    assert path == "/webhook/event"
    assert headers["X-Lark-Signature"]
    assert event["header"]["token"] == alone.summary["Verification Token"]
    assert json.loads(event["event"]["message"]["content"]) == {"text": "hello"}


def test_what_is_said_through_the_control_api_is_pushed_to_the_bot(run, bot):
    alone = run()
    assert alone.summary["Events go to"].startswith("nowhere yet")
    alone.post("/_simulator/settings", {"bot_url": bot.url})

    said = alone.post("/_simulator/say", {"text": "hello", "group": "Team"})

    eventually(lambda: bot.received)
    event = decrypted(bot.received[0][2], alone.summary["Encrypt Key"])
    assert event["event"]["message"]["message_id"] == said["message_id"]
    assert event["event"]["message"]["chat_type"] == "group"


def test_events_and_callbacks_may_have_addresses_of_their_own(run, bot):
    alone = run(f"--event-url={bot.url}/feishu?kind=event", f"--card-url={bot.url}/cards")
    assert alone.summary["Card callbacks go to"] == f"{bot.url}/cards"

    alone.post("/_simulator/say", {"text": "hello"})

    eventually(lambda: bot.received)
    assert bot.received[0][0] == "/feishu"
    assert bot.queries == ["kind=event"]


def test_credentials_come_from_options_and_the_environment(run, bot):
    alone = run(
        "--app-id=cli_mine", "--encrypt-key=", f"--bot={bot.url}",
        FEISHU_SIMULATOR_APP_ID="cli_other", FEISHU_SIMULATOR_APP_SECRET="s3",
        FEISHU_SIMULATOR_VERIFICATION_TOKEN="v3", FEISHU_SIMULATOR_GATEWAY_KEY="sk-3",
    )  # fmt: skip
    secrets = {"app_id": "cli_mine", "app_secret": "s3"}
    token = alone.post("/open-apis/auth/v3/tenant_access_token/internal", secrets)
    models = f"{alone.summary['Gateway base URL']}/models"
    headers = {"Authorization": "Bearer sk-3"}
    alone.post("/_simulator/say", {"text": "hello"})

    eventually(lambda: bot.received)
    assert token["code"] == 0
    assert requests.get(models, headers=headers, timeout=5).json()["data"]
    assert json.loads(bot.received[0][2])["header"]["token"] == "v3"


def test_a_port_in_use_ends_it_with_a_clear_line(folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "feishu_simulator", f"--port={port}"],
            cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True,
            timeout=20, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert re.search(rf"\b{port}\b", done.stderr)
    assert "Traceback" not in done.stderr
