"""From nothing to a published app, in both transports, for Feishu and for Lark."""

from __future__ import annotations

import logging
import re
import stat

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.languages import Language, Words
from feishu_bot.errors import SetupFailed
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.setup.checks import without_restart
from feishu_bot.setup.dialogue import Question
from feishu_bot.setup.doorway import Doorway, listen
from feishu_bot.setup.manifest import EVENTS, SCOPES
from feishu_bot.setup.progress import Options
from feishu_bot.setup.way_in_step import WayInStep
from tests.setup.conftest import Tenant

ASKED = {scope.name for scope in SCOPES if scope.is_asked}


def test_one_scan_makes_a_complete_webhook_bot(tenant: Tenant) -> None:
    assert tenant.set_up(public_url=tenant.public_url) == "live"

    app = tenant.app.in_force()
    saved = tenant.saved
    assert (app.subscription_type, app.callback_type) == ("webhook", "webhook")
    assert app.event_url == f"{tenant.public_url}/webhook/event"
    assert app.card_url == f"{tenant.public_url}/webhook/card"
    assert (app.encrypt_key, app.verification_token) == (
        saved["APP_ENCRYPT_KEY"],
        saved["APP_VERIFICATION_TOKEN"],
    )
    assert set(EVENTS) <= app.events
    assert app.callbacks == {"card.action.trigger"}
    assert app.scopes >= ASKED
    assert app.visible_to is None
    assert next(entry["event_key"] for entry in app.menu) == "new"
    assert [one["command"] for one in tenant.app.commands.values()][-1] == "new"
    assert saved["ADMINS"] == tenant.owner.open_id
    assert (saved["APP_ID"], saved["APP_SECRET"]) == (
        tenant.sim.credentials.app_id,
        tenant.sim.credentials.app_secret,
    )
    assert len(saved["APP_ENCRYPT_KEY"]) == len(saved["APP_VERIFICATION_TOKEN"]) == 32
    assert tenant.phone.steps == ["app", "way_in", "model", "release", "check"]
    assert "fault" not in {state for state, _, _ in tenant.phone.told}


def test_one_scan_makes_a_bot_that_needs_no_address(tenant: Tenant) -> None:
    assert tenant.set_up(long_connection=True) == "live"

    app = tenant.app.in_force()
    assert (app.subscription_type, app.callback_type) == ("websocket", "websocket")
    assert set(EVENTS) <= app.events
    assert tenant.saved["TRANSPORT"] == "long_connection"
    assert tenant.doorway.knocks == 0


def test_what_nobody_has_said_is_asked(tenant: Tenant) -> None:
    tenant.options |= {"api_url": "", "openai_key": "", "model": ""}
    tenant.phone.answers = {
        "way_in": ["webhook"],
        "PUBLIC_URL": ["bot.example.com", tenant.public_url],
        "service": ["other"],
        "API_URL": [tenant.sim.gateway.url],
        "OPENAI_KEY": ["sk-wrong-key-000", tenant.sim.gateway.keys[0]],
        "OPENAI_MODEL": [tenant.sim.gateway.models[1]],
    }
    tenant.phone.answers["service"] *= 2
    tenant.phone.answers["API_URL"] *= 2

    assert tenant.set_up() == "live"

    assert tenant.saved["OPENAI_MODEL"] == tenant.sim.gateway.models[1]
    assert tenant.saved["OPENAI_KEY"] == tenant.sim.gateway.keys[0]
    assert "begin with https://" in tenant.phone.english


def test_a_second_run_finds_everything_done(tenant: Tenant) -> None:
    tenant.set_up(public_url=tenant.public_url)
    versions, links = len(tenant.app.versions), len(tenant.phone.links)

    assert tenant.set_up(openai_key="") == "live"

    assert (len(tenant.app.versions), len(tenant.phone.links)) == (versions, links)
    assert "is live already" in tenant.phone.english


def test_a_run_that_broke_off_goes_on_where_it_was(tenant: Tenant) -> None:
    tenant.sim.gateway.keys[:] = ["sk-another"]
    with pytest.raises(SetupFailed) as failed:
        tenant.set_up(public_url=tenant.public_url)
    assert failed.value.step == "model"

    assert tenant.set_up(openai_key="sk-another") == "live"

    assert len(tenant.phone.links) == 1


