"""What the traffic shows, and who is told of it."""

from __future__ import annotations

import pytest

from feishu_bot.core.alerts import MONTH, Alert
from feishu_bot.core.sightings import (
    CLICK_SEEN,
    MESSAGE_SEEN,
    UNKNOWN_PATH,
    NotedSightings,
    Sighting,
    SightingKeeper,
)
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.webhook.refusals import CAUSES
from feishu_bot.setup.doctor.traffic import CLICKLESS_MESSAGES, DAY, check_traffic
from feishu_bot.setup.doctor.traffic_watch import TrafficWatch
from tests.core.fakes import FakeAlerts
from tests.polling import Clock, eventually

NOW = 1_000_000.0
LINKS = ConsoleLinks("https://open.feishu.cn", "cli_1")
STRANGE = "refused:no valid signature"


def seen(ago: float = 60.0, times: int = 1) -> Sighting:
    return Sighting(times, NOW - ago, NOW - ago)


def found(sightings, **more):
    return {one.check: one for one in check_traffic(sightings, NOW, LINKS, **more)}


def test_before_anything_came_nothing_is_wrong():
    findings = found({})

    assert findings["keys"].state == "ok"
    assert findings["event_flow"].state == "unknown"
    assert "Send the bot one and it shows here" in findings["event_flow"].what.en
    assert "callback_flow" not in findings


@pytest.mark.parametrize("reason", [reason for reason, one in CAUSES.items() if one.is_certain])
def test_what_only_feishu_can_send_names_the_key_at_once(reason):
    finding = found({f"refused:{reason}": seen()})["keys"]

    assert finding.state == "fault"
    assert finding.what == CAUSES[reason].what
    assert finding.remedy.zh
    assert finding.remedy.en


def test_strangers_are_no_news_until_they_are_many():
    assert found({STRANGE: seen(times=2)})["keys"].state == "warning"
    assert found({STRANGE: seen(times=3)})["keys"].state == "fault"
    # Where events do come, it is most likely a stranger.
    events = {MESSAGE_SEEN: seen(ago=100)}
    assert found({STRANGE: seen(times=2)} | events)["keys"].state == "ok"
    assert found({STRANGE: seen(times=3)} | events)["keys"].state == "warning"


def test_what_was_refused_before_the_latest_event_is_over():
    findings = found({"refused:wrong token": seen(ago=100), MESSAGE_SEEN: seen(ago=50)})

    assert findings["keys"].state == "ok"


def test_an_address_that_feishu_calls_in_vain_is_named():
    finding = found({"path:/webhook/events": seen()})["paths"]

    assert finding.state == "fault"
    assert "/webhook/events" in finding.what.zh
    assert "/webhook/event" in finding.remedy.en
    assert "paths" not in found({"path:/old": seen(ago=100), MESSAGE_SEEN: seen(ago=50)})
    assert "paths" not in found({"path:/old": seen(ago=4 * DAY)})


def test_what_looks_like_feishus_is_a_warning_as_long_as_no_event_has_come():
    assert found({UNKNOWN_PATH: seen()})["paths"].state == "warning"
    assert "paths" not in found({UNKNOWN_PATH: seen(), MESSAGE_SEEN: seen(ago=100)})


def test_many_messages_without_a_click_are_told():
    many = {MESSAGE_SEEN: seen(times=CLICKLESS_MESSAGES)}

    assert found(many)["callback_flow"].state == "warning"
    assert found(many | {CLICK_SEEN: seen()})["callback_flow"].state == "ok"


def test_how_long_ago_the_latest_event_came_is_told():
    flow = found({MESSAGE_SEEN: seen(ago=3 * 3600 + 5, times=7)})["event_flow"]

    assert flow.what.zh == "最近一次在 3 小时前，共收到 7 条消息"
    assert flow.what.en == "The latest came 3 hours ago; 7 messages in all"


def test_a_silence_of_days_is_told():
    flow = found({MESSAGE_SEEN: seen(ago=5 * DAY)})["event_flow"]

    assert flow.state == "unknown"
    assert "已经 5 天没有收到" in flow.what.zh


