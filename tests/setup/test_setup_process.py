"""The command and the page in processes of their own, until the bot answers a message."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.polling import eventually
from tests.setup.conftest import Tenant

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
Run = Callable[..., "Process"]


class Process:
    """A process with all that it prints, and the bot's children with it."""

    def __init__(self, tenant: Tenant, arguments: list[str], folder: Path, **environ: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._log = folder / "output.txt"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", *arguments],
                cwd=folder,
                env={**kept, "PYTHONPATH": str(ROOT), **tenant.environ, **environ},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text("utf-8")

    def type(self, text: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(text.encode())
        self._process.stdin.close()

    def wait(self) -> int:
        return self._process.wait(START_SECONDS)

    def interrupt(self) -> None:
        os.kill(self._process.pid, signal.SIGINT)

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def run(tenant: Tenant, tmp_path: Path) -> Iterator[Run]:
    started: list[Process] = []

    def start(*arguments: str, **environ: str) -> Process:
        environ.setdefault("SHUTDOWN_GRACE", "1")
        process = Process(tenant, list(arguments), tmp_path, **environ)
        started.append(process)
        return process

    yield start
    for process in started:
        process.stop()


def link_in(output: str) -> str:
    found = re.search(r"http://\S+/page/launcher\?\S+", output)
    return found[0] if found else ""


def answered(tenant: Tenant) -> bool:
    """Whether a message of the owner gets an answer."""
    chat = tenant.feishu.private_chat(tenant.owner)
    question = tenant.feishu.say(chat, tenant.owner, "Hi")
    said = eventually(
        lambda: [
            one
            for one in tenant.feishu.messages_in(chat)
            if one.is_from_bot and one.replied_to == question.message_id and not one.streaming
        ],
        timeout=START_SECONDS,
    )
    return "simulated model" in said[0].text


def test_one_command_and_one_scan_lead_to_an_answer(tenant: Tenant, run: Run) -> None:
    """Through a long connection; the bot that comes after the page has an address."""
    process = run(
        "-m", "feishu_bot", "setup", "--key-stdin", "--yes", "--long-connection",
        "--api-url", tenant.sim.gateway.url, "--model", tenant.sim.gateway.models[0],
    )  # fmt: skip
    process.type(f"{tenant.sim.gateway.keys[0]}\n")

    tenant.scan(eventually(lambda: link_in(process.output), timeout=START_SECONDS))

    eventually(lambda: "Starting the bot" in process.output, timeout=START_SECONDS)
    eventually(lambda: tenant.feishu.long_connections.clients, timeout=START_SECONDS)
    assert answered(tenant)
    for name in ("APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN", "OPENAI_KEY"):
        assert tenant.saved[name] not in process.output


def test_the_page_becomes_the_bot(tenant: Tenant, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "data" / "feishu_bot.env"
    # As in the image, where there is no simulator.
    image = tmp_path / "image"
    image.mkdir()
    (image / "feishu_bot").symlink_to(ROOT / "feishu_bot")
    process = run("-m", "feishu_bot", "run", SETTINGS_FILE=str(file), PYTHONPATH=str(image))
    code = eventually(
        lambda: re.search(r"^ +(\w{5}-\w{5})$", process.output, re.MULTILINE),
        timeout=START_SECONDS,
    )[1]
    tenant.environ["SETTINGS_FILE"] = str(file)
    # What the page would ask; the page's own tests answer it there.
    tenant.progress.save(
        API_URL=tenant.sim.gateway.url, OPENAI_KEY=tenant.sim.gateway.keys[0],
        OPENAI_MODEL=tenant.sim.gateway.models[0], PUBLIC_URL=tenant.public_url,
    )  # fmt: skip
    tenant.feishu.registration.interval = 0.05
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    opener.open(f"{tenant.public_url}/setup", f"code={code}".encode(), timeout=5).close()
    token = eventually(
        lambda: re.search(
            r'data-token="([\w-]+)"',
            opener.open(f"{tenant.public_url}/setup", timeout=5).read().decode(),
        )
    )[1]

    def link() -> str:
        headers = {"Content-Type": "application/json", "X-Setup-Token": token}
        request = urllib.request.Request(f"{tenant.public_url}/setup/link", b"{}", headers)
        return link_in(opener.open(request, timeout=5).read().decode())

    tenant.scan(eventually(link).rstrip('"}\n'))
    state = f"{tenant.public_url}/setup/state"
    eventually(lambda: b'"done"' in opener.open(state, timeout=5).read(), timeout=START_SECONDS)

    eventually(lambda: "Starting the bot" in process.output, timeout=START_SECONDS)
    eventually(lambda: pings(tenant.public_url), timeout=START_SECONDS)
    assert answered(tenant)
    assert "user_code" not in process.output
    assert tenant.progress.is_done
    assert tenant.saved["APP_SECRET"] not in process.output


def pings(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ping", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_missing_answer_is_named_by_its_option(tenant: Tenant, run: Run) -> None:
    tenant.app.register(tenant.owner, [], [])
    process = run(
        "-m", "feishu_bot", "setup", "--no-start",
        APP_ID=tenant.sim.credentials.app_id, APP_SECRET=tenant.sim.credentials.app_secret,
    )  # fmt: skip
    process.type("")

    assert process.wait() == 2
    assert "--long-connection / --public-url" in process.output


def test_ctrl_c_while_nobody_scans_ends_it_in_plain_words(tenant: Tenant, run: Run) -> None:
    process = run("-m", "feishu_bot", "setup", "--yes")
    eventually(lambda: link_in(process.output), timeout=START_SECONDS)

    process.interrupt()

    assert process.wait() == 130
    assert "what is done stays done" in process.output
    assert "Traceback" not in process.output


def test_two_ways_in_are_one_too_many(tenant: Tenant, run: Run) -> None:
    process = run("-m", "feishu_bot", "setup", "--long-connection", "--public-url", "https://a.b")

    assert process.wait() == 2
    assert "exclude each other" in process.output


def test_a_failure_ends_with_step_code_and_link(tenant: Tenant, run: Run) -> None:
    tenant.feishu.registration.is_forbidden = True
    process = run("-m", "feishu_bot", "setup", "--yes", "--long-connection")

    assert process.wait() == 1
    for part in ("unsupported_auth_method", "step: register", f"{tenant.feishu.url}/app"):
        assert part in process.output
