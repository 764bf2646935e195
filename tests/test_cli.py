"""The command line as a newcomer meets it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from feishu_bot import cli
from tests.polling import eventually

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-W", "ignore", "-m", "feishu_bot", "run"]


@pytest.fixture
def environ():
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT)}


def processes_below(pid):
    """The ids of a process's children and of theirs."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in children for found in (int(child), *processes_below(int(child)))]


def is_alive(pid):
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_half_the_credentials_show_what_is_missing(environ, tmp_path):
    done = subprocess.run(
        COMMAND, env={**environ, "APP_ID": "cli_x"}, cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode == 1
    assert "APP_SECRET" in done.stderr
    assert "OPENAI_KEY" in done.stderr
    assert "Traceback" not in done.stderr
    assert "for real" not in done.stdout


def test_the_real_run_says_so_before_it_begins(environ, tmp_path):
    whole = {
        "APP_ID": "cli_x", "APP_SECRET": "s", "APP_ENCRYPT_KEY": "k",
        "APP_VERIFICATION_TOKEN": "t", "OPENAI_KEY": "sk-x", "HTTP_PORT": "9123",
    }  # fmt: skip
    # It must not get as far as to serve: gunicorn gives up for want of such an option.
    done = subprocess.run(
        COMMAND,
        env={**environ, **whole, "GUNICORN_CMD_ARGS": "--no-such-option"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert "正式运行，端口 9123 / Running for real on port 9123." in done.stdout
    assert "docs/deploy.zh-CN.md" in done.stdout
    assert done.returncode == 2


def test_piped_lines_are_answered_whatever_the_file_says(environ, tmp_path):
    (tmp_path / ".env").write_text(
        "OPENAI_MODEL=no-such\nDATABASE_URL=nowhere\nHTTP_PROXY=http://127.0.0.1:9\n"
    )
    done = subprocess.run(
        COMMAND,
        env={**environ, "STREAMING": "false"},
        cwd=tmp_path,
        input="hello\n:b 1\n",
        capture_output=True,
        text=True,
        timeout=40,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "> hello" in done.stdout
    assert "gpt-3.5-turbo-0613 ·" in done.stdout
    assert "no buttons" in done.stdout


def test_sigterm_leaves_no_bot_behind(environ, tmp_path):
    with subprocess.Popen(
        COMMAND, env=environ, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        lines = iter(process.stdout.readline, b"")
        assert any(line.startswith(b"Bot: ") for line in lines)
        children = processes_below(process.pid)
        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 128 + signal.SIGTERM
        assert len(children) >= 2
        eventually(lambda: not any(map(is_alive, children)))


def test_only_the_gateway_of_the_file_goes_to_the_bot(monkeypatch):
    monkeypatch.setenv("OPENAI_MODEL", "typed")
    monkeypatch.setenv("STREAMING", "false")
    read = {"OPENAI_MODEL": "theirs", "HTTP_PROXY": "http://p:1", "SYSTEM_PROMPT": "be short"}
    ours = {"OPENAI_KEY": "sk-sim", "API_URL": "http://sim", "OPENAI_MODEL": "sim"}

    simulated = cli._bot_environ(read, {"APP_ID": "cli_sim"}, ours)
    real = cli._bot_environ({**read, "OPENAI_KEY": "sk-real"}, {"APP_ID": "cli_sim"}, ours)

    assert simulated.items() >= {**ours, "APP_ID": "cli_sim", "STREAMING": "false"}.items()
    assert not {"HTTP_PROXY", "SYSTEM_PROMPT"} & set(simulated)
    assert (real["OPENAI_KEY"], real["OPENAI_MODEL"]) == ("sk-real", "theirs")
    assert real["HTTP_PROXY"] == "http://p:1"
    assert "API_URL" not in real


TRACED = 'started\nTraceback (most recent call last):\n  File "x"\n    go()\nOSError: in use\n'


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("can't reach the database\n", "can't reach the database"),
        (f"{TRACED}The port is in use.\n", "The port is in use."),
        (TRACED, TRACED.removeprefix("started\n").rstrip()),
        ("\n".join(map(str, range(30))), "\n".join(map(str, range(10, 30)))),
    ],
)
def test_the_last_words_of_a_bot_that_did_not_start(log, told):
    assert [line for line in cli._last_words(log).splitlines() if line] == told.splitlines()
