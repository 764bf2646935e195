"""What Feishu tells of the app, asked for over the wire."""

from __future__ import annotations

import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from feishu_bot.core.doctor import Finding
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.settings import Settings
from feishu_bot.setup.doctor.credentials import check_credentials
from feishu_bot.setup.doctor.feishu_app import examine_app
from feishu_bot.setup.doctor.open_api import OpenApi
from tests.doctor.conftest import page
from tests.scenarios.bots import environment

PUBLIC = "https://bot.example.com"


@pytest.fixture
def examine(sim):
    """Ask the simulator about its app, with these settings besides; findings by their check."""
    sim.feishu.bot_url = PUBLIC

    def examine(**settings: str) -> dict[str, Finding]:
        environ = environment(sim, "sqlite:///x.db", PUBLIC_URL=PUBLIC) | settings
        return {one.check: one for one in examine_app(Settings.from_env(environ)).findings}

    return examine


@pytest.fixture
def app(sim):
    return sim.feishu.app


def states(findings):
    return {name: one.state for name, one in findings.items() if one.state != "ok"}


def test_an_app_that_has_all_it_needs_is_well(sim, examine):
    findings = examine()

    assert states(findings) == {}
    assert sorted(findings) == [
        "bot", "callback", "clock", "credentials", "events", "scopes", "version", "visibility",
    ]  # fmt: skip
    assert [call.api for call in sim.feishu.calls] == [
        "token", "bot.info", "app", "app.versions", "scopes",
    ]  # fmt: skip


# Credentials, clock, admission


def test_a_wrong_secret_ends_it_with_the_page_to_copy_it_from(sim, examine):
    findings = examine(APP_SECRET="an-old-secret")

    assert list(states(findings)) == ["credentials"]
    assert "APP_SECRET is wrong" in findings["credentials"].what.en
    assert "code 10015" in findings["credentials"].evidence
    assert findings["credentials"].link.endswith("/app/cli_sim/baseinfo")
    assert len(sim.feishu.calls) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [(10014, "disabled, not installed"), (10005, "doesn't accept"), (10012, "doesn't accept")],
)
def test_each_refusal_of_a_token_has_its_words(app, examine, code, words):
    app.admission.token_code = code

    assert words in examine()["credentials"].what.en


def test_an_app_id_that_nobody_knows_is_told(examine):
    finding = examine(APP_ID="cli_nobody")["credentials"]

    assert "doesn't know this APP_ID" in finding.what.en
    assert "FEISHU_DOMAIN=lark" in finding.remedy.en


@pytest.mark.parametrize(
    ("domain", "name", "setting"),
    [
        ("https://open.feishu.cn", "Lark", "FEISHU_DOMAIN=lark"),
        ("https://open.larksuite.com", "Feishu", "FEISHU_DOMAIN=feishu"),
    ],
)
def test_an_app_of_the_other_brand_is_told_by_asking_there_once(sim, domain, name, setting):
    other = sim.credentials
    asked = []

    def there(address: str) -> OpenApi:
        asked.append(address)
        return OpenApi(sim.feishu.url, other.app_id, other.app_secret)

    here = OpenApi(sim.feishu.url, "cli_of_another_brand", "secret")
    is_in, findings = check_credentials(here, domain, ConsoleLinks(domain, "cli_1"), there)

    assert not is_in
    assert f"belongs to {name}" in findings[0].what.en
    assert setting in findings[0].remedy.zh
    assert len(asked) == 1
    assert asked[0] != domain


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [(90.0, "warning", "behind"), (-600.0, "fault", "ahead of")],
)
def test_a_clock_that_is_wrong_is_told_with_how_much(app, examine, ahead, state, words):
    app.admission.clock_ahead = ahead

    finding = examine()["clock"]

    assert finding.state == state
    seconds = re.search(rf"It is (\d+) s {words} Feishu's", finding.what.en)
    # A second may have passed.
    assert seconds
    assert abs(int(seconds[1]) - abs(ahead)) <= 3


def test_a_server_outside_of_the_ip_list_is_told_with_the_page(app, examine):
    app.admission.allow(["198.51.100.1"])

    findings = examine()

    assert list(states(findings)) == ["ip_list"]
    assert findings["ip_list"].link.endswith("/safe")
    assert "203.0.113.10" in findings["ip_list"].evidence


@pytest.mark.parametrize(
    ("change", "check"),
    [({"quota_used_up": True}, "quota"), ({"app_status": 0, "token_code": 0}, "credentials")],
)
def test_what_is_refused_to_every_call_ends_it(app, examine, change, check):
    for name, value in change.items():
        setattr(app.admission, name, value)

    assert list(states(examine())) == [check]


