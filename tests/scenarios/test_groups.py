"""Greetings, the bot's menu, and who said what in groups: through the webhook and the simulator."""

from __future__ import annotations

import pytest

ALL_MESSAGES = "im:message.group_msg"


@pytest.fixture(autouse=True)
def _prompt_model(sim):
    """What is answered doesn't matter here, so it may come at once."""
    sim.gateway.first = sim.gateway.between = 0.0


def sent_into(sim, chat, count=1):
    """What the bot wrote into a chat by itself, once there is enough of it."""

    def enough():
        found = [m for m in sim.feishu.messages_in(chat) if m.is_from_bot and not m.replied_to]
        return found if len(found) >= count else None

    return sim.feishu.wait_for(enough)


def press(sim, message, label, person):
    """Press a button once the bot knows that it has sent the card."""
    button = next(b for b in message.buttons if b["text"]["content"] == label)

    def taken():
        result = sim.feishu.click(message, button, person)
        return result if result.toast and result.toast["type"] != "warning" else None

    return sim.feishu.wait_for(taken)


def system_and_questions(request):
    messages = request.body["messages"]
    return messages[0]["content"], [m["content"] for m in messages if m["role"] == "user"]


# Greetings


def test_a_group_is_greeted_each_time_the_bot_is_added_and_the_buttons_work(sim, bot, talk):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    event = sim.feishu.add_bot(group, talk.alice, wait=True)
    card = sent_into(sim, group)[0]

    assert card.title == "👋 大家好，我来了"
    assert "请 @我" in card.text
    assert "权限" not in card.text
    title = card.card["header"]["title"]["i18n_content"]
    assert title["en_us"] == "👋 Hello everyone"
    assert [b["text"]["content"] for b in card.buttons] == [
        "写一份周报模板",
        "挑一个角色",
        "看看我会什么",
    ]

    # The same event again greets nobody.
    sim.feishu.deliveries.push(event, wait=True)
    pressed = press(sim, card, "看看我会什么", talk.bob)
    assert pressed.toast["content"] == "好的：/help"
    help_card = sim.feishu.wait_for(lambda: sim.feishu.answers_to(card))[0]
    # A click tells neither chat nor thread; the answer is for all, in the card's thread.
    assert help_card.thread_id
    assert "i18n_content" in help_card.card["header"]["title"]

    press(sim, card, "写一份周报模板", talk.bob)
    request = sim.feishu.wait_for(lambda: sim.gateway.requests and sim.gateway.requests[0])
    assert request.question == "Bob: 写一份周报模板"
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(card)) == 2)

    sim.feishu.remove_bot(group, talk.alice, wait=True)
    sim.feishu.add_bot(group, talk.bob, wait=True)
    assert len(sent_into(sim, group, 2)) == 2


def test_a_person_is_greeted_once_whatever_is_pushed_and_however_often(sim, start_bot, talk):
    start_bot()
    sim.feishu.first_contact(talk.alice, wait=True)
    for _ in range(2):
        sim.feishu.open_private_chat(talk.alice, wait=True)
    card = sent_into(sim, talk.chat)[0]

    assert card.title == "👋 你好，很高兴认识你"
    press(sim, card, "写一份周报模板", talk.alice)
    answer = sim.feishu.wait_for(lambda: sim.feishu.answers_to(card))[0]
    assert not answer.thread_id
    assert talk.ask("go on", reply_to=card)
    assert "周报模板" in str(sim.gateway.requests[-1].body["messages"])

    # Another process, and somebody who wrote before there was anything to greet them.
    start_bot()
    chat = sim.feishu.private_chat(talk.bob)
    talk.answer(sim.feishu.say(chat, talk.bob, "hello"))
    for person in (talk.alice, talk.bob):
        sim.feishu.open_private_chat(person, wait=True)
    assert talk.ask("/help")
    assert len(sent_into(sim, talk.chat)) == 1
    assert not [m for m in sim.feishu.messages_in(chat) if m.title.startswith("👋")]


def test_who_may_not_ask_is_told_so_instead_of_greeted(sim, start_bot, talk):
    start_bot(ALLOWED_USERS=talk.bob.open_id)

    sim.feishu.open_private_chat(talk.alice, wait=True)

    assert sent_into(sim, talk.chat)[0].title == "还没有为你开通"


# The bot's menu