def test_an_address_that_leads_elsewhere_is_asked_for_again(tenant: Tenant) -> None:
    tenant.phone.answers = {"way_in": ["webhook"], "PUBLIC_URL": [tenant.public_url]}

    assert tenant.set_up(public_url=tenant.sim.gateway.url) == "live"

    assert "can't reach the request URL" in tenant.phone.english
    assert tenant.saved["PUBLIC_URL"] == tenant.public_url


def test_an_address_that_leads_elsewhere_ends_a_run_without_a_person(tenant: Tenant) -> None:
    with pytest.raises(SetupFailed) as failed:
        tenant.set_up(public_url=tenant.sim.gateway.url)

    assert failed.value.code == "210042"


def test_to_set_up_anew_offers_the_way_that_is_used(tenant: Tenant) -> None:
    tenant.set_up(public_url=tenant.public_url)
    offered: list[str] = []

    def ask(question: Question) -> str:
        offered.append(question.default)
        return question.default

    tenant.phone.ask = ask  # type: ignore[method-assign]
    WayInStep(tenant.progress, tenant.phone, Options(redo=True)).run()

    assert offered == ["webhook", tenant.public_url]


def test_an_address_of_the_inside_is_asked_for_again_at_once(tenant: Tenant) -> None:
    tenant.environ["FEISHU_DOMAIN"] = "https://open.feishu.cn"
    tenant.phone.answers = {
        "way_in": ["webhook", "long_connection"],
        "PUBLIC_URL": ["http://192.168.1.5:9000"],
    }

    wanted = WayInStep(tenant.progress, tenant.phone, Options()).run()

    assert wanted.mode == "long_connection"
    assert "192.168.1.5:9000 is reached from inside alone" in tenant.phone.english


def test_a_refused_key_asks_for_no_name_of_a_model(tenant: Tenant) -> None:
    tenant.options |= {"openai_key": "", "model": ""}
    tenant.phone.answers = {
        "OPENAI_KEY": ["sk-wrong-key-000", tenant.sim.gateway.keys[0]],
        "OPENAI_MODEL": [tenant.sim.gateway.models[0]],
    }

    assert tenant.set_up(long_connection=True) == "live"

    assert tenant.phone.asked == ["OPENAI_KEY", "OPENAI_KEY", "OPENAI_MODEL"]
    # One sentence after the other, each with one stop.
    assert "accept the bot's key. The API key isn't recognised" in tenant.phone.english
    # It asks for another one, and no bot is there to be restarted.
    assert "restart" not in tenant.phone.english


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_remedy_speaks_of_a_restart_where_there_is_no_bot_yet(language: Language) -> None:
    catalog = Catalog.load(language)
    remedies = [catalog.notice(kind, {"offered": "a"}).remedy for kind in ModelErrorKind]
    restarts = [remedy for remedy in remedies if re.search("重启|restart", remedy)]
    assert restarts

    for remedy in restarts:
        told = without_restart(Words(remedy, remedy))
        text = told.zh if language == "zh" else told.en
        assert not re.search("重启|restart|[，；]。", text), text


def test_two_set_ups_of_one_file_do_not_overwrite_each_other(tenant: Tenant) -> None:
    with tenant.progress.alone(), pytest.raises(SetupFailed) as failed:
        tenant.set_up(long_connection=True)

    assert (failed.value.step, tenant.saved) == ("save", {})
    assert tenant.set_up(long_connection=True) == "live"


def test_other_wishes_make_another_version(tenant: Tenant) -> None:
    tenant.set_up(public_url=tenant.public_url)

    tenant.set_up(long_connection=True)

    assert [one.number for one in tenant.app.versions] == ["1.0.0", "1.0.1", "1.0.2"]
    assert tenant.app.in_force().subscription_type == "websocket"


def test_a_version_in_review_is_followed_and_named(tenant: Tenant) -> None:
    tenant.app.needs_review = True

    assert tenant.set_up(public_url=tenant.public_url) == "in_review"
    assert "waits for an administrator" in tenant.phone.english
    assert "https://www.feishu.cn/admin" in tenant.phone.english
    # Nothing can be changed meanwhile, and nothing has to be.
    assert tenant.set_up() == "in_review"
    tenant.app.approve()
    assert tenant.set_up() == "live"
    assert len(tenant.app.versions) == 2


def test_an_approval_while_it_waits_ends_the_waiting(tenant: Tenant) -> None:
    tenant.app.needs_review = True
    tenant.phone.on_wait = lambda: tenant.app.in_review and tenant.app.approve()

    assert tenant.set_up(public_url=tenant.public_url, follow_seconds=30.0) == "live"


