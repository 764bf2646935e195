"""The link, the polls, and all that can happen between them."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from feishu_bot.errors import SetupFailed
from feishu_bot.setup import registration as wire
from feishu_bot.setup.http_calls import HttpCalls
from feishu_bot.setup.links import accounts_of
from feishu_bot.setup.manifest import EVENTS
from feishu_bot.setup.registration import RegisteredApp, Registration
from feishu_simulator.registration import read_addons
from tests.setup.conftest import Tenant, free_port


class Waiting:
    """Counts the waits, and lets something happen in the first."""

    def __init__(self, happens=lambda: None) -> None:
        self.seconds: list[float] = []
        self.happens = happens
        self.now = 0.0

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        self.now += seconds
        if len(self.seconds) == 1:
            self.happens()
        return False


@pytest.fixture
def calls() -> Iterator[HttpCalls]:
    made = HttpCalls()
    yield made
    made.close()


def register(tenant: Tenant, calls: HttpCalls, waiting: Waiting, **options) -> RegisteredApp:
    made = Registration(
        calls, domain=tenant.feishu.url, wait=waiting, timer=lambda: waiting.now, **options
    )
    link = made.begin(name="Bot")
    happens = waiting.happens
    waiting.happens = lambda: happens(link.url)
    return made.finish(link)


def scanning(tenant: Tenant) -> Waiting:
    return Waiting(tenant.scan)


def test_the_link_asks_for_what_the_bot_needs(tenant: Tenant, calls) -> None:
    waiting = scanning(tenant)
    made = Registration(calls, domain=tenant.feishu.url, wait=waiting)
    query = parse_qs(urlsplit(made.begin(name="Bot").url).query)

    addons = read_addons(query["addons"][0])
    assert query["name"] == ["Bot"]
    assert "clientID" not in query
    assert "application:application:patch" in addons["scopes"]["tenant"]
    assert addons["events"]["items"]["tenant"] == sorted(EVENTS)
    assert addons["callbacks"] == {"items": ["card.action.trigger"]}


def test_the_link_of_an_app_names_it_and_fits_into_a_code(tenant: Tenant, calls) -> None:
    made = Registration(calls, domain=tenant.feishu.url, wait=scanning(tenant))

    url = made.begin(name="Bot", app_id="cli_0123456789abcdef").url

    assert "clientID=cli_0123456789abcdef" in url
    assert len(url) < 800


def test_pages_in_place_of_answers_are_waited_out(tenant: Tenant, calls) -> None:
    tenant.feishu.registration.pages = 3
    waiting = scanning(tenant)

    app = register(tenant, calls, waiting)

    assert app.app_id == tenant.sim.credentials.app_id
    assert len(waiting.seconds) == 4


def test_each_slow_down_makes_it_slower(tenant: Tenant, calls) -> None:
    tenant.feishu.registration.slow_downs = 2
    tenant.feishu.registration.interval = 5.0
    waiting = scanning(tenant)

    register(tenant, calls, waiting)

    assert waiting.seconds == [5.0, 10.0, 15.0]


def test_a_lark_user_is_followed_to_lark(tenant: Tenant, lark, calls) -> None:
    app = register(tenant, calls, scanning(tenant), lark_domain=lark.feishu.url)

    assert app.brand == "lark"
    assert app.app_secret == lark.credentials.app_secret
    assert tenant.app.exists is False


def refused(tenant: Tenant, calls: HttpCalls, waiting: Waiting) -> SetupFailed:
    with pytest.raises(SetupFailed) as failed:
        register(tenant, calls, waiting)
    assert failed.value.words.zh
    assert failed.value.step == "register"
    return failed.value


def test_a_refusal_on_the_phone_is_told(tenant: Tenant, calls) -> None:
    def refuse(url: str) -> None:
        tenant.feishu.registration.scan(url, tenant.owner, confirms=False)

    assert refused(tenant, calls, Waiting(refuse)).code == "access_denied"


def test_a_link_that_nobody_scans_expires(tenant: Tenant, calls) -> None:
    tenant.feishu.registration.interval = 60
    waiting = Waiting(lambda _: None)

    assert refused(tenant, calls, waiting).code == "expired_token"
    assert waiting.now == tenant.feishu.registration.lifetime


def test_a_link_that_is_used_already_is_told_as_expired(tenant: Tenant, calls) -> None:
    def use_up(url: str) -> None:
        tenant.scan(url)
        for flow in tenant.feishu.registration._flows.values():
            flow.is_used = True

    assert refused(tenant, calls, Waiting(use_up)).code == "invalid_grant"


def test_a_company_that_forbids_it_is_told_with_the_console(tenant: Tenant, calls) -> None:
    tenant.feishu.registration.is_forbidden = True

    failure = refused(tenant, calls, Waiting())

    assert failure.code == "unsupported_auth_method"
    assert failure.link == f"{tenant.feishu.url}/app"


def test_giving_up_ends_the_waiting(tenant: Tenant, calls) -> None:
    made = Registration(calls, domain=tenant.feishu.url, wait=lambda seconds: True)
    link = made.begin(name="Bot")

    with pytest.raises(SetupFailed, match="Given up"):
        made.finish(link)


def test_nobody_at_the_address_is_told_by_how_far_it_got(calls) -> None:
    made = Registration(calls, domain=f"http://127.0.0.1:{free_port()}", wait=lambda s: False)

    with pytest.raises(SetupFailed) as failed:
        made.begin(name="Bot")

    assert failed.value.code == "refused"


def test_a_server_that_says_nothing_ends_by_the_time_out() -> None:
    class Silent(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            released.wait(10)

        def log_message(self, *args: object) -> None:
            pass

    released = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    calls = HttpCalls(timeout=0.2)
    domain = f"http://127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(SetupFailed) as failed:
            Registration(calls, domain=domain, wait=lambda s: False).begin(name="Bot")
    finally:
        released.set()
        server.shutdown()
        server.server_close()

    assert failed.value.code == "timeout"


def test_nothing_secret_is_in_a_repr(tenant: Tenant, calls) -> None:
    made = Registration(calls, domain=tenant.feishu.url, wait=lambda s: False)
    link = made.begin(name="Bot")
    app = RegisteredApp("cli_1", "the secret", "ou_1", "feishu")

    assert link.device_code not in repr(link)
    assert "user_code" not in repr(link)
    assert "the secret" not in repr(app)


@pytest.mark.parametrize(
    ("domain", "accounts"),
    [
        ("https://open.feishu.cn", "https://accounts.feishu.cn"),
        ("https://open.larksuite.com", "https://accounts.larksuite.com"),
        ("http://127.0.0.1:9001", "http://127.0.0.1:9001"),
    ],
)
def test_accounts_stand_beside_the_open_platform(domain: str, accounts: str) -> None:
    assert accounts_of(domain) == accounts


def test_names_that_the_page_does_not_know_are_left_out(tenant: Tenant, calls, monkeypatch) -> None:
    monkeypatch.setattr(wire, "addons", lambda: wire_addons(["im:resource", "nothing:real"]))
    register(tenant, calls, scanning(tenant))

    assert "im:resource" in tenant.app.declared
    assert "nothing:real" not in tenant.app.declared


def wire_addons(scopes: list[str]) -> str:
    return real_addons(scopes)


real_addons = wire.addons
