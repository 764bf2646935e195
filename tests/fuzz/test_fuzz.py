"""Two thousand hostile deliveries at each run; `make fuzz` makes a million."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from lark_oapi.core.http import Transport

from feishu_simulator import Simulator
from tests.fuzz.door import Door
from tests.fuzz.mutations import mutated
from tests.postgres import Postgres

DELIVERIES = 2_000
# The second database sees fewer: what differs is only what it takes.
ON_POSTGRES = 300


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_no_signed_delivery_breaks_the_door_or_stays_for_ever(
    backend: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    if backend == "sqlite":
        _fuzz(f"sqlite:///{tmp_path}/bot.db", DELIVERIES)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.schema(tables=True) as url:
        _fuzz(url, ON_POSTGRES)


def _fuzz(database_url: str, count: int) -> None:
    with Simulator() as simulator, Door(simulator, database_url) as door:
        door.fuzz(seed=1, count=count)

        assert door.faults == []
        # Most of what was changed is still of use: it goes all the way.
        assert door.drain() > count / 20
        assert door.faults == []
        assert door.open_rows() == 0
        assert door.statuses[200] > door.statuses[401]
        assert door.deliver_genuine(1) == 200
        assert door.drain() == 1


def test_every_seed_makes_a_delivery_though_all_may_be_taken_away() -> None:
    least = [{"uuid": "uu_", "token": "verification", "event": {}}]

    bodies = [mutated(random.Random(seed), least, 1) for seed in range(200)]

    assert b'{"token": "verification"}' in bodies


def test_what_is_too_deep_to_be_written_is_a_delivery_all_the_same() -> None:
    deep: dict[str, Any] = {}
    for _ in range(2_000):
        deep = {"a": deep}

    assert mutated(random.Random(1), [{"uuid": "uu_", "event": deep}], 1).startswith(b"[[[")
