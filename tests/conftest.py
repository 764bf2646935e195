"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feishu_bot.feishu.api import slim_sdk
from feishu_bot.logs import TextFormatter
from tests.postgres import Postgres, running

# First of all, so that every test has the SDK as the bot has it: without its services, but for
# those through which the simulator's tests speak to the simulator.
slim_sdk.install(services=("cardkit", "im"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def _clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine comes between a test and its own servers."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def _fields_in_caplog(request: pytest.FixtureRequest) -> None:
    """`caplog.text` shows the fields of a line, as the bot's own text format does."""
    if "caplog" in request.fixturenames:
        request.getfixturevalue("caplog").handler.setFormatter(TextFormatter())
