"""What the other end may ask for, whatever it says."""

from __future__ import annotations

import math

import pytest

from feishu_bot.feishu.long_connection.endpoint import ping_seconds


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (120, 120.0),
        (1e-9, 1.0),
        (10**400, 600.0),
        (1e300, 600.0),
        (0, 0.0),
        (-1, 0.0),
        (-(10**400), 0.0),
        (math.nan, 0.0),
        (math.inf, 0.0),
        (True, 0.0),
        ("120", 0.0),
        (None, 0.0),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_a_pause_between_pings_is_one_that_can_be_kept(given: object, seconds: float) -> None:
    assert ping_seconds({"PingInterval": given}) == seconds


@pytest.mark.parametrize("config", [None, [], "x", 1])
def test_a_configuration_that_is_none_asks_for_nothing(config: object) -> None:
    assert ping_seconds(config) == 0.0
