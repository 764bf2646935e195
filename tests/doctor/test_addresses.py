"""Knocking at the bot's own address, and what may be in the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from feishu_bot.feishu.webhook.handler import WebhookHandler
from feishu_bot.feishu.webhook.knock import Delivery, Keys, KnockAnswers, knock
from feishu_bot.feishu.webhook.signature import SignatureVerifier
from feishu_bot.setup.doctor.addresses import DAY, EVENT_ADDRESS, Knocker, send
from feishu_bot.setup.doctor.process import check_process
from feishu_bot.setup.exchange import Answer, Failure
from tests.doctor.conftest import page

KEYS = Keys("cli_1", "the encrypt key", "the token")
OTHER_KEYS = Keys("cli_2", "another encrypt key", "another token")
LOOPBACK = "http://127.0.0.1"


class Door:
    """A bot's webhook, as somebody reaches it from outside."""

    def __init__(self, keys: Keys = KEYS, *, installation: str = "here") -> None:
        self.noted: list[str] = []
        verifier = SignatureVerifier(
            app_id=keys.app_id,
            encrypt_key=keys.encrypt_key,
            verification_token=keys.verification_token,
            max_age=1000.0,
        )
        nobody = SimpleNamespace(dispatch=None)
        self._handler = WebhookHandler(
            verifier,
            nobody,
            knocks=KnockAnswers(keys.encrypt_key, lambda: installation),
            note=self.noted.append,
        )
        self.seconds = 0.01
        self.certificate_ends: float | None = None

    def __call__(self, url: str, delivery: Delivery) -> Answer:
        status, said = self._handler.handle("event", delivery.headers, delivery.body)
        return self.answer(status, json.dumps(said).encode())

    def answer(self, status: int, body: bytes, kind: str = "application/json") -> Answer:
        return Answer(
            status=status,
            headers={"Content-Type": kind},
            body=body,
            seconds=self.seconds,
            certificate_ends=self.certificate_ends,
        )


def examined(send: Callable[[str, Delivery], Answer | Failure], **more):
    values = {"public_url": LOOPBACK, "domain": "http://127.0.0.1:1", "installation": "here"}
    return Knocker(keys=KEYS, send=send, **values | more).examine(EVENT_ADDRESS)


def test_an_address_that_leads_to_the_bot_is_well_and_does_nothing():
    door = Door()

    finding = examined(door)

    assert finding.state == "ok"
    assert door.noted == []


def test_a_proxy_that_writes_the_body_anew_is_told():
    door = Door()

    def rewriting(url, delivery):
        return door(url, Delivery(delivery.headers, compacted(delivery.body)))

    finding = examined(rewriting)

    assert finding.state == "fault"
    assert "writes the body anew" in finding.what.en
    assert "正文" in finding.what.zh


def compacted(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


def test_a_proxy_that_drops_headers_is_told():
    door = Door()

    def dropping(url, delivery):
        kept = {k: v for k, v in delivery.headers.items() if not k.startswith("X-Lark")}
        return door(url, Delivery(kept, delivery.body))

    finding = examined(dropping)

    assert "drops headers" in finding.what.en
    # The bot itself knows as much, from Feishu's own events.
    assert "refused:signature lost on the way" in door.noted


def test_another_apps_bot_is_told():
    finding = examined(Door(OTHER_KEYS))

    assert "has other keys" in finding.what.en


def test_another_installation_of_the_same_app_is_told():
    finding = examined(Door(installation="elsewhere"))

    assert "another installation" in finding.what.en
    assert examined(Door(installation="elsewhere"), installation="").state == "ok"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (404, b"404 page not found", "text/plain", "no such path"),
        (502, b"<html>Bad Gateway", "text/html", "the bot behind it doesn't answer"),
        (200, b"<!DOCTYPE html><title>ngrok", "text/html", "a page of a site"),
        (403, b"Forbidden", "text/plain", "a firewall answers"),
        (500, b'{"msg": "error"}', "application/json", "can't store events"),
        (200, b'{"challenge": "another"}', "application/json", "isn't this bot"),
        (200, b"[]", "application/json", "isn't this bot"),
    ],
)
def test_each_wrong_answer_is_told_with_what_to_do(status, body, kind, words):
    finding = examined(lambda url, delivery: Door().answer(status, body, kind))

    assert finding.state == "fault"
    assert words in finding.what.en
    assert finding.remedy.zh
    assert f"HTTP {status}" in finding.evidence


def test_a_redirect_is_told_with_where_it_leads(server):
    server.answer = page(301, b"", Location="https://www.example.com/")

    finding = examined(send, public_url=server.url)

    assert "redirects to https://www.example.com/" in finding.what.en


def test_each_layer_has_its_words():
    dns = examined(lambda url, delivery: Failure("dns", "x"))
    expired = examined(lambda url, delivery: Failure("certificate_expired", "x"))

    assert "DNS" in dns.what.en
    assert "certificate has expired" in expired.what.en


def test_where_events_come_in_it_is_no_fault_that_the_server_cant_reach_itself():
    finding = examined(lambda url, delivery: Failure("timeout", "x"), hears_events=True)

    assert finding.state == "warning"
    # A certificate that isn't trusted is one for Feishu, too.
    broken = examined(lambda url, delivery: Failure("certificate_chain", "x"), hears_events=True)
    assert broken.state == "fault"


def test_slowness_and_a_certificate_near_its_end_are_warnings():
    slow, ending = Door(), Door()
    slow.seconds, ending.certificate_ends = 1.4, time.time() + 3.5 * DAY

    assert "takes 1.4 s" in examined(slow).what.en
    assert "ends in 3 days" in examined(ending).what.en


def test_feishu_itself_reaches_no_private_address():
    finding = examined(Door(), domain="https://open.feishu.cn")

    assert finding.state == "fault"
    assert "TRANSPORT=long_connection" in finding.remedy.en


def test_no_key_is_in_what_is_sent_or_shown():
    sent = knock(KEYS, "n")

    assert KEYS.encrypt_key.encode() not in sent.body
    assert KEYS.verification_token.encode() not in sent.body
    assert "the encrypt key" not in repr(KEYS)


def test_a_bot_that_runs_with_other_keys_has_to_be_started_again(server):
    def answered(door):
        return check_process(KEYS, "0.0.0.0", 9000, send=door)

    assert answered(Door()).state == "ok"
    assert "other keys" in answered(Door(OTHER_KEYS)).what.en
    assert answered(lambda url, delivery: Failure("refused", "")).state == "unknown"
    assert answered(lambda url, d: Door().answer(404, b"nginx")).state == "unknown"
