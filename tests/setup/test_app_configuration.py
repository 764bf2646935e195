"""Each refusal of the configuration API, with its remedy."""

from __future__ import annotations

import pytest

from feishu_bot.errors import SetupFailed
from feishu_bot.setup.app_configuration import AppConfiguration, WantedApp, next_number
from feishu_bot.setup.configuration_errors import BY_HAND, REMEDIES
from feishu_bot.setup.http_calls import HttpCalls
from tests.setup.conftest import Tenant, free_port

REFUSALS = {
    "app.config": (210031, 210032, 210036, 210037, 210040, 210041, 210042),
    "app.ability": (210034, 210035, 210043, 99991400, 99991401, 210999),
    "app.publish": (210001, 210302, 210303, 210304),
}


@pytest.mark.parametrize(
    ("api", "code"), [(api, code) for api, codes in REFUSALS.items() for code in codes]
)
def test_each_refusal_says_step_code_remedy_and_page(tenant: Tenant, api: str, code: int) -> None:
    tenant.feishu.faults.fail(api, every=1, status=400, code=code, msg="refused")

    if code in BY_HAND:
        assert tenant.set_up(public_url=tenant.public_url) == "by_hand"
        assert f"(code {code})" in tenant.phone.english
        assert "scope-apply?clientID=" in tenant.phone.english
        return
    with pytest.raises(SetupFailed) as failed:
        tenant.set_up(public_url=tenant.public_url)

    assert failed.value.code == str(code)
    assert failed.value.step in {"bot", "configure", "publish"}
    page = f"{tenant.feishu.url}/app/{tenant.sim.credentials.app_id}/"
    assert failed.value.link.startswith(page)
    assert failed.value.words.en != failed.value.words.zh


def test_an_address_that_leads_elsewhere_is_told_before_and_after(tenant: Tenant) -> None:
    with pytest.raises(SetupFailed) as failed:
        tenant.set_up(public_url=f"http://127.0.0.1:{free_port()}")

    assert failed.value.code == "210042"
    assert "nothing listens on that port" in tenant.phone.english
    # What the events already lead to stays.
    assert tenant.app.in_force().subscription_type == "websocket"


def test_an_address_of_another_server_is_recognised(tenant: Tenant) -> None:
    with pytest.raises(SetupFailed):
        tenant.set_up(public_url=tenant.sim.gateway.url)

    assert "but not from here" in tenant.phone.english


def test_a_missing_scope_comes_with_a_link_for_all(tenant: Tenant) -> None:
    tenant.feishu.faults.fail("app.ability", every=1, status=400, code=99991672, msg="refused")

    with pytest.raises(SetupFailed) as failed:
        tenant.set_up(public_url=tenant.public_url)

    # A scan was tried first.
    assert len(tenant.phone.links) == 2
    assert "/page/scope-apply?clientID=" in failed.value.link
    assert "application%3Aapplication%3Apatch" in failed.value.link


@pytest.mark.parametrize(("secret", "code"), [("wrong", "10015"), ("", "10003")])
def test_refused_credentials_are_told(tenant: Tenant, secret: str, code: str) -> None:
    calls = HttpCalls()
    tenant.app.register(tenant.owner, [], [])
    app = AppConfiguration(
        calls, domain=tenant.feishu.url, app_id=tenant.sim.credentials.app_id, app_secret=secret
    )

    with pytest.raises(SetupFailed) as failed:
        app.check()

    assert failed.value.code == code
    assert failed.value.step == "credentials"


def test_a_panel_that_is_refused_stops_nothing(tenant: Tenant) -> None:
    tenant.feishu.faults.fail("panel.create", every=1, status=400, code=40000031, msg="no")

    assert tenant.set_up(public_url=tenant.public_url) == "live"
    assert "No command panel" in tenant.phone.english


def test_an_inside_address_is_refused_for_the_real_feishu(tenant: Tenant) -> None:
    tenant.app.register(tenant.owner, [], [])
    tenant.environ |= {
        "FEISHU_DOMAIN": "feishu",
        "APP_ID": tenant.sim.credentials.app_id,
        "APP_SECRET": "0123456789abcdef0123456789abcdef",
    }

    with pytest.raises(SetupFailed, match="from inside alone"):
        tenant.set_up(public_url="http://192.168.1.2:9000")


@pytest.mark.parametrize(
    ("numbers", "following"),
    [([], "1.0.0"), (["1.0.0"], "1.0.1"), (["1.9.0", "1.10.2", "x"], "1.10.3")],
)
def test_version_numbers_rise(numbers: list[str], following: str) -> None:
    assert next_number(numbers) == following


def test_the_fingerprint_tells_wishes_apart() -> None:
    one = WantedApp("webhook", "https://a.example", "k" * 32, "t" * 32)
    others = [
        WantedApp("long_connection", "https://a.example", "k" * 32, "t" * 32),
        WantedApp("webhook", "https://b.example", "k" * 32, "t" * 32),
        WantedApp("webhook", "https://a.example", "l" * 32, "t" * 32),
    ]

    assert (
        one.fingerprint()
        == WantedApp("webhook", "https://a.example", "k" * 32, "t" * 32).fingerprint()
    )
    assert one.fingerprint() not in [other.fingerprint() for other in others]
    assert "k" * 32 not in repr(one)


def test_every_remedy_is_in_both_languages() -> None:
    for text, _ in REMEDIES.values():
        assert text.zh
        assert text.en.isascii()
