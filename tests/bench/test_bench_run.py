"""A tiny run from end to end, and what comes out of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import bench.__main__ as program
from bench.load import Load
from bench.measuring import Run, measure
from bench.table import table

TINY = Load(
    conversations=5,
    enforce_limits=True,
    latency=0.005,
    chunks=10,
    first=0.05,
    between=0.01,
    deadline=20.0,
)


@pytest.fixture(scope="module")
def run() -> Run:
    return measure(TINY, rest=0.2)


def test_every_question_is_answered_once_and_wholly(run):
    found = run.figures
    assert found.questions == 5
    assert found.not_acknowledged == 0
    assert (found.lost, found.partial, found.doubled, found.left_open) == (0, 0, 0, 0)
    assert found.refused == 0
    assert found.calls_per_answer["message.reply"] == 1.0


def test_times_are_in_their_order(run):
    found = run.figures
    assert 0 < found.ack_p50 <= found.ack_p99 <= found.ack_max
    assert TINY.first < found.first_text_p50 <= found.first_text_p95 < TINY.deadline
    assert found.first_text_p50 < found.all_whole
    assert 0 < found.whole_p50 <= found.whole_p95


def test_what_the_bot_takes_is_measured(run):
    taken = run.consumption
    assert taken.system_per_answer >= 0
    # What an idle bot takes in the same time is taken off: on a busy machine it may be more than
    # that of five answers.
    assert -0.1 < taken.cpu_per_answer < 2
    assert 50e6 < taken.pss_rest <= taken.pss_peak * 1.05
    assert 0.2 < taken.start_seconds < 60


def test_the_table_has_a_mark_beside_every_figure_with_a_target(run):
    shown = table([run, run], {5: {"p50": 0.001, "p99": 0.002, "max": 0.003}})

    assert "5 kept" in shown
    assert "answers lost" in shown
    assert "0 ✓  ≤ 0" in shown
    slow = replace(run, figures=replace(run.figures, ack_p99=9.0, lost=2))
    assert "9,000 ms ✗" in table([slow], {})
    assert "2 ✗" in table([slow], {})


@pytest.mark.parametrize(
    ("wrong", "code"), [({}, 0), ({"lost": 1}, 1), ({"partial": 1}, 1), ({"doubled": 1}, 1)]
)
def test_the_exit_code_tells_whether_an_answer_is_missing(
    run, wrong, code, monkeypatch, tmp_path, capsys
):
    broken = replace(run, figures=replace(run.figures, **wrong))
    monkeypatch.setattr(program, "measure", lambda load: broken)
    monkeypatch.setattr(program, "ack_floor", lambda load: {"p50": 0.001})
    path = tmp_path / "figures.json"

    arguments = ["--conversations", "5", "--limits", "kept", "--repeat", "2", "--json", str(path)]
    assert program.main(arguments) == code

    written = json.loads(path.read_text())
    assert len(written["runs"]) == 2
    assert written["runs"][0]["load"]["conversations"] == 5
    assert "5 kept" in capsys.readouterr().out
