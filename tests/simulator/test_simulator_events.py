"""Events as the bot gets them, checked with the SDK's own dispatcher and cipher."""

from __future__ import annotations

import hashlib
import json

import lark_oapi as lark
import pytest
from lark_oapi.core.utils import AESCipher

from feishu_simulator.delivery import RETRY_SECONDS


@pytest.fixture
def alice(sim):
    return sim.feishu.add_person("Alice")


@pytest.fixture
def chat(sim, alice, bot):
    sim.feishu.bot_url = bot.url
    return sim.feishu.private_chat(alice)


@pytest.fixture
def group(sim, alice, bot):
    sim.feishu.bot_url = bot.url
    return sim.feishu.add_group("Team", [alice])


def opened(sim, bot, number=-1):
    body = json.loads(bot.received[number][2])
    return json.loads(AESCipher(sim.credentials.encrypt_key).decrypt_str(body["encrypt"]))


def dispatched(sim, bot, register):
    """Let the SDK's dispatcher answer the bot's requests."""
    got = []
    builder = lark.EventDispatcherHandler.builder(
        sim.credentials.encrypt_key, sim.credentials.verification_token
    )
    handler = register(builder, got.append).build()

    def answer(path, headers, body):
        request = lark.RawRequest()
        request.uri, request.headers, request.body = path, headers, body
        response = handler.do(request)
        return response.status_code, response.content

    bot.answer = answer
    return got


def test_the_sdk_accepts_a_pushed_message(sim, bot, chat, alice):
    got = dispatched(sim, bot, lambda b, f: b.register_p2_im_message_receive_v1(f))

    question = sim.feishu.say(chat, alice, "hello", wait=True)

    assert question.deliveries[0].status == 200
    assert question.deliveries[0].body == '{"msg":"success"}'
    assert question.deliveries[0].seconds < 3
    message = got[0].event.message
    assert (message.message_id, message.chat_type) == (question.message_id, "p2p")
    assert json.loads(message.content) == {"text": "hello"}
    assert message.mentions is None
    assert got[0].event.sender.sender_id.open_id == alice.open_id


def test_a_wrong_key_does_not_open_it(sim, bot, chat, alice):
    sim.feishu.say(chat, alice, "hello", wait=True)
    _, headers, body = bot.received[0]
    stamp = headers["X-Lark-Request-Timestamp"] + headers["X-Lark-Request-Nonce"]

    def signed(key):
        return hashlib.sha256((stamp + key).encode() + body).hexdigest()

    assert headers["X-Lark-Signature"] == signed(sim.credentials.encrypt_key)
    assert headers["X-Lark-Signature"] != signed("other")
    with pytest.raises(ValueError, match=r"PKCS7|decode"):
        AESCipher("other").decrypt_str(json.loads(body)["encrypt"])


def test_the_envelope_is_the_documented_one(sim, bot, chat, alice):
    question = sim.feishu.say(chat, alice, "hello", wait=True)

    envelope = opened(sim, bot)

    assert envelope["schema"] == "2.0"
    assert set(envelope["header"]) == {
        "event_id", "event_type", "create_time", "token", "app_id", "tenant_key",
    }  # fmt: skip
    assert envelope["header"]["token"] == sim.credentials.verification_token
    assert envelope["event"]["message"] == {
        "message_id": question.message_id,
        "create_time": str(question.created_ms),
        "update_time": str(question.created_ms),
        "chat_id": chat.chat_id,
        "chat_type": "p2p",
        "message_type": "text",
        "content": '{"text": "hello"}',
    }


def test_mentions_are_placeholders(sim, bot, group, alice):
    bob = sim.feishu.add_person("Bob")

    question = sim.feishu.say(
        group, alice, "hi", mention_bot=True, mentions=[bob], mention_all=True, wait=True
    )

    message = opened(sim, bot)["event"]["message"]
    assert json.loads(message["content"]) == {"text": "@_all @_user_1 @_user_2 hi"}
    assert [(m["key"], m["name"], m["mentioned_type"]) for m in message["mentions"]] == [
        ("@_user_1", sim.credentials.bot_name, "bot"),
        ("@_user_2", "Bob", "user"),
    ]
    assert message["mentions"][0]["id"]["open_id"] == sim.credentials.bot_open_id
    assert question.text == f"@_all @{sim.credentials.bot_name} @Bob hi"


def test_rich_text_mentions_are_runs(sim, bot, group, alice):
    content = [[{"tag": "text", "text": "hi", "style": []}]]

    sim.feishu.post(group, alice, content, mention_bot=True, wait=True)

    message = opened(sim, bot)["event"]["message"]
    assert message["message_type"] == "post"
    assert json.loads(message["content"])["content"][0][0]["user_id"] == "@_user_1"


def test_group_messages_reach_the_bot_only_when_it_is_mentioned(sim, bot, group, alice):
    sim.feishu.say(group, alice, "not for the bot", wait=True)
    sim.feishu.say(group, alice, "nor this", mention_all=True, wait=True)
    before = len(bot.received)
    sim.feishu.grant("im:message.group_msg")
    sim.feishu.say(group, alice, "now it is", wait=True)

    assert before == 0
    assert len(bot.received) == 1