def test_a_closed_port_is_told_with_what_to_check(examine):
    findings = examine(FEISHU_DOMAIN="http://127.0.0.1:9")

    assert list(findings) == ["feishu"]
    assert "refuses connections" in findings["feishu"].what.en


# Answers that aren't Feishu's


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>Sign in to the network</html>", "text/html"),
        (404, b"404 page not found", "text/plain"),
        (502, b"", "text/html"),
        (200, b'{"message": "not feishu"}', "application/json"),
        (200, b'{"code": "0"}', "application/json"),
        (200, b"[]", "application/json"),
    ],
)
def test_what_isnt_feishu_is_told_as_such(server, examine, status, body, kind):
    server.answer = page(status, body, kind)

    finding = examine(FEISHU_DOMAIN=server.url)["feishu"]

    assert "isn't Feishu's API" in finding.what.en
    assert f"HTTP {status}" in finding.evidence


NONSENSE = [
    None, 1, True, "x", [], [1], {}, {"app": 1}, {"app": {"scopes": "x"}}, {"items": {}},
    {"items": [1, {"status": "1", "event_infos": "x", "remark": []}]}, {"scopes": [{}]},
    {"app": {"scopes": [{"scope": 1}], "callback_info": {"callback_type": 5}}},
    {"app": {"callback_info": {"callback_type": "webhook", "request_url": 7}}},
    {"items": [{"status": 1, "publish_time": "soon", "event_infos": [1, {}], "version": {}}]},
]  # fmt: skip


@pytest.mark.parametrize("data", NONSENSE)
def test_data_of_any_other_shape_break_nothing(server, examine, data):
    token = {"code": 0, "tenant_access_token": "t-x", "expire": 7200}
    said = {**token, "data": data, "bot": data}
    server.answer = page(200, json.dumps(said).encode(), "application/json")

    assert examine(FEISHU_DOMAIN=server.url)["credentials"].state == "ok"


def test_what_feishu_says_stays_on_a_line_of_its_own(server, examine):
    said = json.dumps({"code": 1, "msg": "a\n2026 WARNING \x1b[31mforged\u202e" + "x" * 5000})
    server.answer = page(200, said.encode(), "application/json")

    evidence = examine(FEISHU_DOMAIN=server.url)["credentials"].evidence

    assert evidence.isprintable()
    assert len(evidence) <= 300


# The bot and its versions


@pytest.mark.parametrize("status", [0, 1, 3, 4, 5, 6])
def test_a_bot_that_isnt_on_is_told_by_why(app, examine, status):
    app.admission.activate_status = status

    finding = examine()["bot"]

    assert finding.state == "fault"
    assert finding.remedy.zh
    assert f"activate_status {status}" in finding.evidence


def test_an_app_without_a_bot_is_told_where_to_add_it(app, examine):
    app.has_bot = False

    finding = examine()["bot"]

    assert "the app has no bot" in finding.what.en.lower()
    assert finding.link.endswith("/bot")


def test_a_name_that_isnt_the_bots_is_a_warning(examine):
    assert examine(BOT_NAME="Somebody")["bot"].state == "warning"
    assert examine(BOT_NAME="CZLChat")["bot"].state == "ok"


def test_an_app_that_was_never_released_is_told(app, examine):
    app.versions.clear()

    finding = examine()["version"]

    assert finding.state == "fault"
    assert finding.link.endswith("/version")


def test_a_version_that_waits_is_told_with_who_has_to_approve_it(sim, app, examine):
    app.needs_review, app.owner = True, sim.feishu.add_person("Owner")
    app.publish("2.0.0", "remark", "changelog")

    finding = examine()["version"]

    assert finding.state == "warning"
    assert "2.0.0" in finding.what.zh
    assert "administrator of the company" in finding.remedy.en
    assert "/admin/" in finding.link
    assert app.owner.open_id in finding.evidence
    app.reject()
    assert "rejected" in examine()["version"].what.en


def test_a_first_version_that_waits_is_a_fault(app, examine):
    app.versions.clear()
    app.needs_review = True
    app.publish("1.0.0", "remark", "changelog")

    assert examine()["version"].state == "fault"


def test_a_bot_for_one_person_alone_is_told(sim, app, examine):
    app.visible_to = frozenset({"ou_1"})
    assert examine()["visibility"].state == "warning"
    app.visible_to = frozenset()
    assert examine()["visibility"].state == "fault"
    app.visible_to = frozenset({"ou_1", "ou_2"})
    assert examine()["visibility"].state == "ok"


# Scopes, events, callbacks


def asked_for(finding: Finding) -> list[str]:
    return parse_qs(urlsplit(finding.link).query)["q"][0].split(",")