def test_the_menu_runs_commands_in_the_private_chat(sim, bot, talk):
    # Nobody knows Alice's chat yet: it is found by writing to her.
    sim.feishu.press_menu(talk.alice, "help", wait=True)
    card = sent_into(sim, talk.chat)[0]
    assert card.title == "🎒 我能做什么"
    press(sim, card, "新话题", talk.alice)
    begun = sim.feishu.wait_for(lambda: sim.feishu.answers_to(card))[0]
    assert not begun.thread_id

    talk.ask("my name is Li")
    sim.feishu.press_menu(talk.alice, "/Settings", wait=True)
    sim.feishu.press_menu(talk.alice, "nothing of ours", wait=True)
    sim.feishu.press_menu(talk.alice, "帮助", wait=True)
    titles = [m.title for m in sent_into(sim, talk.chat, 4)]
    assert titles.count("🎒 我能做什么") == 3
    created = [call for call in sim.feishu.calls if call.api == "message.create"]
    assert len(created) == 4


def test_in_a_running_private_chat_the_menu_is_part_of_it(sim, start_bot, talk):
    start_bot(P2P_CONTEXT="chat")
    talk.ask("my name is Li")

    sim.feishu.press_menu(talk.alice, "new", wait=True)
    assert sent_into(sim, talk.chat)[0].title == "新话题开始了"

    talk.ask("who am I?")
    assert "my name is Li" not in str(sim.gateway.requests[-1].body)


# Who said what


def test_the_model_is_told_who_said_what_in_a_group(sim, bot, talk):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    first = talk.answer(sim.feishu.say(group, talk.alice, "one", mention_bot=True))
    question = sim.feishu.say(group, talk.bob, "two", mention_bot=True, reply_to=first)
    talk.answer(question)

    system, questions = system_and_questions(sim.gateway.requests[-1])
    assert "begins with the name" in system
    assert questions == ["Alice: one", "Bob: two"]

    # Nobody wanted all messages, so nobody has asked whether they come.
    assert not [call for call in sim.feishu.calls if call.api == "scopes"]
    # A private chat has no names, and names that are known aren't asked for again.
    talk.ask("just me")
    assert sim.gateway.requests[-1].question == "just me"
    assert len([call for call in sim.feishu.calls if call.api == "user.get"]) == 2


def test_without_scopes_mentions_give_names_and_others_get_a_stand_in(sim, bot, talk):
    sim.feishu.withdraw("contact:contact.base:readonly")
    carol = sim.feishu.add_person("Carol")
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob, carol])

    first = talk.answer(
        sim.feishu.say(group, talk.alice, "one", mention_bot=True, mentions=[talk.bob])
    )
    answer = first
    for person, text in ((carol, "two"), (talk.bob, "three"), (talk.alice, "four")):
        answer = talk.answer(sim.feishu.say(group, person, text, mention_bot=True, reply_to=answer))

    questions = system_and_questions(sim.gateway.requests[-1])[1]
    assert questions[1:] == ["Colleague B: two", "Bob: three", "Colleague A: four"]
    # After the first no there is a pause: the scope won't come from asking.
    assert len([call for call in sim.feishu.calls if call.api == "user.get"]) == 1


# All messages of a group


def test_group_reply_all_answers_what_names_nobody_else(sim, start_bot, talk, caplog):
    sim.feishu.grant(ALL_MESSAGES)
    start_bot(GROUP_REPLY="all")
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])

    sim.feishu.say(group, talk.alice, "lunch?", mentions=[talk.bob], wait=True)
    sim.feishu.say(group, talk.alice, "fire drill at noon", mention_all=True, wait=True)
    sim.feishu.say(group, talk.alice, "/deploy_other_bot", wait=True)
    sim.feishu.send(group, talk.alice, "sticker", {"file_key": "file_v3_s"}, wait=True)
    answer = talk.answer(sim.feishu.say(group, talk.alice, "what is up?"))

    assert answer.thread_id
    assert [r.question for r in sim.gateway.requests] == ["Alice: what is up?"]
    assert "im:message.group_msg" not in caplog.text
    assert [m for m in sim.feishu.messages_in(group) if m.is_from_bot] == [answer]


def test_group_reply_all_without_its_scope_is_said_once_and_on_the_welcome_card(
    sim, start_bot, talk, caplog
):
    start_bot(GROUP_REPLY="all")
    sim.feishu.wait_for(lambda: "im:message.group_msg" in caplog.text)
    assert "需要权限" in caplog.text
    assert caplog.text.count("GROUP_REPLY=all needs") == 1

    group = sim.feishu.add_group("Team", [talk.alice])
    sim.feishu.add_bot(group, talk.alice, wait=True)

    card = sent_into(sim, group)[0]
    assert "请 @我" in card.text
    assert "im:message.group_msg" in card.text
