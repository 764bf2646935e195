"""What the holder of the long connection tells of it."""

from __future__ import annotations

import pytest

from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.long_connection.endpoint import TOO_MANY
from feishu_bot.setup.doctor.held_connection import check_connection

DOMAIN = "https://open.feishu.cn"


@pytest.mark.parametrize(
    ("state", "found", "words"),
    [
        (None, "unknown", "No process holds"),
        (ConnectionState(connected=True), "ok", "It is connected"),
        (ConnectionState(refusal=TOO_MANY), "fault", "50 at the most"),
        (ConnectionState(), "fault", "can't be reached"),
        (ConnectionState(connected=True, late_events=1), "warning", "Stop the old deployment"),
    ],
)
def test_each_state_is_told_with_what_to_do(state, found, words):
    finding = check_connection(state, DOMAIN, ConsoleLinks(DOMAIN, "cli_1"))

    assert finding.state == found
    assert words in finding.what.en
    assert finding.what.zh
