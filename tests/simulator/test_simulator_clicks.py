"""Card actions of both generations and how the platform judges the answers."""

from __future__ import annotations

import json

import lark_oapi as lark
import pytest
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse

BUTTON = {
    "tag": "button",
    "name": "stop",
    "text": {"tag": "plain_text", "content": "Stop"},
    "behaviors": [{"type": "callback", "value": {"act": "stop"}}],
}
CARD = {
    "schema": "2.0",
    "config": {"update_multi": True},
    "body": {"elements": [{"tag": "markdown", "content": "old"}, BUTTON]},
}
NEW = {"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "new"}]}}
OLD = {"config": {"update_multi": True}, "elements": [{"tag": "markdown", "content": "older"}]}


@pytest.fixture
def alice(sim, bot):
    sim.feishu.bot_url = bot.url
    return sim.feishu.add_person("Alice")


@pytest.fixture
def answer(sim, writer, alice):
    question = sim.feishu.say(sim.feishu.private_chat(alice), alice, "hello", wait=True)
    writer.reply(question.message_id, "interactive", CARD)
    return sim.feishu.answers_to(question)[0]


def replies(bot, content, status=200):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    bot.answer = lambda path, headers, body: (status, data)


def through(bot, handler):
    def answer(path, headers, body):
        request = lark.RawRequest()
        request.uri, request.headers, request.body = path, headers, body
        response = handler.do(request)
        return response.status_code, response.content

    bot.answer = answer


@pytest.mark.parametrize("path", ["/webhook/card", "/webhook/event"])
def test_the_sdk_accepts_a_new_card_action(sim, bot, alice, answer, path):
    got = []

    def handle(trigger):
        got.append(trigger)
        return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "stopped"}})

    credentials = sim.credentials
    builder = lark.EventDispatcherHandler.builder(
        credentials.encrypt_key, credentials.verification_token
    )
    through(bot, builder.register_p2_card_action_trigger(handle).build())

    result = sim.feishu.click(answer, {"act": "stop"}, alice, {"note": "x"}, path=path)

    assert (result.status, result.error_code) == (200, 0)
    assert result.toast["content"] == "stopped"
    assert bot.received[-1][0] == path
    event = got[0].event
    assert event.action.value == {"act": "stop"}
    assert event.action.name == "stop"
    assert event.action.form_value == {"note": "x"}
    assert event.context.open_message_id == answer.message_id
    assert event.operator.open_id == alice.open_id
    assert len(got[0].header.create_time) == 16


@pytest.mark.parametrize("encrypted", [True, False])
def test_the_sdk_accepts_an_old_card_action(sim, bot, alice, answer, encrypted):
    got = []
    credentials = sim.credentials
    builder = lark.CardActionHandler.builder(
        credentials.encrypt_key, credentials.verification_token
    )
    through(bot, builder.register(got.append).build())

    result = sim.feishu.click(answer, BUTTON, alice, old=True, encrypted=encrypted)

    assert (result.status, result.error_code) == (200, 0)
    assert got[0].action.value == {"act": "stop"}
    assert got[0].open_message_id == answer.message_id
    assert (b"encrypt" in bot.received[-1][2]) is encrypted


def test_a_replaced_card_is_put_on(sim, bot, alice, answer):
    replies(bot, {"card": {"type": "raw", "data": NEW}})

    result = sim.feishu.click(answer, {"act": "stop"}, alice)

    assert (result.error_code, result.card) == (0, NEW)
    assert answer.text == "new"


def test_the_old_way_answers_with_the_card_itself(sim, bot, writer, alice, answer):
    writer.reply(answer.message_id, "interactive", OLD)
    [old] = sim.feishu.answers_to(answer)
    replies(bot, {**OLD, "elements": [{"tag": "markdown", "content": "newer"}]})

    result = sim.feishu.click(old, {"act": "x"}, alice, old=True)

    assert result.error_code == 0
    assert old.text == "newer"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ({}, 200, 0),
        (b"", 200, 0),
        (b"not json", 200, 200672),
        ([], 200, 200672),
        ({"toast": {"type": "loud", "content": "x"}}, 200, 200672),
        ({"toast": "x"}, 200, 200672),
        ({"card": {"type": "unknown", "data": {}}}, 200, 200672),
        ({"card": {"type": "raw", "data": OLD}}, 200, 200830),
        ({"card": {"type": "raw", "data": {**NEW, "colour": "red"}}}, 200, 200673),
        ({}, 500, 200671),
        ({}, 302, 200671),
    ],
)
def test_answers_are_judged(sim, bot, alice, answer, content, status, code):
    replies(bot, content, status)

    assert sim.feishu.click(answer, {"act": "stop"}, alice).error_code == code
    assert answer.text == "old"


def test_no_answer_in_time_is_200341_and_none_at_all_200342(sim, bot, alice, answer, held):
    sim.feishu.deliveries.answer_seconds = 0.05
    bot.answer = lambda path, headers, body: held() or (200, b"{}")

    late = sim.feishu.click(answer, {"act": "stop"}, alice).error_code
    sim.feishu.bot_url = "http://127.0.0.1:1"
    refused = sim.feishu.click(answer, {"act": "stop"}, alice).error_code
    sim.feishu.bot_url = ""

    assert (late, refused) == (200341, 200342)
    assert sim.feishu.click(answer, {"act": "stop"}, alice).error_code == 200340


def test_a_streaming_card_is_not_replaced(sim, bot, writer, alice, answer):
    card_id = writer.create(writer.card()).data.card_id
    writer.reply_card(answer.message_id, card_id)
    [streaming] = sim.feishu.answers_to(answer)
    replies(bot, {"card": {"type": "raw", "data": NEW}})

    assert sim.feishu.click(streaming, {"act": "stop"}, alice).error_code == 200673
    assert streaming.text == "…"


def test_choices_carry_their_option(sim, bot, alice, answer):
    replies(bot, {})
    sim.feishu.click(answer, {"tag": "select_static", "name": "model"}, alice, option="m1",
                     encrypted=False)  # fmt: skip

    action = json.loads(bot.received[-1][2])["event"]["action"]
    assert (action["tag"], action["name"], action["option"]) == ("select_static", "model", "m1")
