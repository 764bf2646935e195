"""What an operator sees of a running bot: log, /readyz and /metrics."""

from __future__ import annotations

import http.client
import io
import json
import logging
import os
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from feishu_bot import __version__
from feishu_bot.logs import JsonFormatter
from feishu_simulator import Script
from tests.polling import eventually
from tests.scenarios.bots import ROOT, GunicornBot


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


class Figures:
    """The samples of /metrics, by name with labels as it stands there."""

    def __init__(self, url: str) -> None:
        lines = get(f"{url}/metrics")[1].splitlines()
        samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        self._samples = {name: float(value) for name, _, value in samples}

    def __getitem__(self, name: str) -> float:
        return self._samples.get(name, 0.0)

    def any(self, start: str) -> float:
        """The sum of what begins so."""
        return sum(value for name, value in self._samples.items() if name.startswith(start))


def test_the_figures_of_receiving_and_answering_processes_are_added_up(sim, talk, start_gunicorn):
    bot = start_gunicorn(METRICS="true", WEB_CONCURRENCY="2", ANSWER_THREADS="7")
    eventually(lambda: get(f"{bot.url}/readyz")[0] == 200)
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("hello")
    stranger = urllib.request.Request(f"{bot.url}/webhook/event", b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(stranger, timeout=5)

    name = 'feishu_bot_answers_total{outcome="answered"}'
    figures = eventually(lambda: (now := Figures(bot.url))[name] == 1 and now)

    assert figures.any("feishu_bot_build_info{") == 1
    assert figures["feishu_bot_answer_threads"] == 14
    assert figures["feishu_bot_answers_running"] == 0
    assert figures.any("feishu_bot_tokens_total{") > 0
    delivered = 'feishu_bot_deliveries_total{status="200",type="im.message.receive_v1"}'
    assert figures[delivered] == 1
    assert figures["feishu_bot_delivery_seconds_count"] >= 1
    refused = 'feishu_bot_refused_requests_total{address="event",reason="no valid signature"}'
    assert figures[refused] == 1
    reply = 'feishu_bot_feishu_calls_total{api="POST /im/v1/messages/:message_id/reply"}'
    assert figures[reply] >= 1
    for part in ("database", "feishu", "gateway"):
        assert figures[f'feishu_bot_ready{{part="{part}"}}'] == 1
    # The queue is looked at every five seconds: the last time may have been when "hello" waited.
    eventually(lambda: Figures(bot.url)['feishu_bot_queue_tasks{state="waiting"}'] == 0)


def test_the_files_of_the_figures_go_with_the_bot(start_gunicorn, tmp_path):
    bot = start_gunicorn(METRICS="true", TMPDIR=str(tmp_path))
    folders = [*tmp_path.glob("feishu_bot-metrics-*")]
    assert len(folders) == 1

    before = eventually(lambda: set(bot.workers()))
    os.kill(bot.process.pid, signal.SIGHUP)
    # New workers may be up before the old ones have ended.
    eventually(lambda: bot.workers() and not before & set(bot.workers()), timeout=30)
    eventually(bot._is_up)
    assert [*tmp_path.glob("feishu_bot-metrics-*")] == folders

    assert bot.terminate() == 0
    assert [*tmp_path.glob("feishu_bot-metrics-*")] == []


def test_an_answer_whose_process_was_killed_is_under_way_once(sim, talk, start_gunicorn):
    bot = start_gunicorn(METRICS="true")
    words = [f"w{number} " for number in range(400)]
    sim.gateway.respond_with(lambda body: Script.chunks(words, between=0.05))
    question = talk.say("hello")
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "w3" in a[0].text)
    eventually(lambda: Figures(bot.url)["feishu_bot_answers_running"] == 1)

    for pid in bot.workers():
        os.kill(pid, signal.SIGKILL)

    def is_under_way_again() -> bool:
        try:
            figures = Figures(bot.url)
        except (OSError, http.client.HTTPException):
            return False
        # The count of the process that died is still there, what it was doing isn't.
        return (
            figures["feishu_bot_answers_running"] == 1
            and figures["feishu_bot_answer_threads"] == 200
            and figures['feishu_bot_events_total{verdict="answer"}'] == 1
            and len(sim.gateway.requests) == 2
        )

    eventually(is_under_way_again, timeout=40)


