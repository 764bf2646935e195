"""The webhook: what is let in, and that all refusals look the same."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import time

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.card_actions import toast
from feishu_bot.core.messages import BotIdentity
from feishu_bot.errors import FeishuUnavailable
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.events.dispatcher import EventDispatcher
from feishu_bot.feishu.webhook.handler import MOST_PATHS, REFUSAL, WebhookHandler
from feishu_bot.feishu.webhook.signature import MAX_BODY, SignatureVerifier
from feishu_bot.metrics import REFUSED_REQUESTS
from feishu_simulator import Credentials
from feishu_simulator.encryption import encrypt, encrypt_and_sign
from tests.samples import counted

CREDENTIALS = Credentials(
    app_id="cli_webhook",
    app_secret="s",
    encrypt_key="encrypt key",
    verification_token="token of the app",
)


class Webhook:
    """A webhook handler, and what came through it."""

    def __init__(self, *, legacy_cards: bool = False) -> None:
        self.received = []
        self.edited = []
        self.recalled = []
        self.actions = []
        self.joined = []
        self.join = self.joined.append
        self.menu_clicks = []
        self.failure: Exception | None = None
        self.identity = BotIdentity(CREDENTIALS.app_id, "ou_bot", "Bot")
        verifier = SignatureVerifier(
            app_id=CREDENTIALS.app_id,
            encrypt_key=CREDENTIALS.encrypt_key,
            verification_token=CREDENTIALS.verification_token,
            max_age=36 * 3600,
            legacy_cards=legacy_cards,
        )
        dispatcher = EventDispatcher(
            identity=lambda _: self.identity,
            receive=self._receive,
            edit=lambda event_id, message: self.edited.append((event_id, message)),
            recall=self.recalled.append,
            on_card_action=self._on_card_action,
            on_chat_joined=self._on_chat_joined,
            on_menu_click=self.menu_clicks.append,
            responses=CallbackResponses(
                {"en": Catalog.load("en")}, lambda *_: "en", ButtonSigner("secret")
            ),
        )
        self.noted: list[str] = []
        handler = WebhookHandler(verifier, dispatcher, note=self.noted.append)
        self.handle, self.note_misdirected = handler.handle, handler.note_misdirected

    def _receive(self, event_id, message):
        if self.failure:
            raise self.failure
        self.received.append((event_id, message))

    def _on_card_action(self, action):
        if self.failure:
            raise self.failure
        self.actions.append(action)
        return toast("continue_started")

    def _on_chat_joined(self, joined):
        self.join(joined)

    def post(self, payload, *, address="event", headers=None, **sealing):
        body, sealed = encrypt_and_sign(payload, CREDENTIALS, **sealing)
        return self.handle(address, sealed | (headers or {}), body)


@pytest.fixture
def webhook():
    """A webhook that everything comes through."""
    return Webhook()


@pytest.fixture
def legacy_webhook():
    """One that takes old card callbacks, too."""
    return Webhook(legacy_cards=True)


def event(kind="im.message.receive_v1", body=None, **header):
    return {
        "schema": "2.0",
        "header": {
            "event_id": "ev_1",
            "event_type": kind,
            "token": CREDENTIALS.verification_token,
            "app_id": CREDENTIALS.app_id,
        }
        | header,
        "event": body or message(),
    }


def message(text="hello"):
    return {
        "sender": {"sender_id": {"open_id": "ou_alice"}, "sender_type": "user"},
        "message": {
            "message_id": "om_1",
            "chat_id": "oc_1",
            "chat_type": "p2p",
            "message_type": "text",
            "content": json.dumps({"text": text}),
            "create_time": "1760000000001",
        },
    }


def click(value=None):
    body = {
        "operator": {"open_id": "ou_alice"},
        "token": "c-1",
        "action": {"value": {"act": "continue"} if value is None else value, "tag": "button"},
        "context": {"open_message_id": "om_card", "open_chat_id": "oc_1"},
    }
    return event("card.action.trigger", body)


OLD_CLICK = {
    "open_id": "ou_alice",
    "open_message_id": "om_card",
    "open_chat_id": "oc_1",
    "token": "c-1",
    "action": {"value": {"act": "continue"}, "tag": "button"},
}
CHALLENGE = {"type": "url_verification", "challenge": 'a"b\\c', "token": "token of the app"}


@pytest.mark.parametrize("address", ["event", "card"])
@pytest.mark.parametrize(("encrypted", "signed"), [(True, True), (True, False), (False, True)])
def test_the_address_check_is_answered(webhook, address, encrypted, signed):
    answer = webhook.post(CHALLENGE, address=address, encrypted=encrypted, signed=signed)

    assert answer == (200, {"challenge": 'a"b\\c'})


def test_an_address_check_without_any_key_is_refused_and_the_cause_said_once(webhook, caplog):
    for _ in range(3):
        assert webhook.post(CHALLENGE, encrypted=False, signed=False) == REFUSAL

    advice = [record for record in caplog.records if "Encrypt Key 还是空的" in record.message]
    assert len(advice) == 1


def test_an_address_check_under_another_key_says_that_the_keys_differ(webhook, caplog):
    sealed = encrypt(json.dumps(CHALLENGE).encode(), "the console's")

    assert webhook.handle("event", {}, json.dumps({"encrypt": sealed}).encode()) == REFUSAL
    assert "APP_ENCRYPT_KEY may differ" in caplog.text


def test_an_address_check_under_the_token_says_that_the_two_are_swapped(webhook, caplog):
    sealed = encrypt(json.dumps(CHALLENGE).encode(), CREDENTIALS.verification_token)

    assert webhook.handle("event", {}, json.dumps({"encrypt": sealed}).encode()) == REFUSAL
    assert "填反了" in caplog.text


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_message_comes_through_encrypted_or_plain(webhook, encrypted):
    assert webhook.post(event(), encrypted=encrypted)[0] == 200

    event_id, received = webhook.received[0]
    assert (event_id, received.message_id, received.text) == ("ev_1", "om_1", "hello")


def test_a_recall_comes_through(webhook):
    webhook.post(event("im.message.recalled_v1", {"message_id": "om_1", "chat_id": "oc_1"}))

    assert webhook.recalled == ["om_1"]


@pytest.mark.parametrize("address", ["event", "card"])
@pytest.mark.parametrize("encrypted", [True, False])
def test_a_new_click_is_answered_with_a_toast_on_both_addresses(webhook, address, encrypted):
    status, body = webhook.post(click(), address=address, encrypted=encrypted)

    assert status == 200
    assert body["toast"]["type"] == "info"
    assert body["toast"]["content"]
    assert webhook.actions[0].value == {"act": "continue"}
    assert webhook.actions[0].message_id == "om_card"


@pytest.mark.parametrize("encrypted", [True, False])
def test_an_old_click_is_answered_with_a_toast(legacy_webhook, encrypted):
    answer = legacy_webhook.post(OLD_CLICK, address="card", encrypted=encrypted, old_card=True)

    assert (answer[0], answer[1]["toast"]["type"]) == (200, "info")
    (action,) = legacy_webhook.actions
    assert (action.operator.open_id, action.is_legacy) == ("ou_alice", True)


def test_an_old_click_is_refused_unless_the_setting_lets_it_in(webhook, caplog):
    assert webhook.post(OLD_CLICK, address="card", old_card=True) == REFUSAL
    assert not webhook.actions
    assert "LEGACY_CARD_CALLBACKS=true" in caplog.text


def test_an_old_click_has_no_business_at_the_event_address(legacy_webhook):
    assert legacy_webhook.post(OLD_CLICK, address="event", old_card=True) == REFUSAL


def test_a_new_click_signed_the_old_way_is_refused(legacy_webhook):
    assert legacy_webhook.post(click(), address="card", old_card=True) == REFUSAL
    assert not legacy_webhook.actions


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_click_is_good_for_five_minutes_since_feishu_never_repeats_one(webhook, minutes):
    body = json.dumps(click()).encode()
    old = sealed_with(body, timestamp=time.time() + minutes * 60)

    assert webhook.handle("card", old[1], old[0]) == REFUSAL
    assert not webhook.actions


def test_a_time_ahead_of_ours_is_good_for_minutes_only(webhook):
    body = json.dumps(event()).encode()

    for minutes, status in ((4, 200), (6, 401)):
        sent, headers = sealed_with(body, timestamp=time.time() + minutes * 60)
        assert webhook.handle("event", headers, sent)[0] == status


def test_a_click_without_an_object_value_gets_a_toast(webhook):
    status, body = webhook.post(click("a string"), address="card")

    assert (status, body["toast"]["type"]) == (200, "warning")


@pytest.mark.parametrize("old", [True, False])
def test_a_click_that_fails_gets_an_error_toast_without_the_reason(legacy_webhook, old):
    legacy_webhook.failure = RuntimeError("postgres://user:password@host")

    payload = OLD_CLICK if old else click()
    status, body = legacy_webhook.post(payload, address="card", old_card=old)

    assert (status, body["toast"]["type"]) == (200, "error")
    assert "password" not in json.dumps(body)


def test_a_message_that_could_not_be_stored_is_to_be_sent_again(webhook):
    webhook.failure = RuntimeError("postgres://user:password@host")

    status, body = webhook.post(event())

    assert status == 500
    assert "password" not in json.dumps(body)


def test_an_unreadable_message_is_not_sent_again(webhook):
    assert webhook.post(event(body={"message": {}}))[0] == 200
    assert not webhook.received


IDS = {"open_id": "ou_alice", "union_id": "on_alice", "user_id": None}


def old_event(kind="p2p_chat_create", **changes):
    """The envelope of the first generation."""
    payload = {
        "ts": "1760000000.1",
        "uuid": "uu_1",
        "token": CREDENTIALS.verification_token,
        "type": "event_callback",
        "event": {
            "type": kind,
            "app_id": CREDENTIALS.app_id,
            "chat_id": "oc_1",
            "user": {"name": "Alice", "open_id": "ou_alice"},
        },
    }
    return payload | changes


@pytest.mark.parametrize(
    ("kind", "chat_type"),
    [
        ("im.chat.member.bot.added_v1", "group"),
        ("im.chat.access_event.bot_p2p_chat_entered_v1", "p2p"),
    ],
)
def test_chats_the_bot_joins_come_through(webhook, kind, chat_type):
    answer = webhook.post(event(kind, {"chat_id": "oc_1", "operator_id": IDS}))

    assert answer[0] == 200
    joined = webhook.joined[0]
    assert (joined.event_id, joined.chat_id, joined.chat_type) == ("ev_1", "oc_1", chat_type)
    assert (joined.person.open_id, joined.person.union_id) == ("ou_alice", "on_alice")


@pytest.mark.parametrize("encrypted", [True, False])
def test_the_first_chat_comes_through_in_the_old_envelope(webhook, encrypted):
    assert webhook.post(old_event(), encrypted=encrypted)[0] == 200

    joined = webhook.joined[0]
    assert (joined.event_id, joined.chat_type) == ("uu_1", "p2p")
    assert joined.person.open_id == "ou_alice"


@pytest.mark.parametrize(
    "payload",
    [
        old_event(token="wrong"),
        old_event(token=None),
        old_event(event={"type": "p2p_chat_create", "app_id": "cli_other"}),
    ],
)
def test_an_old_envelope_passes_the_same_checks(webhook, payload):
    assert webhook.post(payload) == REFUSAL
    assert not webhook.joined


def test_an_unsigned_old_event_is_refused(webhook):
    assert webhook.post(old_event(), signed=False) == REFUSAL
    assert not webhook.joined


@pytest.mark.parametrize(
    "payload", [old_event("add_user_to_chat"), old_event(uuid=""), old_event(schema="2.0")]
)
def test_other_old_events_are_ignored(webhook, payload):
    assert webhook.post(payload)[0] == 200
    assert not webhook.joined


def test_a_menu_click_comes_through(webhook):
    body = {"operator": {"operator_id": IDS}, "event_key": "help", "timestamp": 1}
    sent = event("application.bot.menu_v6", body, create_time="1700000000123")

    assert webhook.post(sent)[0] == 200

    click = webhook.menu_clicks[0]
    assert click.created_at == 1_700_000_000.123
    assert (click.event_id, click.entry, click.person.open_id) == ("ev_1", "help", "ou_alice")


@pytest.mark.parametrize(
    "payload",
    [
        event("im.chat.member.bot.added_v1", {"operator_id": IDS}),
        event("im.chat.access_event.bot_p2p_chat_entered_v1", {"chat_id": "oc_1"}),
        event("application.bot.menu_v6", {"operator": None, "event_key": "help"}),
        old_event(event={"type": "p2p_chat_create", "chat_id": "oc_1", "user": "Alice"}),
    ],
)
def test_an_event_without_its_ids_is_accepted_and_dropped(webhook, payload):
    assert webhook.post(payload)[0] == 200
    assert not webhook.joined
    assert not webhook.menu_clicks


@pytest.mark.parametrize(
    "payload",
    [event("im.chat.member.bot.added_v1", {"chat_id": "oc_1", "operator_id": IDS}), old_event()],
)
def test_a_joined_chat_that_could_not_be_stored_is_repeated(webhook, payload):
    def fail(joined):
        raise OSError("disk full")

    webhook.join = fail

    assert webhook.post(payload)[0] == 500


def test_events_nobody_handles_are_accepted_and_logged_once_with_what_to_do(webhook, caplog):
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert webhook.post(event("im.message.reaction.created_v1", {}))[0] == 200
        assert webhook.post(old_event("add_user_to_chat"))[0] == 200

    reaction, added = caplog.text.splitlines()
    assert "event_type=im.message.reaction.created_v1" in reaction
    assert "event_type=add_user_to_chat" in added
    assert "no harm" in reaction
    assert "事件与回调 / Events & Callbacks" in reaction


def test_an_unreadable_event_is_logged_with_its_id_and_type(webhook, caplog):
    webhook.post(event(body={"message": {}}))

    (line,) = caplog.text.splitlines()
    assert "event_id=ev_1" in line
    assert "event_type=im.message.receive_v1" in line


def test_an_event_of_the_first_generation_is_accepted(webhook):
    old = {
        "uuid": "u1",
        "token": "token of the app",
        "type": "event_callback",
        "event": {"type": "x"},
    }

    assert webhook.post(old)[0] == 200


def sealed_with(body: bytes, key: str = CREDENTIALS.encrypt_key, timestamp: float | None = None):
    stamp = str(int(time.time() if timestamp is None else timestamp))
    signature = hashlib.sha256((stamp + "n" + key).encode() + body).hexdigest()
    return body, {
        "X-Lark-Request-Timestamp": stamp,
        "X-Lark-Request-Nonce": "n",
        "X-Lark-Signature": signature,
    }


def refused_requests():
    plain = json.dumps(event()).encode()
    wrong_token = json.dumps(CHALLENGE | {"token": "x"}).encode()
    good, headers = encrypt_and_sign(event(), CREDENTIALS)
    yield "unsigned event", plain, {}
    yield "unsigned encrypted event", good, {}
    yield "wrong signature", good, headers | {"X-Lark-Signature": "0" * 64}
    yield (
        "upper-case signature",
        good,
        headers | {"X-Lark-Signature": headers["X-Lark-Signature"].upper()},
    )
    yield "signature with letters beyond ASCII", good, headers | {"X-Lark-Signature": "ä" * 64}
    yield "another body", good + b" ", headers
    yield "another app's key", *sealed_with(plain, key="other")
    yield "challenge with a wrong token", wrong_token, {}
    yield "challenge without a token", b'{"type":"url_verification","challenge":"x"}', {}
    yield (
        "challenge that is no string",
        (b'{"type":"url_verification","challenge":1,"token":"token of the app"}'),
        {},
    )
    yield "empty body", b"", {}
    yield "no JSON", b"hello", {}
    yield "a list", b"[]", {}
    yield "null", b"null", {}
    for name, token in (("half", "\\ud800"), ("NUL", "\\u0000"), ("whole", "\\ud83d\\ude00")):
        check = f'{{"type":"url_verification","challenge":"c","token":"{token}"}}'
        yield f"challenge with a token of {name} characters", check.encode(), {}
    yield "a signature of halves", good, headers | {"X-Lark-Signature": "\ud800"}
    yield "a nonce of halves", good, headers | {"X-Lark-Request-Nonce": "\ud800"}
    yield "an unsigned click", json.dumps(click()).encode(), {}
    yield "bytes that are no UTF-8", b'{"type":"\xff\xfe"}', {}
    yield "deep nesting", b'{"a":' + b"[" * 2000, {}
    yield "encrypt is a number", b'{"encrypt":123}', {}
    yield "encrypt is no base64", b'{"encrypt":"*"}', {}
    yield "encrypt is too short", b'{"encrypt":"AAAA"}', {}
    noise = base64.b64encode(os.urandom(64)).decode()
    yield "encrypt is noise", json.dumps({"encrypt": noise}).encode(), {}
    yield "too large", b"x" * (MAX_BODY + 1), {}
    yield "too large, signed", *sealed_with(b"{" + b" " * MAX_BODY + b"}")
    other = json.dumps(event(app_id="cli_other")).encode()
    yield "another app's event", *sealed_with(other)
    bad = json.dumps(event(token="x")).encode()
    yield "wrong token inside", *sealed_with(bad)
    yield "too old", *sealed_with(plain, timestamp=time.time() - 40 * 3600)
    yield "far in the future", *sealed_with(plain, timestamp=time.time() + 40 * 3600)
    body, headers = sealed_with(plain)
    yield "no timestamp", body, {k: v for k, v in headers.items() if "Timestamp" not in k}


def unreadable_requests():
    """Signed by somebody who has the Encrypt Key, so by Feishu, and of no use."""
    for name, body in (
        ("list", b"[]"),
        ("nonsense", b"{"),
        ("two objects", json.dumps(event()).encode() + b"{}"),
        ("nothing", b""),
        ("an object", b"{}"),
        ("deep nesting", b'{"a":' + b"[" * 100_000),
        ("deep nesting that is whole", b'{"a":"\\ud800",' + b'"a":{' * 900 + b"}" * 901),
        ("a number of 5,000 digits", b'{"a":' + b"9" * 5000 + b"}"),
        ("encrypt is a number", b'{"encrypt":123}'),
        ("encrypt is no base64", b'{"encrypt":"*"}'),
    ):
        yield name, body
    for name, change in (
        ("event is a text", {"event": "x"}),
        ("event is null", {"event": None}),
        ("header is a list", {"header": []}),
        ("header is null", {"header": None}),
    ):
        yield name, json.dumps(event() | change).encode()
    for event_id in (None, [], 7, "", "\ud800", "a\0b", "x" * 10_000, "a b", "a/../b"):
        yield f"event_id {event_id!r:.20}", json.dumps(event(event_id=event_id)).encode()
    for kind in (None, [], {}, "\0", "x" * 10_000):
        yield f"event_type {kind!r:.20}", json.dumps(event(event_type=kind)).encode()
    for name in ("message_id", "chat_id"):
        for value in (None, {}, "\ud83d", "a\0", "x" * 129, "om/../1", "om 1", "om\n1"):
            odd = message()
            odd["message"][name] = value
            yield f"{name} {value!r:.20}", json.dumps(event(body=odd)).encode()
    for sender in (None, [], {"sender_id": {"open_id": "\ud83d"}}, {"sender_id": 1}):
        odd = message() | {"sender": sender}
        odd["message"]["chat_type"] = "group"
        yield f"sender {sender!r:.40}", json.dumps(event(body=odd)).encode()


UNREADABLE = dict(unreadable_requests())


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_signed_and_unreadable_is_accepted_with_one_line(webhook, name, caplog):
    body, headers = sealed_with(UNREADABLE[name])

    status, answer = webhook.handle("event", headers, body)

    assert (status, answer) == (200, {"msg": "success"})
    assert webhook.received == []
    (line,) = caplog.records
    assert not line.exc_info
    assert line.getMessage().isprintable()
    assert len(str(line.fields)) < 1_000


def test_what_no_database_takes_is_mended_at_the_door(webhook):
    odd = message("hello \ud83d and \0 and \ud83d\ude00")
    odd["message"]["mentions"] = [
        {"key": "@_user_1", "id": {"open_id": "ou_bob"}, "name": "Bob \ud83d"}
    ]
    odd["message"]["root_id"] = "om\0"

    body, headers = sealed_with(json.dumps(event(body=odd)).encode())
    assert webhook.handle("event", headers, body)[0] == 200

    ((_, received),) = webhook.received
    assert received.text == "hello � and � and 😀"
    assert received.mentions[0].name == "Bob �"
    assert received.root_id == ""


def test_strangers_write_a_few_lines_a_minute_and_all_are_counted(webhook, caplog):
    reason = {"address": "event", "reason": "neither an event nor an address check"}

    with counted("feishu_bot_refused_requests_total", **reason) as counts:
        for _ in range(200):
            webhook.handle("event", {}, b"hello")

    assert counts == [200]
    assert len(caplog.records) == 5


REFUSED = {name: (body, headers) for name, body, headers in refused_requests()}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("address", ["event", "card"])
def test_every_refusal_is_the_same(webhook, name, address):
    body, headers = REFUSED[name]

    assert webhook.handle(address, headers, body) == REFUSAL
    assert webhook.received + webhook.actions == []


def test_a_timestamp_that_is_not_a_number_is_refused(webhook):
    body = json.dumps(event()).encode()
    for stamp in ("nan", "inf", "-inf", "x", ""):
        signature = hashlib.sha256((stamp + "n" + "encrypt key").encode() + body).hexdigest()
        headers = {
            "X-Lark-Request-Timestamp": stamp,
            "X-Lark-Request-Nonce": "n",
            "X-Lark-Signature": signature,
        }

        assert webhook.handle("event", headers, body) == REFUSAL


def test_a_refusal_has_no_traceback_and_no_secrets(webhook, caplog):
    for body, headers in REFUSED.values():
        webhook.handle("event", headers, body)

    assert caplog.records
    assert not any(record.exc_info for record in caplog.records)
    assert not any(secret in caplog.text for secret in ("encrypt key", "token of the app"))


def test_the_padding_oracle_learns_nothing(webhook):
    """Every change of the last two blocks is answered alike, in about the same time."""
    sealed = base64.b64decode(encrypt(json.dumps(event()).encode(), CREDENTIALS.encrypt_key))
    answers, times = [], []
    for byte in range(256):
        probe = bytearray(sealed)
        probe[-17] ^= byte
        body = json.dumps({"encrypt": base64.b64encode(bytes(probe)).decode()}).encode()
        tries = []
        # The quickest of some tries is what it takes: the others are what the machine does beside.
        for _ in range(5):
            started = time.perf_counter()
            answers.append(webhook.handle("event", {}, body))
            tries.append(time.perf_counter() - started)
        times.append(min(tries))

    assert answers == [REFUSAL] * 256 * 5
    times.sort()
    assert times[-26] < 10 * times[25]


def test_the_same_request_again_is_let_in_for_the_inbox_to_know(webhook):
    body, headers = encrypt_and_sign(event(), CREDENTIALS)

    assert webhook.handle("event", headers, body)[0] == 200
    assert webhook.handle("event", headers, body)[0] == 200
    assert [event_id for event_id, _ in webhook.received] == ["ev_1", "ev_1"]


def test_who_was_meant_is_asked_again_when_the_bot_does_not_know_itself_yet(webhook):
    webhook.identity = BotIdentity(CREDENTIALS.app_id)
    mention = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "Bot"}
    named = message("@_user_1 hello")
    named["message"] |= {"chat_type": "group", "mentions": [mention]}

    assert webhook.post(event(body=named))[0] == 500
    assert webhook.post(event())[0] == 200

    webhook.identity = BotIdentity(CREDENTIALS.app_id, "ou_bot", "Bot")
    assert webhook.post(event(body=named))[0] == 200
    assert webhook.received[-1][1].mentions_bot


def test_what_came_is_counted_by_type_and_a_strangers_type_is_none(webhook):
    name = "feishu_bot_deliveries_total"
    handled = counted(name, type="im.message.receive_v1", status="200")
    other = counted(name, type="other", status="200")
    failed = counted(name, type="im.message.receive_v1", status="500")
    checks = counted(name, type="url_verification", status="200")

    with handled as messages, other as others, failed as failures, checks as challenges:
        webhook.post(event())
        webhook.post(event(kind="made.up_v9"))
        webhook.post(CHALLENGE)
        webhook.failure = FeishuUnavailable("later")
        webhook.post(event())

    assert (messages, others, failures, challenges) == ([1], [1], [1], [1])


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("address", ["event", "card"])
def test_every_refusal_is_counted_and_no_delivery(webhook, name, address):
    body, headers = REFUSED[name]
    before = {sample.labels["reason"]: sample.value for sample in refusals(address)}

    with counted("feishu_bot_delivery_seconds_count") as answered:
        webhook.handle(address, headers, body)

    grown = [s for s in refusals(address) if s.value > before.get(s.labels["reason"], 0)]
    assert len(grown) == 1
    assert answered == [0]


def refusals(address):
    (family,) = REFUSED_REQUESTS.collect()
    return [
        sample
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["address"] == address
    ]


# What became of a request of Feishu's


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda body, headers: (body.replace(b": ", b":"), headers), "altered on the way"),
        (lambda body, headers: (body, {}), "signature lost on the way"),
    ],
)
def test_what_a_proxy_does_to_feishus_events_is_told(webhook, caplog, change, reason):
    body, headers = encrypt_and_sign(event(), CREDENTIALS)
    body, headers = change(body, headers)

    with counted("feishu_bot_refused_requests_total", address="event", reason=reason) as counts:
        assert webhook.handle("event", headers, body) == REFUSAL

    assert counts[0] == 1
    assert "/ Feishu's events arrive" in caplog.text


def test_an_event_without_encryption_is_told_from_a_strangers(webhook):
    def refused(data, reason):
        with counted("feishu_bot_refused_requests_total", address="event", reason=reason) as counts:
            assert webhook.handle("event", {}, json.dumps(data).encode()) == REFUSAL
        return counts[0]

    assert refused(event(), "event without encryption") == 1
    assert refused(event(token="a guess"), "no valid signature") == 1


def test_one_captured_delivery_fills_no_table_by_calling_many_addresses(webhook, caplog):
    body, headers = encrypt_and_sign(event(), CREDENTIALS)

    for number in range(100):
        webhook.note_misdirected(f"/wrong/{number}", headers, body)
    webhook.note_misdirected("/wrong/0", headers, body)

    assert len(set(webhook.noted)) == MOST_PATHS
    assert webhook.noted.count("path:/wrong/0") == 2
    assert len([line for line in caplog.messages if "/webhook/event" in line]) == MOST_PATHS
