"""The door: what is let in, and that all refusals look the same."""

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
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.webhook.handler import MAX_BODY, REFUSAL, WebhookHandler
from feishu_simulator import Credentials
from feishu_simulator.sealing import encrypt, seal

CREDENTIALS = Credentials(
    app_id="cli_door", app_secret="s", encrypt_key="door key", verification_token="door token"
)


class Opened:
    """A door, and what came through it."""

    def __init__(self) -> None:
        self.received = []
        self.recalled = []
        self.actions = []
        self.arrivals = []
        self.take_arrival = self.arrivals.append
        self.presses = []
        self.failure: Exception | None = None
        self.identity = BotIdentity(CREDENTIALS.app_id, "ou_bot", "Bot")
        self.door = WebhookHandler(
            app_id=CREDENTIALS.app_id,
            encrypt_key=CREDENTIALS.encrypt_key,
            verification_token=CREDENTIALS.verification_token,
            identity=lambda patience: self.identity,
            receive=self._receive,
            recall=self.recalled.append,
            act=self._act,
            arrive=lambda arrival: self.take_arrival(arrival),
            press=self.presses.append,
            clicks=CallbackResponses({"en": Catalog.load("en")}, lambda open_id, chat_id: "en"),
            memory=36 * 3600,
        )

    def _receive(self, event_id, message):
        if self.failure:
            raise self.failure
        self.received.append((event_id, message))

    def _act(self, action):
        if self.failure:
            raise self.failure
        self.actions.append(action)
        return toast("continue_started")

    def knock(self, payload, *, address="event", headers=None, **sealing):
        body, sealed = seal(payload, CREDENTIALS, **sealing)
        return self.door.open(address, sealed | (headers or {}), body)


@pytest.fixture
def opened():
    return Opened()


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
CHALLENGE = {"type": "url_verification", "challenge": 'a"b\\c', "token": "door token"}


@pytest.mark.parametrize("address", ["event", "card"])
@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("signed", [True, False])
def test_the_address_check_is_answered(opened, address, encrypted, signed):
    answer = opened.knock(CHALLENGE, address=address, encrypted=encrypted, signed=signed)

    assert answer == (200, {"challenge": 'a"b\\c'})


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_message_comes_through_encrypted_or_plain(opened, encrypted):
    assert opened.knock(event(), encrypted=encrypted)[0] == 200

    event_id, received = opened.received[0]
    assert (event_id, received.message_id, received.text) == ("ev_1", "om_1", "hello")


def test_a_recall_comes_through(opened):
    opened.knock(event("im.message.recalled_v1", {"message_id": "om_1", "chat_id": "oc_1"}))

    assert opened.recalled == ["om_1"]


@pytest.mark.parametrize("address", ["event", "card"])
@pytest.mark.parametrize("encrypted", [True, False])
def test_a_new_click_is_answered_with_a_toast_on_both_addresses(opened, address, encrypted):
    status, body = opened.knock(click(), address=address, encrypted=encrypted)

    assert status == 200
    assert body["toast"]["type"] == "info"
    assert body["toast"]["content"]
    assert opened.actions[0].value == {"act": "continue"}
    assert opened.actions[0].message_id == "om_card"


@pytest.mark.parametrize("encrypted", [True, False])
def test_an_old_click_is_answered_with_a_toast(opened, encrypted):
    status, body = opened.knock(OLD_CLICK, address="card", encrypted=encrypted, old_card=True)

    assert (status, body["toast"]["type"]) == (200, "info")
    assert opened.actions[0].operator.open_id == "ou_alice"


def test_an_old_click_has_no_business_at_the_event_address(opened):
    assert opened.knock(OLD_CLICK, address="event", old_card=True) == REFUSAL


def test_a_new_click_signed_the_old_way_is_refused(opened):
    assert opened.knock(click(), address="card", old_card=True) == REFUSAL
    assert not opened.actions