def test_readiness_under_gunicorn_is_known_without_asking_anybody(sim, start_gunicorn):
    asked = []
    listed = sim.gateway.list_models
    sim.gateway.list_models = lambda models: asked.append(models) or listed(models)
    bot = start_gunicorn(USER_DAILY_QUESTION="3")
    body = eventually(lambda: (got := get(f"{bot.url}/readyz"))[0] == 200 and got[1])
    assert json.loads(body) == {"version": __version__, "ready": True, "failing": []}
    before = len(asked)

    for _ in range(30):
        assert get(f"{bot.url}/readyz")[1] == body

    assert len(asked) == before
    assert get(f"{bot.url}/ping") == (200, '{"message":"pong"}')
    # What looks misspelt is warned of at every start, once.
    warned = "USER_DAILY_QUESTION：没有这个设置，是不是 USER_DAILY_QUESTIONS？ / "
    assert bot.log.read_text("utf-8").count(warned) == 1


# The log


@pytest.fixture
def lines():
    """What the bot logs, as JSON, by message."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")

    def read() -> dict[str, dict[str, object]]:
        return {
            (line := json.loads(text))["message"]: line for text in stream.getvalue().splitlines()
        }

    yield read
    root.removeHandler(handler)
    root.setLevel(level)


def test_the_log_tells_who_asked_where_in_fields_of_their_own(sim, talk, lines, start_bot):
    start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("a confidential question")
    answered = eventually(lambda: lines().get("answer"))
    talk.say("/help")
    replied = eventually(lambda: lines().get("reply"))

    for line in (answered, replied):
        assert (line["asker"], line["chat"]) == (talk.alice.open_id, talk.chat.chat_id)
    assert answered["outcome"] == "answered"
    assert lines()["started"]["version"] == __version__
    assert lines()["queued"]["logger"] == "feishu_bot.core.queue.enqueue"
    assert "confidential" not in str(lines())


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_the_log_lines_in_the_documents_have_the_fields_of_real_ones(
    sim, talk, lines, start_bot, page
):
    text = Path(ROOT / "docs" / page).read_text("utf-8")
    shown = re.findall(
        r"^\d{4}-\S+ \S+ [A-Z]+ (feishu_bot\S+) (\w+)((?: \w+=.*)?)$", text, re.MULTILINE
    )
    if not shown:
        return
    bot = start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("hello")
    talk.say("/help")
    bot.app.test_client().post("/webhook/event", data=b"{}")
    eventually(lambda: {"answer", "reply", "refused"} <= lines().keys())
    logged = lines()

    for logger, message, fields in shown:
        real = logged[message]
        names = re.findall(r"(?:^| )(\w+)=", fields)
        assert logger == real["logger"]
        assert names == [n for n in real if n not in ("time", "level", "logger", "message")]


# When it is ill


def warnings_of(bot: GunicornBot, part: str) -> list[str]:
    """The lines that tell of this part, from all processes."""
    return [line for line in bot.log.read_text("utf-8").splitlines() if f'"part": "{part}"' in line]


def test_a_secret_reset_in_the_console_is_told_once_and_so_is_its_end(sim, talk, start_gunicorn):
    bot = start_gunicorn()
    eventually(lambda: get(f"{bot.url}/readyz")[0] == 200)
    talk.ask("hello")
    sim.feishu.access.reset_secret("another")

    # The process that answers runs into it, the one that receives tells of it.
    talk.say("and again")
    body = eventually(lambda: (got := get(f"{bot.url}/readyz"))[0] == 503 and got[1], timeout=15)
    assert json.loads(body)["failing"] == ["feishu"]
    assert get(f"{bot.url}/readyz?part=database")[0] == 200

    sim.feishu.access.reset_secret(sim.credentials.app_secret)
    eventually(lambda: get(f"{bot.url}/readyz")[0] == 200, timeout=15)
    ill, well = warnings_of(bot, "feishu")
    assert '"level": "WARNING"' in ill
    assert "重置过 App Secret" in ill
    assert "飞书恢复正常 / Feishu: it works again" in well
    assert "Traceback" not in bot.log.read_text("utf-8")


def test_a_database_deleted_while_the_bot_runs_takes_nothing_in(sim, talk, start_bot, lines):
    bot = start_bot()
    talk.ask("hello")
    Path(bot.database._url.database).unlink()

    message = sim.feishu.say(talk.chat, talk.alice, "lost?", wait=True)
    bot.check_again()

    # Feishu repeats it until there is a database to take it in.
    assert message.deliveries[0].status == 500
    assert "database" in json.loads(bot.app.test_client().get("/readyz").data)["failing"]
    told = [line for line in lines() if "deleted or replaced" in line]
    assert len(told) == 1
