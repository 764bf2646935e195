"""The simulated app as its console has it: draft, versions, and what counts when."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from feishu_simulator.app_versions import APPROVED, REJECTED
from feishu_simulator.refusals import Refusal


def test_keys_count_from_the_version_on_that_has_them(sim) -> None:
    app, before = sim.feishu.app, sim.credentials.encrypt_key
    app.needs_review = True

    app.set_draft(encrypt_key="new", verification_token="newer")
    version = app.publish("2.0.0", "r", "c")

    assert sim.credentials.encrypt_key == before
    app.approve()
    assert (sim.credentials.encrypt_key, sim.credentials.verification_token) == ("new", "newer")
    assert (app.online, version.status) == (version, APPROVED)


def test_a_rejected_version_changes_nothing_and_keeps_the_draft(sim) -> None:
    app = sim.feishu.app
    app.needs_review = True
    app.set_events(remove=["im.message.receive_v1"])

    app.publish("", "r", "c")
    app.reject()

    assert "im.message.receive_v1" in app.in_force().events
    assert "im.message.receive_v1" not in app.draft().events
    assert [one.status for one in app.versions] == [APPROVED, REJECTED]


def test_what_the_page_switches_shows_in_the_version_online(sim) -> None:
    sim.feishu.subscription.events.remove("im.message.receive_v1")

    shown = sim.feishu.app.shown(sim.feishu.app.versions[0])

    assert "im.message.receive_v1" not in shown.picture.events


def test_sensitive_scopes_wait_for_the_version(sim) -> None:
    app = sim.feishu.app

    app.set_scopes(add=["im:message.group_msg", "docx:document:readonly"])

    assert "docx:document:readonly" in sim.feishu.access.scopes
    assert "im:message.group_msg" not in sim.feishu.access.scopes
    app.publish("", "r", "c")
    assert "im:message.group_msg" in sim.feishu.access.scopes


def test_version_numbers_rise_and_only_one_is_in_review(sim) -> None:
    app = sim.feishu.app
    with pytest.raises(Refusal) as low:
        app.publish("1.0.0", "r", "c")
    assert low.value.code == 210303

    app.needs_review = True
    app.publish("", "r", "c")
    with pytest.raises(Refusal) as second:
        app.publish("", "r", "c")
    assert second.value.code == 210302


def test_an_app_that_nobody_has_made_gets_no_token(sim, http) -> None:
    sim.feishu.app.forget()
    body = {"app_id": sim.credentials.app_id, "app_secret": sim.credentials.app_secret}

    url = f"{sim.feishu.url}/open-apis/auth/v3/tenant_access_token/internal"

    assert http.post(url, json=body).json()["code"] == 10003


def test_the_launcher_registers_for_the_first_person(sim) -> None:
    sim.feishu.app.forget()
    owner = sim.feishu.add_person("Ann")
    link = begin(sim)

    with urllib.request.urlopen(link, timeout=5) as page:
        assert "Create an app" in page.read().decode()
    urllib.request.urlopen(link, b"confirms=1", timeout=5).close()

    assert sim.feishu.app.owner is owner
    assert sim.feishu.app.in_force().subscription_type == "websocket"
    with pytest.raises(urllib.error.HTTPError) as used:
        urllib.request.urlopen(link, b"confirms=1", timeout=5)
    assert used.value.code == 410
    used.value.close()


def begin(sim) -> str:
    form = {"action": "begin", "archetype": "PersonalAgent", "auth_method": "client_secret"}
    status, content = sim.feishu.registration.handle(form)
    assert status == 200
    return content["verification_uri_complete"]