def test_one_link_asks_for_all_that_is_missing_and_no_more(sim, app, examine):
    missing = ("im:message:send_as_bot", "im:message.p2p_msg:readonly", "im:resource")
    sim.feishu.withdraw(*missing)
    app.declared.difference_update(missing)

    findings = examine()

    assert findings["scopes"].state == "fault"
    assert "any answer at all" in findings["scopes"].what.en
    assert findings["useful_scopes"].state == "warning"
    assert sorted(asked_for(findings["scopes"])) == sorted(missing)
    assert findings["scopes"].link == findings["useful_scopes"].link


def test_a_wider_scope_does_as_well(sim, app, examine):
    sim.feishu.withdraw("im:message:send_as_bot", "im:message:readonly", "im:message:update")
    sim.feishu.grant("im:message")
    app.declared.difference_update({"im:message:send_as_bot", "im:message:readonly"})

    assert states(examine()) == {}


def test_a_scope_that_waits_for_approval_is_told_so(sim, examine):
    sim.feishu.withdraw("im:message.group_at_msg:readonly")

    finding = examine()["scopes"]

    assert "They are asked for, but not in force" in finding.remedy.en


def test_without_leave_to_read_itself_the_grants_tell_of_scopes(sim, app, examine):
    sim.feishu.withdraw("application:application:self_manage", "im:message:send_as_bot")
    app.declared.discard("application:application:self_manage")

    findings = examine()

    assert findings["scopes"].state == "fault"
    assert "self_manage" in findings["useful_scopes"].what.en
    assert findings["events"].state == "unknown"
    assert "version" not in findings


def test_all_messages_of_groups_need_a_scope_only_where_they_are_wanted(sim, examine):
    assert "scopes" not in states(examine())
    assert "im:message.group_msg" in examine(GROUP_REPLY="all")["scopes"].what.zh
    sim.feishu.grant("im:message.group_msg")
    assert examine(GROUP_REPLY="all")["scopes"].state == "ok"


def test_an_event_that_isnt_subscribed_to_is_named(sim, examine):
    sim.feishu.subscription.events.discard("im.message.receive_v1")
    finding = examine()["events"]
    assert finding.state == "fault"
    assert "im.message.receive_v1" in finding.what.en

    sim.feishu.subscription.events.add("im.message.receive_v1")
    sim.feishu.subscription.events.discard("application.bot.menu_v6")
    assert examine()["events"].state == "warning"


def test_what_was_only_added_to_the_draft_doesnt_count(sim, app, examine):
    sim.feishu.subscription.events.discard("im.message.receive_v1")
    app.set_events(add=["im.message.receive_v1"])

    assert examine()["events"].state == "fault"


def test_the_long_connection_chosen_while_we_wait_for_requests_is_told(sim, examine):
    sim.feishu.subscription.callback_type = "websocket"

    finding = examine()["transport"]

    assert finding.state == "fault"
    assert "TRANSPORT=long_connection" in finding.remedy.zh


def test_requests_chosen_while_we_hold_a_connection_are_told(sim, examine):
    finding = examine(TRANSPORT="long_connection")["transport"]

    assert "TRANSPORT=webhook" in finding.remedy.en
    sim.feishu.subscription.callback_type = "websocket"
    assert states(examine(TRANSPORT="long_connection")) == {}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no address for callbacks"),
        ("https://old.example.com/webhook/card", "at old.example.com"),
        (f"{PUBLIC}/webhook/cards", "isn't this bot"),
    ],
)
def test_a_callback_address_that_isnt_ours_is_told(sim, examine, url, words):
    sim.feishu.card_url = url

    finding = examine()["callback"]

    assert finding.state == "fault"
    assert words in finding.what.en


def test_callbacks_to_the_address_for_events_are_well(sim, examine):
    sim.feishu.card_url = f"{PUBLIC}/webhook/event"

    assert states(examine()) == {}


def test_a_callback_that_isnt_subscribed_to_is_told(sim, examine):
    sim.feishu.subscription.callbacks.clear()

    assert "card.action.trigger" in examine()["callback"].what.en


def test_where_feishu_tells_nothing_of_callbacks_nothing_is_said(app, examine):
    app.tells_callbacks = False

    findings = examine()

    assert "callback" not in findings
    assert states(findings) == {}


def test_the_whole_takes_five_calls_and_little_time(sim, examine):
    started = time.monotonic()

    examine()

    assert len(sim.feishu.calls) == 5
    assert time.monotonic() - started < 5.0


def test_what_a_company_leaves_out_on_purpose_is_no_warning(sim, app, examine):
    names = {"contact:user.base:readonly", "contact:contact.base:readonly"}
    sim.feishu.withdraw(*names)
    app.declared.difference_update(names)

    findings = examine()

    assert states(findings) == {}
    assert "names of people" in findings["optional_scopes"].what.en
    assert set(asked_for(findings["optional_scopes"])) == names
