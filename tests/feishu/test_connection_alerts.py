"""What administrators are told of the long connection."""

from __future__ import annotations

import pytest

from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.errors import StoreUnavailable
from feishu_bot.feishu.long_connection.alerts import ConnectionAlerts
from feishu_bot.feishu.long_connection.endpoint import AUTH_FAILED, FORBIDDEN, TOO_MANY
from tests.core.fakes import FakeAlerts
from tests.polling import eventually


@pytest.fixture
def sink():
    return FakeAlerts()


@pytest.fixture
def alerts(sink):
    return ConnectionAlerts(ConnectionState, sink)


def kinds_in(sink: FakeAlerts) -> list[str]:
    return [alert.kind for alert, _ in sink.noted]


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (ConnectionState(connected=True), []),
        (ConnectionState(refusal=TOO_MANY), ["connections_too_many"]),
        (ConnectionState(refusal=FORBIDDEN), ["connection_forbidden"]),
        # Nobody could be told in the chat.
        (ConnectionState(refusal=AUTH_FAILED), []),
        (ConnectionState(connected=True, refusal=TOO_MANY), []),
        (ConnectionState(connected=True, late_events=2), ["events_elsewhere"]),
    ],
)
def test_what_an_administrator_has_to_see_to_is_noted(alerts, sink, state, kinds):
    alerts.note(state)

    assert kinds_in(sink) == kinds


def test_late_events_are_noted_when_there_are_more_of_them(alerts, sink):
    for late_events in (2, 2, 3, 0, 1):
        alerts.note(ConnectionState(connected=True, late_events=late_events))

    assert kinds_in(sink) == ["events_elsewhere"] * 3


def test_it_looks_by_itself_and_a_database_that_is_away_stops_nothing(sink):
    asked = []

    def read() -> ConnectionState:
        asked.append(1)
        raise StoreUnavailable("away")

    alerts = ConnectionAlerts(read, sink)
    alerts.start()
    eventually(lambda: asked)
    alerts.stop()

    assert kinds_in(sink) == []
