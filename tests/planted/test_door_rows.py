"""Mistakes with keys, addresses, proxies and clocks: they show where Feishu's requests come in."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from feishu_bot.feishu.webhook.signature import CLOCK_SKEW
from feishu_simulator import Script, Simulator
from tests.planted.examining import (
    examine,
    expect_lines,
    expect_only,
    log_lines,
    open_findings,
    store_sightings,
)
from tests.planted.table import Told, says
from tests.polling import eventually
from tests.scenarios.conftest import (  # noqa: F401 (fixtures)
    Talk,
    database_url,
    sim,
    start_bot,
    talk,
)

OTHER = "another0123456789"


class Planted(NamedTuple):
    """The settings that differ from the console's, and what is said of that."""

    row: str
    settings: Callable[[Simulator], dict[str, str]]
    told: Told


KEYS = [
    Planted(
        "38-swapped",
        lambda sim: {
            "APP_ENCRYPT_KEY": sim.credentials.verification_token,
            "APP_VERIFICATION_TOKEN": sim.credentials.encrypt_key,
        },
        says("填反了|对调", "are swapped|Exchange", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN"),
    ),
    Planted(
        "39-encrypt key",
        lambda sim: {"APP_ENCRYPT_KEY": OTHER},
        says("解不开|Encrypt Key 抄到 APP_ENCRYPT_KEY", "can't be decrypted|Copy the Encrypt Key"),
    ),
    Planted(
        "40-token",
        lambda sim: {"APP_VERIFICATION_TOKEN": OTHER},
        says("Verification Token 和 APP_VERIFICATION_TOKEN 不一致|抄到", "differs|Copy it from"),
    ),
]


@pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in KEYS])
def test_keys_that_differ_are_told_apart_in_log_and_doctor(
    sim, talk, start_bot, database_url, caplog, mistake
) -> None:
    settings = mistake.settings(sim)
    bot = start_bot(**settings)
    for text in ("one", "two", "three"):
        sim.feishu.deliveries.push(talk.say(text).event, wait=True)
    store_sightings(bot)

    expect_lines(caplog.records, mistake.told)
    report = examine(sim, database_url, PUBLIC_URL=bot.url, **settings)
    expect_only(report, {"keys": mistake.told})


def test_a_bot_that_is_well_has_nothing_to_say(sim, talk, start_bot, database_url, caplog) -> None:
    bot = start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("hello")
    store_sightings(bot)

    report = examine(sim, database_url, PUBLIC_URL=bot.url)

    assert log_lines(caplog.records) == []
    assert open_findings(report) == {}
    assert report.is_well