def test_without_the_private_scope_nothing_is_pushed(sim, bot, chat, alice):
    sim.feishu.withdraw("im:message.p2p_msg:readonly")

    question = sim.feishu.say(chat, alice, "hello", wait=True)

    assert (question.deliveries, bot.received) == ([], [])


def test_replies_in_a_topic_carry_its_ids(sim, bot, writer, group, alice):
    question = sim.feishu.say(group, alice, "one", mention_bot=True, wait=True)
    writer.reply(question.message_id, "text", {"text": "two"}, thread=True)
    [answer] = sim.feishu.answers_to(question)

    sim.feishu.say(group, alice, "three", mention_bot=True, reply_to=answer, wait=True)

    message = opened(sim, bot)["event"]["message"]
    assert message["thread_id"] == answer.thread_id
    assert message["root_id"] == message["parent_id"] == question.message_id


def test_failed_deliveries_are_repeated_on_schedule(sim, bot, chat, alice):
    assert RETRY_SECONDS == (15.0, 300.0, 3600.0, 21_600.0)
    sim.feishu.deliveries.retry_seconds = (0.01, 0.01, 0.01, 0.01)
    codes = iter([500, 404, 200])
    bot.answer = lambda path, headers, body: (next(codes), b"{}")

    question = sim.feishu.say(chat, alice, "hello")

    sim.feishu.wait_for(lambda: len(question.deliveries) == 3)
    assert [delivery.status for delivery in question.deliveries] == [500, 404, 200]
    assert len({delivery.event_id for delivery in question.deliveries}) == 1


def test_an_event_is_given_up_after_four_retries(sim, bot, chat, alice):
    sim.feishu.deliveries.retry_seconds = (0.01, 0.01, 0.01, 0.01)
    bot.answer = lambda path, headers, body: (503, b"")

    question = sim.feishu.say(chat, alice, "hello")

    sim.feishu.wait_for(lambda: len(question.deliveries) == 5)
    assert not sim.feishu.deliveries._waiting


def test_a_late_answer_counts_as_none(sim, bot, chat, alice, held):
    sim.feishu.deliveries.answer_seconds = 0.05
    bot.answer = lambda path, headers, body: held() or (200, b"{}")

    question = sim.feishu.say(chat, alice, "hello", wait=True)

    assert (question.deliveries[0].status, question.deliveries[0].error) == (0, "timeout")


def test_an_event_can_be_delivered_again(sim, bot, chat, alice):
    question = sim.feishu.say(chat, alice, "hello", wait=True)
    sim.feishu.push(question, wait=True)
    sim.feishu.push(question, event_id="ev-other", wait=True)

    ids = [opened(sim, bot, number)["header"]["event_id"] for number in range(3)]
    assert ids[0] == ids[1] == question.event.event_id
    assert ids[2] == "ev-other"
    assert len(question.deliveries) == 3


def test_other_events_are_pushed(sim, bot, group, alice):
    question = sim.feishu.say(group, alice, "x")
    feishu = sim.feishu
    feishu.recall(question, wait=True)
    feishu.react(question, alice, "OK", wait=True)
    feishu.add_bot(group, alice, wait=True)
    feishu.open_private_chat(alice, wait=True)
    feishu.press_menu(alice, "new", wait=True)

    assert [opened(sim, bot, number)["header"]["event_type"] for number in range(5)] == [
        "im.message.recalled_v1",
        "im.message.reaction.created_v1",
        "im.chat.member.bot.added_v1",
        "im.chat.access_event.bot_p2p_chat_entered_v1",
        "application.bot.menu_v6",
    ]
    assert opened(sim, bot, 4)["event"]["event_key"] == "new"


def test_the_first_contact_comes_in_the_old_envelope(sim, bot, chat, alice):
    def register(builder, handle):
        return builder.register_p1_customized_event("p2p_chat_create", handle)

    got = dispatched(sim, bot, register)

    event = sim.feishu.first_contact(alice, wait=True)

    assert event.deliveries[0].status == 200
    assert got[0].event["user"]["open_id"] == alice.open_id
    assert got[0].uuid == event.event_id


@pytest.mark.parametrize("encrypted", [True, False])
def test_an_address_is_valid_when_it_echoes_the_challenge(sim, bot, chat, encrypted):
    dispatched(sim, bot, lambda builder, handle: builder)
    good = sim.feishu.verify_url(encrypted=encrypted)
    bot.answer = lambda path, headers, body: (200, b'{"challenge":"other"}')

    assert good.ok
    assert good.seconds < 1
    assert not sim.feishu.verify_url(encrypted=encrypted).ok


def test_nothing_blocks_the_speaker(sim, bot, chat, alice, held):
    bot.answer = lambda path, headers, body: held() or (200, b"{}")

    questions = [sim.feishu.say(chat, alice, str(number)) for number in range(5)]

    assert not any(question.deliveries for question in questions)