class FakeSightings:
    """A store that remembers."""

    def __init__(self) -> None:
        self.kept: dict[str, Sighting] = {}
        self.is_away = False

    def add(self, counts, now):
        if self.is_away:
            raise OSError("away")
        new = counts.keys() - self.kept.keys()
        for name, times in counts.items():
            before = self.kept.get(name, Sighting(0, now, now))
            self.kept[name] = Sighting(before.times + times, before.first_at, now)
        return frozenset(new)

    def all(self):
        return dict(self.kept)


@pytest.fixture
def watch():
    """A watch that begins now, with what it sees and whom it tells."""
    store, alerts, clock = FakeSightings(), FakeAlerts(), Clock(NOW)
    watch = TrafficWatch(store, alerts, LINKS, clock=clock)
    clock.tick(60)
    return watch, store, alerts


def told(alerts: FakeAlerts) -> list[Alert]:
    return [alert for alert, _ in alerts.noted]


def test_admins_are_told_of_wrong_keys_and_paths(watch):
    watch, store, alerts = watch
    store.add({"refused:wrong token": 1, "path:/webhook/events": 1}, NOW + 30)

    watch.look()
    watch.look()

    assert [alert.cause for alert in told(alerts)] == ["finding_keys:wrong token", "finding_paths"]
    assert told(alerts)[0].link.endswith("/app/cli_1/event")


def test_strangers_are_told_of_only_where_nothing_good_comes(watch):
    watch, store, alerts = watch
    store.add({MESSAGE_SEEN: 1}, NOW)
    store.add({STRANGE: 5}, NOW + 30)

    watch.look()

    assert alerts.noted == []


def test_strangers_are_told_of_where_events_have_stopped(watch):
    watch, store, alerts = watch
    store.add({MESSAGE_SEEN: 1}, NOW - 2 * 3600)
    store.add({STRANGE: 2}, NOW + 30)
    watch.look()
    assert alerts.noted == []
    store.add({STRANGE: 1}, NOW + 60)

    watch.look()

    assert [alert.cause for alert in told(alerts)] == [
        f"finding_keys:{STRANGE.removeprefix('refused:')}"
    ]


def test_what_was_seen_before_the_start_is_told_by_nobody(watch):
    watch, store, alerts = watch
    store.add({"refused:wrong token": 1}, NOW - 10)

    watch.look()

    assert alerts.noted == []


def test_missing_clicks_are_told_once_a_month(watch):
    watch, store, alerts = watch
    store.add({MESSAGE_SEEN: CLICKLESS_MESSAGES}, NOW)

    watch.look()

    assert [alert.every for alert in told(alerts)] == [MONTH]


# What is noted on a message's way


def test_the_first_message_is_a_line_in_the_log_and_no_other_is(caplog):
    noted, store = NotedSightings(), FakeSightings()
    keeper = SightingKeeper(noted, store, clock=Clock())
    for _ in range(3):
        noted.note(MESSAGE_SEEN)
        keeper.flush()

    (record,) = caplog.records
    assert "收到了第一条消息" in record.message
    assert store.kept[MESSAGE_SEEN].times == 3


def test_what_cant_be_stored_is_stored_later():
    noted, store = NotedSightings(), FakeSightings()
    keeper = SightingKeeper(noted, store, clock=Clock())
    noted.note("event:x")
    store.is_away = True
    keeper.flush()
    noted.note("event:x")
    store.is_away = False

    keeper.flush()

    assert store.kept["event:x"].times == 2


def test_what_is_new_is_stored_soon_and_the_rest_at_the_end():
    noted, store = NotedSightings(), FakeSightings()
    keeper = SightingKeeper(noted, store)
    keeper.start()
    noted.note("event:x")
    eventually(lambda: "event:x" in store.kept)
    noted.note("event:x")

    keeper.stop()

    assert store.kept["event:x"].times == 2


def test_names_without_end_are_not_kept():
    noted = NotedSightings()
    for number in range(1_000):
        noted.note(f"path:{number}")

    assert len(noted.take()) == 200
