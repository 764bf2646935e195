"""The benchmark of a grown database runs."""

from __future__ import annotations

import pytest

from bench import growth


def test_a_sweep_is_measured_beside_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert growth.main(["--only", "steps", "--rows", "300", "--seconds", "1"]) == 0

    steps, _, rest = capsys.readouterr().out.partition(" steps; each of ")
    assert int(steps) > 10
    assert "writes beside them, ms: p50" in rest
