"""What is answered to what comes through a long connection."""

from __future__ import annotations

import base64
import json

import pytest

from feishu_bot.core.card_actions import toast
from feishu_bot.core.messages import BotIdentity
from feishu_bot.errors import StoreUnavailable
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.events.dispatcher import EventDispatcher
from feishu_bot.feishu.events.timed_dispatcher import TimedDispatcher
from feishu_bot.feishu.long_connection.delivery import ACCEPTED, DeliveryHandler
from feishu_bot.feishu.long_connection.late_events import LateEvents
from tests.builders import TEXTS

APP_ID = "cli_1"


class Bot:
    """Notes what it is given; `failure` is raised instead."""

    def __init__(self) -> None:
        self.recalled: list[str] = []
        self.clicked: list[str] = []
        self.joined: list[str] = []
        self.failure: Exception | None = None

    def recall(self, message_id: str) -> None:
        if self.failure:
            raise self.failure
        self.recalled.append(message_id)

    def click(self, action):
        if self.failure:
            raise self.failure
        self.clicked.append(action.event_id)
        return toast("command_started", command="/help")

    def join(self, joined) -> None:
        self.joined.append(joined.chat_id)


@pytest.fixture
def bot():
    return Bot()


@pytest.fixture
def handler(bot):
    dispatcher = EventDispatcher(
        identity=lambda seconds: BotIdentity(APP_ID, "ou_bot", "Bot"),
        receive=lambda event_id, message: None,
        edit=lambda event_id, message: None,
        recall=bot.recall,
        on_card_action=bot.click,
        on_chat_joined=bot.join,
        on_menu_click=lambda click: None,
        responses=CallbackResponses(TEXTS, lambda *_: "zh", ButtonSigner("s")),
    )
    return DeliveryHandler(TimedDispatcher(dispatcher), LateEvents(), APP_ID)


def event(event_type="im.message.recalled_v1", body=None, *, app_id=APP_ID, **header) -> bytes:
    header = {"event_id": "ev_1", "event_type": event_type, "app_id": app_id, **header}
    data = {"schema": "2.0", "header": header, "event": body or {"message_id": "om_1"}}
    return json.dumps(data).encode()


def click() -> bytes:
    body = {
        "operator": {"open_id": "ou_1"},
        "action": {"tag": "button", "value": {"act": "x"}},
        "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
    }
    return event("card.action.trigger", body)


def shown(answer: bytes) -> dict:
    given = json.loads(answer)
    assert given["code"] == 200
    return json.loads(base64.b64decode(given["data"]))


def test_an_event_is_handed_to_the_bot_and_accepted(handler, bot):
    assert handler.answer(event()) == ACCEPTED
    assert bot.recalled == ["om_1"]


def test_the_token_of_the_webhook_says_nothing_here(handler, bot):
    assert handler.answer(event(token="whatever")) == ACCEPTED
    assert bot.recalled == ["om_1"]


def test_what_the_database_has_not_taken_is_not_answered(handler, bot):
    bot.failure = StoreUnavailable("away")

    assert handler.answer(event()) is None


def test_an_unknown_event_is_accepted(handler):
    assert handler.answer(event("somebody.elses_v9")) == ACCEPTED


def test_another_apps_event_is_neither_done_nor_answered(handler, bot):
    assert handler.answer(event(app_id="cli_2")) is None
    assert bot.recalled == []


def test_an_event_of_the_first_generation_is_handed_on(handler, bot):
    body = {"type": "p2p_chat_create", "chat_id": "oc_1", "user": {"open_id": "ou_1"}}
    data = {"uuid": "ev_1", "type": "event_callback", "event": {**body, "app_id": APP_ID}}

    assert handler.answer(json.dumps(data).encode()) == ACCEPTED
    assert bot.joined == ["oc_1"]


def test_a_click_is_answered_with_what_is_shown(handler, bot):
    assert "/help" in shown(handler.answer(click()))["toast"]["content"]
    assert bot.clicked == ["ev_1"]


def test_a_click_that_fails_is_told_at_once_since_nothing_repeats_it(handler, bot):
    bot.failure = StoreUnavailable("away")

    assert shown(handler.answer(click()))["toast"]["type"] == "error"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b'{"schema": "2.0"}',
        b'{"header": 7}',
        b'{"header": {"app_id": "cli_1", "event_type": ["x"]}, "event": {}}',
        b'{"header": {"app_id": "cli_1", "event_type": "im.message.receive_v1"}, "event": 3}',
    ],
)
def test_what_makes_no_sense_is_accepted_since_a_repeat_would_make_none(handler, payload):
    assert handler.answer(payload) == ACCEPTED
