"""The command line as a newcomer meets it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from feishu_bot import bot_process, cli, simulated_run
from feishu_simulator import Simulator
from tests.polling import eventually

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-W", "ignore", "-m", "feishu_bot", "run", "--port", "0"]


@pytest.fixture
def environ():
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    # Without docstrings and asserts, as in the image.
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONOPTIMIZE": "2"}


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


@contextmanager
def running(environ, folder, stdin):
    """The command; it is stopped even if the test fails."""
    with subprocess.Popen(
        COMMAND, env=environ, cwd=folder, stdin=stdin, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def page_of(process):
    """The address of the page, once the bot is up."""
    found = (re.match("打开 / Open: (.*)", line) for line in process.stdout)
    address = next(filter(None, found), None)
    assert address, "the bot did not start"
    return address[1]


def request(url, fields=None):
    """The response of the page's server; a POST if there are fields."""
    data = None if fields is None else json.dumps(fields).encode()
    headers = {"Content-Type": "application/json", "X-Desk": "1"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        return json.load(answer)


def desk(url):
    """The first event that a page gets."""
    with urllib.request.urlopen(f"{url}/desk/live", timeout=10) as stream:
        told = next(line for line in stream if line.startswith(b"data: "))
        return json.loads(told.removeprefix(b"data: "))


def test_half_the_credentials_show_what_is_missing(environ, tmp_path):
    done = subprocess.run(
        COMMAND,
        env={**environ, "APP_ID": "cli_x"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "APP_SECRET" in done.stderr
    assert "OPENAI_KEY" in done.stderr
    assert "Traceback" not in done.stderr
    assert "for real" not in done.stdout


@pytest.mark.parametrize(
    ("file", "environ", "shown"),
    [
        ("APP_ID=cli_x\nAPP_SECRET=s\n", {}, True),
        ("APP_ID=cli_x\nAPP_SECRET=s\n", {"APP_ID": "cli_own"}, False),
        (None, {}, False),
        (
            "APP_ID=cli_x\nAPP_SECRET=s\nAPP_ENCRYPT_KEY=k\nAPP_VERIFICATION_TOKEN=t\n"
            "OPENAI_KEY=sk-x\n",
            {},
            False,
        ),
    ],
)
def test_a_set_up_that_broke_off_goes_on_at_the_next_start(
    file, environ, shown, tmp_path, monkeypatch
):
    path = tmp_path / "feishu_bot.env"
    if file is not None:
        path.write_text(file)
    monkeypatch.chdir(tmp_path)
    for name in cli.FEISHU_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in {"SETTINGS_FILE": str(path), **environ}.items():
        monkeypatch.setenv(name, value)

    assert cli._is_half_set_up(cli._environment()) is shown


def test_the_real_run_says_so_before_it_begins(environ, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    whole = {
        "APP_ID": "cli_x", "APP_SECRET": "s", "APP_ENCRYPT_KEY": "k",
        "APP_VERIFICATION_TOKEN": "t", "OPENAI_KEY": "sk-x", "HTTP_PORT": str(port),
    }  # fmt: skip
    # It must not get as far as to serve: gunicorn gives up for want of such an option.
    done = subprocess.run(
        COMMAND,
        env={**environ, **whole, "GUNICORN_CMD_ARGS": "--no-such-option"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"正式运行，端口 {port} / Running for real on port {port}." in done.stdout
    assert "docs/deploy.zh-CN.md" in done.stdout
    assert done.returncode == 2


def test_piped_lines_are_answered_whatever_the_file_says(environ, tmp_path):
    (tmp_path / ".env").write_text(
        "OPENAI_MODEL=no-such\nDATABASE_URL=nowhere\nHTTP_PROXY=http://127.0.0.1:9\n"
    )
    with running({**environ, "STREAMING": "false"}, tmp_path, subprocess.PIPE) as process:
        request(f"{page_of(process)}/_simulator/settings", {"first": 0, "between": 0.001})
        told, _ = process.communicate("hello\n:b 1\n", timeout=40)

    assert process.returncode == 0, told
    assert "> hello" in told
    assert "gpt-3.5-turbo-0613 ·" in told
    assert "[重新回答] →" in told


def test_without_input_the_page_is_served_until_sigterm_and_an_answer_outlives_the_workers(
    environ, tmp_path
):
    with running(environ, tmp_path, subprocess.DEVNULL) as process:
        url = page_of(process)
        pace = {"first": 0.01, "between": 0.04}
        request(f"{url}/_simulator/settings", pace)
        first = desk(url)
        person, chat = first["people"][0]["open_id"], first["chats"][0]["chat_id"]
        request(f"{url}/desk/do/say", {"person": person, "chat_id": chat, "text": "你好"})

        def answers():
            return [m for m in desk(url)["messages"] if m["sender"] is None]

        (cut,) = eventually(lambda: [m for m in answers() if "模型" in m["text"]])
        assert cut["streaming"]
        assert first["bot"]["can_be_killed"]
        assert request(f"{url}/desk/do/kill", {}) == {"killed": 2}
        request(f"{url}/_simulator/settings", {**pace, "between": 0.001})

        (whole,) = eventually(lambda: [m for m in answers() if not m["streaming"]], timeout=30)
        assert whole["message_id"] == cut["message_id"]
        # Gone on with, or asked for again: that depends on whether its first words were kept.
        assert whole["text"].startswith("你好")
        assert re.search("(就会写下去|真正的模型了)。\n", whole["text"])

        children = processes_below(process.pid)
        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 128 + signal.SIGTERM
        assert len(children) >= 2
        eventually(lambda: not any(map(is_alive, children)))


def invoke(*arguments, folder, monkeypatch, **variables):
    """Run a command in this process, with these variables only."""
    monkeypatch.chdir(folder)
    for name in cli.FEISHU_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    served = []
    monkeypatch.setattr(
        simulated_run, "serve", lambda *given, opens_browser: served.append(given) or 0
    )
    # The command takes over signals, which are to stay those of the tests.
    monkeypatch.setattr(signal, "signal", lambda *given: None)
    return CliRunner().invoke(cli.main, arguments), served


@pytest.mark.parametrize("command", ["run", "simulate"])
def test_without_credentials_the_simulator_is_started(command, tmp_path, monkeypatch):
    done, served = invoke(command, "--port", "9300", folder=tmp_path, monkeypatch=monkeypatch)

    assert done.exit_code == 0
    assert [given[1] for given in served] == [9300]
    assert "No Feishu app is set up" in done.output


def test_beside_credentials_the_simulator_starts_only_when_told_to(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("APP_ID=cli_real\n")
    here = {"folder": tmp_path, "monkeypatch": monkeypatch, "APP_SECRET": "of the real app"}

    done, served = invoke("simulate", **here)
    assert (done.exit_code, served) == (1, [])
    assert "APP_ID (.env), APP_SECRET (environment)" in done.output
    assert "of the real app" not in done.output
    assert "凭证" in done.output

    done, served = invoke("simulate", "--beside-credentials", **here)
    assert (done.exit_code, len(served)) == (0, 1)
    assert "is left alone" in done.output

    simulator = Simulator()
    variables = simulated_run._variables(simulator, 9000, "/folder")
    given = simulated_run.bot_environ(served[0][0], *variables)
    assert given["APP_ID"] == simulator.credentials.app_id
    assert not {"of the real app", "cli_real"} & set(given.values())


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("darwin", {}, True),
        ("win32", {}, True),
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
    ],
)
def test_a_browser_is_opened_where_there_is_a_desktop(platform, environ, expected):
    assert simulated_run.has_desktop(environ, platform) is expected


@pytest.mark.parametrize(
    ("name", "opened"), [("xdg-open", ["http://x"]), ("/usr/bin/w3m", []), ("www-browser", [])]
)
def test_a_browser_for_the_terminal_is_left_alone(name, opened, monkeypatch):
    urls = []
    found = SimpleNamespace(name=name, open=urls.append)
    monkeypatch.setattr(simulated_run.webbrowser, "get", lambda: found)

    simulated_run.open_browser("http://x")

    assert urls == opened


def test_a_port_that_is_taken_is_named(capsys):
    with Simulator() as simulator:
        port = int(simulator.page_url.rpartition(":")[2])

        assert simulated_run.serve({}, port, opens_browser=False) == 1
    assert f"Port {port} is taken." in capsys.readouterr().err


def test_the_children_of_a_process_are_found_without_proc(tmp_path, monkeypatch):
    table = "    1     0\n  410     1\n  411   410\n  412   410\n"
    monkeypatch.setattr(bot_process, "Path", lambda path: tmp_path / "nothing")
    monkeypatch.setattr(
        bot_process.subprocess, "run", lambda *args, **more: SimpleNamespace(stdout=table)
    )

    assert bot_process.children_of(410) == [411, 412]


def test_only_the_gateway_of_the_file_goes_to_the_bot(monkeypatch):
    monkeypatch.setenv("OPENAI_MODEL", "typed")
    monkeypatch.setenv("STREAMING", "false")
    read = {"OPENAI_MODEL": "theirs", "HTTP_PROXY": "http://p:1", "SYSTEM_PROMPT": "be short"}
    ours = {"OPENAI_KEY": "sk-sim", "API_URL": "http://sim", "OPENAI_MODEL": "sim"}

    simulated = simulated_run.bot_environ(read, {"APP_ID": "cli_sim"}, ours)
    real = simulated_run.bot_environ({**read, "OPENAI_KEY": "sk-real"}, {"APP_ID": "cli_sim"}, ours)

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
def test_the_last_lines_of_a_bot_that_did_not_start(log, told):
    assert [line for line in bot_process.last_lines(log).splitlines() if line] == told.splitlines()