def test_a_click_without_an_object_value_gets_a_toast(opened):
    status, body = opened.knock(click("a string"), address="card")

    assert (status, body["toast"]["type"]) == (200, "warning")


@pytest.mark.parametrize("old", [True, False])
def test_a_click_that_fails_gets_an_error_toast_without_the_reason(opened, old):
    opened.failure = RuntimeError("postgres://user:password@host")

    payload = OLD_CLICK if old else click()
    status, body = opened.knock(payload, address="card", old_card=old)

    assert (status, body["toast"]["type"]) == (200, "error")
    assert "password" not in json.dumps(body)


def test_a_message_that_could_not_be_stored_is_to_be_sent_again(opened):
    opened.failure = RuntimeError("postgres://user:password@host")

    status, body = opened.knock(event())

    assert status == 500
    assert "password" not in json.dumps(body)


def test_an_unreadable_message_is_not_sent_again(opened):
    assert opened.knock(event(body={"message": {}}))[0] == 200
    assert not opened.received


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
def test_arrivals_come_through(opened, kind, chat_type):
    answer = opened.knock(event(kind, {"chat_id": "oc_1", "operator_id": IDS}))

    assert answer[0] == 200
    arrival = opened.arrivals[0]
    assert (arrival.event_id, arrival.chat_id, arrival.chat_type) == ("ev_1", "oc_1", chat_type)
    assert (arrival.person.open_id, arrival.person.union_id) == ("ou_alice", "on_alice")


@pytest.mark.parametrize("encrypted", [True, False])
def test_the_first_chat_comes_through_in_the_old_envelope(opened, encrypted):
    assert opened.knock(old_event(), encrypted=encrypted)[0] == 200

    arrival = opened.arrivals[0]
    assert (arrival.event_id, arrival.chat_type) == ("uu_1", "p2p")
    assert arrival.person.open_id == "ou_alice"


@pytest.mark.parametrize(
    "payload",
    [
        old_event(token="wrong"),
        old_event(token=None),
        old_event(event={"type": "p2p_chat_create", "app_id": "cli_other"}),
    ],
)
def test_an_old_envelope_passes_the_same_checks(opened, payload):
    assert opened.knock(payload) == REFUSAL
    assert not opened.arrivals


def test_an_unsigned_old_event_is_refused(opened):
    assert opened.knock(old_event(), signed=False) == REFUSAL
    assert not opened.arrivals


@pytest.mark.parametrize(
    "payload", [old_event("add_user_to_chat"), old_event(uuid=""), old_event(schema="2.0")]
)
def test_other_old_events_are_ignored(opened, payload):
    assert opened.knock(payload)[0] == 200
    assert not opened.arrivals


def test_a_menu_press_comes_through(opened):
    body = {"operator": {"operator_id": IDS}, "event_key": "help", "timestamp": 1}
    sent = event("application.bot.menu_v6", body, create_time="1700000000123")

    assert opened.knock(sent)[0] == 200

    press = opened.presses[0]
    assert press.created_at == 1_700_000_000.123
    assert (press.event_id, press.entry, press.person.open_id) == ("ev_1", "help", "ou_alice")


@pytest.mark.parametrize(
    "payload",
    [
        event("im.chat.member.bot.added_v1", {"operator_id": IDS}),
        event("im.chat.access_event.bot_p2p_chat_entered_v1", {"chat_id": "oc_1"}),
        event("application.bot.menu_v6", {"operator": None, "event_key": "help"}),
        old_event(event={"type": "p2p_chat_create", "chat_id": "oc_1", "user": "Alice"}),
    ],
)
def test_an_event_without_its_ids_is_accepted_and_dropped(opened, payload):
    assert opened.knock(payload)[0] == 200
    assert not opened.arrivals
    assert not opened.presses


@pytest.mark.parametrize(
    "payload",
    [event("im.chat.member.bot.added_v1", {"chat_id": "oc_1", "operator_id": IDS}), old_event()],
)
def test_an_arrival_that_could_not_be_stored_is_repeated(opened, payload):
    def fail(arrival):
        raise OSError("disk full")

    opened.take_arrival = fail

    assert opened.knock(payload)[0] == 500