def test_a_rejected_version_is_told(tenant: Tenant) -> None:
    tenant.app.needs_review = True
    tenant.phone.on_wait = lambda: tenant.app.in_review and tenant.app.reject()

    with pytest.raises(SetupFailed, match=r"rejected version 1\.0\.1"):
        tenant.set_up(public_url=tenant.public_url, follow_seconds=30.0)


def test_a_lark_user_gets_a_list_of_what_to_press(tenant: Tenant, lark) -> None:
    assert tenant.set_up(public_url=tenant.public_url) == "by_hand"

    saved = tenant.saved
    assert saved["FEISHU_DOMAIN"] == lark.feishu.url
    assert saved["APP_SECRET"] == lark.credentials.app_secret
    assert saved["ADMINS"] == tenant.owner.open_id
    said = tenant.phone.english
    for part in ("scope-apply?clientID=", f"{tenant.public_url}/webhook/event", *EVENTS):
        assert part in said
    assert [line for line in said.splitlines() if line.startswith("info 6. ")]


def test_keys_of_the_console_are_taken_before_the_addresses_are_saved(tenant: Tenant, lark) -> None:
    key, token = "k" * 32, "t" * 32
    knocked = []

    def save_in_console() -> None:
        import json
        import urllib.request

        body = json.dumps({"type": "url_verification", "token": token, "challenge": "c"}).encode()
        url = f"{tenant.public_url}/webhook/event"
        with urllib.request.urlopen(url, body, timeout=5) as answer:
            knocked.append(json.loads(answer.read()))

    class Console(list):
        def pop(self, at):
            save_in_console()
            return super().pop(at)

    tenant.phone.answers = {"APP_ENCRYPT_KEY": [key], "APP_VERIFICATION_TOKEN": [token]}
    tenant.phone.answers["done_by_hand"] = Console(["done"])

    assert tenant.set_up(public_url=tenant.public_url) == "live"

    assert knocked == [{"challenge": "c"}]
    assert tenant.saved["APP_ENCRYPT_KEY"] == key


def test_an_app_that_may_not_configure_itself_is_updated_by_a_scan(tenant: Tenant) -> None:
    tenant.app.register(tenant.owner, ["im:message:send_as_bot"], [])
    tenant.progress.save(
        APP_ID=tenant.sim.credentials.app_id, APP_SECRET=tenant.sim.credentials.app_secret
    )

    assert tenant.set_up(public_url=tenant.public_url) == "live"

    (link,) = tenant.phone.links
    assert f"clientID={tenant.sim.credentials.app_id}" in link
    assert tenant.app.in_force().scopes >= ASKED


@pytest.mark.parametrize("keys", ["new", "plain", "in_force"])
def test_the_challenge_is_answered_whatever_keys_it_comes_under(tenant: Tenant, keys) -> None:
    tenant.app.challenge_keys = keys

    assert tenant.set_up(public_url=tenant.public_url) == "live"


def test_nothing_secret_is_said_or_logged(tenant: Tenant, caplog) -> None:
    caplog.set_level(logging.DEBUG)

    tenant.set_up(public_url=tenant.public_url)

    saved = tenant.saved
    secret = [saved[name] for name in ("APP_SECRET", "APP_ENCRYPT_KEY", "OPENAI_KEY")]
    secret += [saved["APP_VERIFICATION_TOKEN"], *tenant.phone.links]
    secret += list(tenant.feishu.registration._flows)
    said = tenant.phone.english + "".join(text.zh for _, text, _ in tenant.phone.told)
    for one in secret:
        assert one not in said
        assert one not in caplog.text


def test_a_bot_that_is_running_answers_the_check_itself(tenant: Tenant) -> None:
    tenant.set_up(public_url=tenant.public_url)
    saved = tenant.saved
    running = Doorway()
    running.accepts((saved["APP_ENCRYPT_KEY"], saved["APP_VERIFICATION_TOKEN"]))

    with listen(running, "127.0.0.1", tenant.port):
        assert tenant.set_up(redo=True, public_url=tenant.public_url) == "live"

    assert running.knocks == 1
    assert "A bot is running on port" in tenant.phone.english


def test_the_settings_are_for_their_owner_alone(tenant: Tenant) -> None:
    tenant.set_up(long_connection=True)

    assert stat.S_IMODE(tenant.progress.file.path.stat().st_mode) == 0o600
