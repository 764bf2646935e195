"""The benchmark of a grown database runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import growth


def test_a_sweep_is_measured_beside_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    growth.sweep_alone(f"sqlite:///{tmp_path}/grown.db", 300, 1.0)

    told = r"sqlite: (\d+) steps; each of \d+ writes beside them, ms: p50 "
    found = re.match(told, capsys.readouterr().out)
    assert found
    assert int(found[1]) > 0