def test_unknown_events_are_accepted_and_logged_once(opened, caplog):
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert opened.knock(event("im.message.reaction.created_v1", {}))[0] == 200

    assert sum("reaction.created" in line for line in caplog.messages) == 1


def test_an_event_of_the_first_generation_is_accepted(opened):
    old = {"uuid": "u1", "token": "door token", "type": "event_callback", "event": {"type": "x"}}

    assert opened.knock(old)[0] == 200


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
    good, headers = seal(event(), CREDENTIALS)
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
        (b'{"type":"url_verification","challenge":1,"token":"door token"}'),
        {},
    )
    yield "empty body", b"", {}
    yield "no JSON", b"hello", {}
    yield "a list", b"[]", {}
    yield "null", b"null", {}
    yield "signed list", *sealed_with(b"[]")
    yield "signed nonsense", *sealed_with(b"{")
    yield "two objects", *sealed_with(plain + b"{}")
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


REFUSED = {name: (body, headers) for name, body, headers in refused_requests()}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("address", ["event", "card"])
def test_every_refusal_is_the_same(opened, name, address):
    body, headers = REFUSED[name]

    assert opened.door.open(address, headers, body) == REFUSAL
    assert opened.received + opened.actions == []


def test_a_timestamp_that_is_not_a_number_is_refused(opened):
    body = json.dumps(event()).encode()
    for stamp in ("nan", "inf", "-inf", "x", ""):
        signature = hashlib.sha256((stamp + "n" + "door key").encode() + body).hexdigest()
        headers = {
            "X-Lark-Request-Timestamp": stamp,
            "X-Lark-Request-Nonce": "n",
            "X-Lark-Signature": signature,
        }

        assert opened.door.open("event", headers, body) == REFUSAL


def test_a_refusal_is_one_log_line_without_a_traceback_or_secrets(opened, caplog):
    for body, headers in REFUSED.values():
        opened.door.open("event", headers, body)

    assert len(caplog.records) == len(REFUSED)
    assert not any(record.exc_info for record in caplog.records)
    assert not any(
        secret in line for line in caplog.messages for secret in ("door key", "door token")
    )


def test_the_padding_oracle_learns_nothing(opened):
    """Every change of the last two blocks is answered alike, in about the same time."""
    sealed = base64.b64decode(encrypt(json.dumps(event()).encode(), CREDENTIALS.encrypt_key))
    answers, times = [], []
    for byte in range(256):
        probe = bytearray(sealed)
        probe[-17] ^= byte
        body = json.dumps({"encrypt": base64.b64encode(bytes(probe)).decode()}).encode()
        started = time.perf_counter()
        answers.append(opened.door.open("event", {}, body))
        times.append(time.perf_counter() - started)

    assert answers == [REFUSAL] * 256
    times.sort()
    assert times[-26] < 10 * times[25]


def test_the_same_request_again_is_let_in_for_the_inbox_to_know(opened):
    body, headers = seal(event(), CREDENTIALS)

    assert opened.door.open("event", headers, body)[0] == 200
    assert opened.door.open("event", headers, body)[0] == 200
    assert [event_id for event_id, _ in opened.received] == ["ev_1", "ev_1"]


def test_who_was_meant_is_asked_again_when_the_bot_does_not_know_itself_yet(opened):
    opened.identity = BotIdentity(CREDENTIALS.app_id)
    mention = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "Bot"}
    named = message("@_user_1 hello")
    named["message"] |= {"chat_type": "group", "mentions": [mention]}

    assert opened.knock(event(body=named))[0] == 500
    assert opened.knock(event())[0] == 200

    opened.identity = BotIdentity(CREDENTIALS.app_id, "ou_bot", "Bot")
    assert opened.knock(event(body=named))[0] == 200
    assert opened.received[-1][1].mentions_bot
