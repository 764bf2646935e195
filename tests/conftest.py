"""Fixtures of all tests."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache

from feishu_bot.content import roles
from feishu_bot.feishu.api import slim_sdk
from feishu_bot.logs import TextFormatter
from feishu_bot.stores import Database
from tests.postgres import Postgres, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# First of all, so that every test has the SDK as the bot has it: without its services, but for
# those through which the simulator's tests speak to the simulator.
slim_sdk.install(services=("cardkit", "im"))

# Half of the time until the first test is the rewriting of asserts. It is done once and kept,
# also where PYTHONDONTWRITEBYTECODE is set.
sys.dont_write_bytecode = False

# How long an example takes is a matter of the machine and of what else it does. `make properties`
# tries many.
settings.register_profile("few", deadline=None, max_examples=40)
settings.register_profile("many", deadline=None, max_examples=3_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let every worker of a run of all tests rewrite some of them, and read the others'.

    All workers import all tests, in the same order. Each of them begins at another place here.
    """
    # Nothing of what is imported and collected is given up again: see `pytest_collection_finish`.
    gc.disable()
    config = session.config
    worker: dict[str, object] = getattr(config, "workerinput", {})
    if not worker or config.args != config.getini("testpaths"):
        return
    root = Path(__file__).parents[1]
    paths = sorted(path.relative_to(root) for path in root.glob("tests/**/test_*.py"))
    first = len(paths) * int(str(worker["workerid"])[2:]) // int(str(worker["workercount"]))
    for path in paths[first:] + paths[:first]:
        # What is wrong with a module is said when its tests are collected.
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.with_suffix("").parts))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Don't look through half a million objects again and again for what could be given up."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests of the process, wherever they are."""
    # Most runs of a few tests need none.
    from tests import chromium

    path = chromium.chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium.MISSING)
    with chromium.launched(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with empty tables, for tests to copy, which is quicker than making them."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"
    Database(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture(scope="session", autouse=True)
def _roles_are_read_once() -> Iterator[None]:
    """The roles that come with the bot are parsed for the first bot, and for no other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roles, "_read", functools.cache(roles._read))
        yield


@pytest.fixture(scope="session", autouse=True)
def _templates_are_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each app has templates of its own; what they are compiled to is the same for all."""
    kept = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": kept})
        yield


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
