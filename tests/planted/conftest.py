"""With PLANTED_TABLE set, the run ends with the table of all rows and their verdicts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from tests.planted.table import NOT_PLANTED, TITLES, row_of
from tests.planted.untrusted import untrusted_server
from tests.scenarios.conftest import (  # noqa: F401 (fixtures)
    database_url,
    sim,
    start_bot,
    talk,
    transport_settings,
    way_in,
)


@pytest.fixture(scope="session")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose certificate isn't trusted."""
    with untrusted_server(tmp_path_factory.mktemp("tls")) as url:
        yield url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "PLANTED_TABLE" not in os.environ:
        return
    states: dict[str, set[str]] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            if found := re.search(r"\[(.+)\]$", report.nodeid):
                states.setdefault(row_of(found[1]), set()).add(outcome)
    terminalreporter.section("planted mistakes")
    for line in table_lines(states):
        terminalreporter.write_line(line)


def table_lines(states: dict[str, set[str]]) -> Iterator[str]:
    """A line a row, and the sum; `states` are the outcomes of the tests of each row."""
    count = 0
    for row, title in TITLES.items():
        if row in NOT_PLANTED:
            verdict = f"not planted: {NOT_PLANTED[row]}"
        elif row not in states:
            verdict = "not run"
        else:
            is_good = states[row] == {"passed"}
            verdict, count = ("good" if is_good else "NOT GOOD"), count + is_good
        yield f"{row:>4}  {verdict:<9} {title}"
    yield f"{count} of {len(TITLES)} rows are good"
