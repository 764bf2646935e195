"""The figures: what they count, and that nobody can make them grow without bound."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st

import feishu_bot
from feishu_bot import metrics
from feishu_bot.core.answering.model_label import ModelLabel
from feishu_bot.feishu.webhook.refusals import CAUSES
from tests.builders import BotWorld
from tests.samples import counted, sample

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SOURCES = Path(feishu_bot.__file__).parent


def test_the_build_is_told():
    body, content_type = metrics.render()

    assert f'feishu_bot_build_info{{version="{feishu_bot.__version__}"' in body.decode().replace(
        f'python="{sys.version.split()[0]}",', ""
    )
    assert content_type.startswith("text/plain")


def test_who_asks_often_gets_the_same_again(monkeypatch):
    calls = []
    generate = prometheus_client.generate_latest
    monkeypatch.setattr(
        metrics.prometheus_client,
        "generate_latest",
        lambda registry: calls.append(registry) or generate(registry),
    )
    exposition = metrics._Exposition()

    bodies = {exposition.get() for _ in range(20)}

    assert len(bodies) == len(calls) == 1


def test_tokens_and_cost_of_an_answer_are_counted_by_model():
    world = BotWorld()
    world.models.names = ("gpt-x",)
    world.prices.currency, world.prices.each = "CNY", 0.01
    tokens = "feishu_bot_tokens_total"
    with (
        counted(tokens, model="gpt-x", kind="prompt") as read,
        counted(tokens, model="gpt-x", kind="completion") as written,
        counted("feishu_bot_cost_total", model="gpt-x", currency="CNY") as cost,
    ):
        world.model.enqueue_text("Hi")
        world.say("Hello?")

    assert (read, written) == ([30], [12])
    assert cost == [pytest.approx(0.42)]
    assert sample("feishu_bot_answers_running") == 0


@given(st.lists(st.text(max_size=30), max_size=60))
def test_names_of_models_never_make_more_labels_than_there_is_room_for(names):
    label = ModelLabel(lambda name: name if len(name) % 2 else "", most=5)

    labels = {label.of(name) for name in names}

    assert len(labels - {"other"}) <= 5
    assert labels <= {*names, "other"}


def test_a_model_that_is_in_no_list_is_counted_as_other():
    listed = {"gpt-a-2026": "gpt-a", "gpt-a": "gpt-a"}
    label = ModelLabel(lambda name: listed.get(name, ""))

    assert [label.of(name) for name in ("gpt-a", "gpt-a-2026", "made up", "")] == [
        "gpt-a", "gpt-a", "other", "other",
    ]  # fmt: skip


def test_every_reason_to_refuse_is_a_word_of_ours():
    """It becomes a label: what a stranger has sent must not get into it."""
    raised = [
        node.args[0]
        for path in (SOURCES / "feishu" / "webhook").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused"
    ]

    assert len(raised) > 5
    assert all(isinstance(argument, ast.Constant) for argument in raised)
    # What is said of a reason would be said of none.
    assert CAUSES.keys() <= {argument.value for argument in raised}


def test_every_path_that_is_called_in_feishu_is_a_pattern():
    """It becomes a label: ids are put into it later."""
    calls = [
        call
        for path in (SOURCES / "feishu").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("_call", "call")
        if isinstance(call.args[0], ast.Constant) and call.args[0].value in METHODS
    ]

    assert len(calls) > 10
    assert [call.lineno for call in calls if isinstance(call.args[1], ast.JoinedStr)] == []


IN_TWO_PROCESSES = """
import os, sys
from feishu_bot import metrics
metrics.COST.labels(model="m", currency="CNY").inc(0.5)
metrics.ANSWERS_RUNNING.inc()
metrics.ANSWER_THREADS.set(20)
metrics.READY.labels(part="database").set({ready})
metrics.note_queue(waiting={waiting}, running=1, oldest=2.5)
if {renders}:
    sys.stdout.write(metrics.render()[0].decode())
    sys.stdout.flush()
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def in_a_process(folder, **values):
    """What a process writes that shares its figures in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-c", IN_TWO_PROCESSES.format(**values)],
        env={"PROMETHEUS_MULTIPROC_DIR": str(folder), "PATH": os.environ["PATH"]},
        cwd=SOURCES.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process.communicate(timeout=30)[0], process.pid


def test_a_file_that_a_process_has_just_begun_is_waited_for(folder, monkeypatch):
    in_a_process(folder, ready=1, waiting=3, renders=False)
    begun = folder / "counter_1.db"
    begun.touch()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    pauses = []

    def go_on(seconds):
        pauses.append(seconds)
        begun.unlink(missing_ok=True)

    monkeypatch.setattr(metrics.time, "sleep", go_on)

    assert b"feishu_bot_answers_running 1.0" in metrics._Exposition().get()[0]
    assert len(pauses) == 1


def test_figures_of_several_processes_become_one(folder, monkeypatch):
    in_a_process(folder, ready=0, waiting=7, renders=False)
    text, pid = in_a_process(folder, ready=1, waiting=3, renders=True)

    assert 'feishu_bot_cost_total{currency="CNY",model="m"} 1.0' in text
    assert "feishu_bot_answers_running 2.0" in text
    assert "feishu_bot_answer_threads 40.0" in text
    assert 'feishu_bot_ready{part="database"} 0.0' in text
    assert 'feishu_bot_queue_tasks{state="waiting"} 3.0' in text
    assert "feishu_bot_queue_oldest_seconds 2.5" in text
    assert "pid=" not in text

    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    metrics.forget_process(pid)
    left = metrics._Exposition().get()[0].decode()

    assert "feishu_bot_answers_running 1.0" in left
    assert 'feishu_bot_cost_total{currency="CNY",model="m"} 1.0' in left
