"""A private chat as people expect it: one running conversation, from the first message on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.button_values import ButtonPlace
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.stores import SqlConversations
from feishu_bot.stores.schema import conversations, turns
from feishu_simulator import Script
from feishu_simulator.card_view import label_of, walk
from tests.media.files import picture
from tests.polling import eventually

ZH = Catalog.load("zh")
HOUR = 3600.0
UNKNOWN = ZH("conversation_unknown")

both_contexts = pytest.mark.parametrize("context", ["chat", "thread"])


@pytest.fixture(autouse=True)
def numbered(sim):
    """The model answers A1, A2 and so on."""
    answers = iter(range(1, 100))
    sim.gateway.respond_with(lambda body: Script.text(f"A{next(answers)}"))


def said(sim, number=-1) -> list[str]:
    """What the model was given, without a role."""
    messages = sim.gateway.requests[number].body["messages"]
    return [m["content"] for m in messages if m["role"] != "system"]


def role(sim) -> str:
    first = sim.gateway.requests[-1].body["messages"][0]
    return first["content"] if first["role"] == "system" else ""


def done(bot, message=None):
    """The message, once all that was asked is stored as well as shown."""
    eventually(lambda: bot.is_idle)
    return message


def labels(message) -> list[str]:
    return [label_of(button) for button in message.buttons]


def press(sim, message, label, person):
    """Press a button, as a person does: not in the same moment as its card comes up."""
    button = next(b for b in message.buttons if label_of(b).startswith(label))

    def pressed():
        result = sim.feishu.click(message, button, person)
        return result if result.toast is None or result.toast["content"] != UNKNOWN else None

    return eventually(pressed)


def choose(sim, message, option, person):
    select = next(part for part in walk(message.card) if part["tag"] == "select_static")
    return sim.feishu.click(message, select, person, option=option)


def sent_by_itself(sim, chat):
    """The newest card that the bot sent in reply to nothing."""
    found = [m for m in sim.feishu.messages_in(chat) if m.is_from_bot and not m.replied_to]
    return found[-1] if found else None


def rest(bot, seconds: float) -> None:
    """Nobody says anything for so long."""
    done(bot)
    with bot.database.write() as connection:
        connection.execute(
            sa.update(conversations).values(last_at=conversations.c.last_at - seconds)
        )
        connection.execute(sa.update(turns).values(created_at=turns.c.created_at - seconds))


# A newcomer


def test_a_newcomers_first_five_messages_do_what_they_expect(sim, talk, bot):
    sim.feishu.open_private_chat(talk.alice, wait=True)
    talk.ask("你好")
    talk.ask("写一段请假说明")
    talk.ask("再短一点")
    key = sim.feishu.add_image(picture(64, 48))
    talk.answer(sim.feishu.send(talk.chat, talk.alice, "image", {"image_key": key}))
    talk.ask("换成英文")

    *before, seen, answered, last = said(sim)
    assert before == [
        *("你好", "A1"),
        *("写一段请假说明", "A2"),
        *("再短一点", "A3"),
    ]
    # The picture is still there when the talk goes on.
    words, shown = seen
    assert "请看看图片里有什么" in words["text"]
    assert shown["type"] == "image_url"
    assert (answered, last) == ("A4", "换成英文")


GOES_ON = {
    ("chat", "zh"): "想接着聊，直接往下说；回复更早的某条回答，就从那条接着聊；/new 开始新话题。",
    (
        "thread",
        "zh",
    ): "回复我的消息就能接着聊；回复更早的某条回答，就从那条接着聊；/new 开始新话题。",
    (
        "chat",
        "en",
    ): "Just keep writing to continue. Reply to an older answer to continue from there. "
    "/new starts a new topic.",
    ("thread", "en"): "Reply to my messages to continue. Reply to an older answer to continue from "
    "there. /new starts a new topic.",
}


@pytest.mark.parametrize(("context", "language"), GOES_ON)
def test_the_welcome_and_the_help_say_how_a_conversation_goes_on(
    sim, talk, start_bot, context, language
):
    start_bot(P2P_CONTEXT=context, LANGUAGE=language)
    words = GOES_ON[context, language]
    sim.feishu.open_private_chat(talk.alice, wait=True)

    assert words in sim.feishu.wait_for(lambda: sent_by_itself(sim, talk.chat)).text
    assert words in talk.ask("/help").text


@pytest.mark.parametrize("name", ["deploy-by-hand", "settings"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_documents_say_it_in_the_same_words(name, language):
    page = f"docs/{name}{'.zh-CN' if language == 'zh' else ''}.md"
    text = Path(page).read_text(encoding="utf-8").replace("`", "")

    def plain(words):
        return re.sub(r"[.;。；]", "", words).lower()

    assert plain(GOES_ON["chat", language]) in plain(text)


@both_contexts
def test_a_reply_continues_the_conversation_in_both_contexts(sim, talk, start_bot, context):
    bot = start_bot(P2P_CONTEXT=context)
    first = talk.ask("Q1")
    second = talk.ask("Q2", reply_to=first)
    talk.ask("Q3", reply_to=second)
    assert said(sim) == ["Q1", "A1", "Q2", "A2", "Q3"]

    branch = talk.ask("Q4", reply_to=first)
    assert said(sim) == ["Q1", "A1", "Q4"]

    rest(bot, 13 * HOUR)
    talk.ask("Q5", reply_to=branch)
    assert said(sim) == ["Q1", "A1", "Q4", "A4", "Q5"]


def test_what_is_said_after_a_reply_goes_on_from_that_branch(sim, talk, bot):
    first = talk.ask("Q1")
    talk.ask("Q2")
    talk.ask("Q3", reply_to=first)
    talk.ask("Q4")

    assert said(sim) == ["Q1", "A1", "Q3", "A3", "Q4"]


def test_a_reply_takes_up_what_was_before_a_new_topic(sim, talk, bot):
    first = talk.ask("Q1")
    talk.ask("Q2")
    talk.ask("/new")
    talk.ask("Q3")
    assert said(sim) == ["Q3"]

    talk.ask("Q4", reply_to=first)
    talk.ask("Q5")
    assert said(sim) == ["Q1", "A1", "Q4", "A4", "Q5"]

    talk.ask("新话题")
    talk.ask("Q6")
    assert said(sim) == ["Q6"]


def test_an_answer_from_before_the_chat_was_a_running_one_is_gone_on_from_by_reply(
    sim, talk, start_bot
):
    old = start_bot(P2P_CONTEXT="thread")
    first = done(old, talk.ask("Q1"))
    old.stop()
    old.stop = lambda: None

    start_bot()
    talk.ask("Q2", reply_to=first)

    assert said(sim) == ["Q1", "A1", "Q2"]


# What is chosen


@both_contexts
def test_a_model_from_the_menu_answers_the_next_plain_message_and_all_that_follow(
    sim, talk, start_bot, context
):
    bot = start_bot(P2P_CONTEXT=context)
    model = sim.gateway.models[1]
    talk.ask("Q1")
    sim.feishu.press_menu(talk.alice, "model", wait=True)
    card = sim.feishu.wait_for(lambda: sent_by_itself(sim, talk.chat))
    assert "在这个聊天里一直有效，直到你更改" in card.text
    eventually(lambda: choose(sim, card, model, talk.alice).toast["type"] == "success")
    assert "在这个聊天里一直有效，直到你更改" in card.text

    for text in ("Q2", "/new", "Q3"):
        talk.ask(text)
    rest(bot, 30 * HOUR)
    talk.ask("Q4")

    asked = [request.body["model"] for request in sim.gateway.requests]
    assert asked == [sim.gateway.models[0], model, model, model]
    # Nobody else's chat is touched.
    talk.answer(sim.feishu.say(sim.feishu.private_chat(talk.bob), talk.bob, "mine"))
    assert sim.gateway.requests[-1].body["model"] == sim.gateway.models[0]


@both_contexts
def test_a_role_from_the_welcome_holds_for_the_next_plain_message_and_after_new(
    sim, talk, start_bot, context
):
    start_bot(P2P_CONTEXT=context)
    sim.feishu.open_private_chat(talk.alice, wait=True)
    welcome = sim.feishu.wait_for(lambda: sent_by_itself(sim, talk.chat))
    press(sim, welcome, "挑一个角色", talk.alice)
    card = sim.feishu.wait_for(lambda: sim.feishu.answers_to(welcome))[0]
    categories = next(part for part in walk(card.card) if part["tag"] == "select_static")
    category = categories["options"][0]["value"]
    eventually(lambda: not (choose(sim, card, category, talk.alice).toast or {}))
    choose(sim, card, "weekly-report", talk.alice)
    assert "在这个聊天里一直有效，直到你更改" in card.text

    talk.ask("Q1")
    assert role(sim).startswith("你帮同事把零散的工作记录整理成周报")
    talk.ask("/new")
    talk.ask("Q2")
    assert role(sim).startswith("你帮同事把零散的工作记录整理成周报")
    assert said(sim) == ["Q2"]


def test_in_a_group_a_choice_holds_for_its_thread(sim, talk, bot):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    model = sim.gateway.models[1]
    opening = sim.feishu.say(group, talk.alice, f"/model {model}", mention_bot=True)
    card = talk.answer(opening)
    assert "在这个对话里一直有效，直到有人更改" in card.text

    def ask(text, **more):
        talk.answer(sim.feishu.say(group, talk.bob, text, mention_bot=True, **more))
        return sim.gateway.requests[-1].body["model"]

    assert ask("Q1", reply_to=card) == model
    assert ask("Q2") == sim.gateway.models[0]
    rest(bot, 30 * HOUR)
    assert ask("Q3", reply_to=card) == model


# After a long rest


def test_after_a_long_rest_the_chat_begins_afresh_says_so_and_can_be_taken_up_again(sim, talk, bot):
    talk.ask("Q1")
    talk.ask("Q2")
    rest(bot, 13 * HOUR)

    question = talk.say("再短一点")
    fresh = talk.answer(question)
    assert said(sim) == ["再短一点"]
    assert "离上次聊天已经 13 小时了，这是新的对话。" in fresh.text
    assert "接着之前的聊" in labels(fresh)

    done(bot)
    told = press(sim, fresh, "接着之前的聊", talk.alice)
    assert told.toast["content"] == ZH("resume_again")
    again = sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and len(a) == 2 and a[1]
    )
    sim.feishu.wait_for(lambda: not again.streaming)
    assert said(sim) == ["Q1", "A1", "Q2", "A2", "再短一点"]
    assert "接着之前的聊" not in labels(again)

    done(bot)
    assert press(sim, fresh, "接着之前的聊", talk.alice).toast["content"] == ZH("resume_known")
    talk.ask("Q3")
    assert said(sim) == ["Q1", "A1", "Q2", "A2", "再短一点", "A4", "Q3"]
    assert len(sim.gateway.requests) == 5


def test_the_button_still_works_when_something_else_was_said_since(sim, talk, bot):
    talk.ask("Q1")
    rest(bot, 50 * HOUR)
    fresh = talk.ask("Q2")
    assert "已经 2 天" in fresh.text
    second = done(bot, talk.ask("Q3"))
    assert "接着之前的聊" not in labels(second)

    told = press(sim, fresh, "接着之前的聊", talk.alice)
    talk.ask("Q4")

    assert told.toast["content"] == ZH("resumed")
    assert said(sim) == ["Q1", "A1", "Q4"]
    assert len(sim.gateway.requests) == 4


def test_a_command_in_between_does_not_hide_that_the_chat_began_afresh(sim, talk, bot):
    talk.ask("Q1")
    rest(bot, 13 * HOUR)
    talk.ask("/help")

    assert "这是新的对话" in talk.ask("Q2").text
    assert said(sim) == ["Q2"]


@pytest.mark.parametrize("before", [(), ("Q1", "/new")])
def test_where_there_is_nothing_to_take_up_nothing_is_said(sim, talk, bot, before):
    for text in before:
        talk.ask(text)
    rest(bot, 13 * HOUR)

    answer = talk.ask("Q2")

    assert "新的对话" not in answer.text
    assert "接着之前的聊" not in labels(answer)


def test_a_forged_or_forgotten_turn_is_not_taken_up(sim, talk, bot):
    first = talk.say("Q1")
    talk.answer(first)
    bobs = sim.feishu.private_chat(talk.bob)
    talk.answer(sim.feishu.say(bobs, talk.bob, "secret"))
    rest(bot, 13 * HOUR)
    fresh = done(bot, talk.ask("Q2"))
    with bot.database.read() as connection:
        elsewhere = connection.scalar(sa.select(turns.c.id).where(turns.c.question == "secret"))
    sim.feishu.recall(first, wait=True)

    button = next(b for b in fresh.buttons if label_of(b) == "接着之前的聊")
    recalled = eventually(lambda: _gone(sim.feishu.click(fresh, button, talk.alice)))
    signer = ButtonSigner(sim.credentials.app_secret)
    here = ButtonPlace.of(
        SqlConversations(bot.database, ttl_seconds=60.0).key_of(fresh.message_id), "p2p"
    )
    forged = [
        sim.feishu.click(fresh, signer.sign({"act": "resume", "turn": turn}, here), talk.alice)
        for turn in (str(elsewhere), "9" * 5000, "-1", "x", "")
    ]

    assert all(_gone(result) for result in (recalled, *forged))
    talk.ask("Q3")
    assert said(sim) == ["Q2", "A3", "Q3"]


def _gone(result):
    return result if result.toast and result.toast["content"] == ZH("resume_gone") else None


def test_in_a_topic_it_is_said_as_well(sim, talk, bot):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    first = talk.answer(sim.feishu.say(group, talk.alice, "Q1", mention_bot=True))
    rest(bot, 13 * HOUR)

    question = sim.feishu.say(group, talk.bob, "Q2", mention_bot=True, reply_to=first)
    fresh = done(bot, talk.answer(question))
    assert "这是新的对话" in fresh.text

    # Somebody else than who asked takes it up for what follows.
    assert press(sim, fresh, "接着之前的聊", talk.alice).toast["content"] == ZH("resumed")
    talk.answer(sim.feishu.say(group, talk.alice, "Q3", mention_bot=True, reply_to=first))
    assert said(sim) == ["Alice: Q1", "A1", "Alice: Q3"]


# What is done to a running chat


def test_questions_wait_for_each_other_and_are_answered_once(sim, talk, bot):
    sim.gateway.enqueue(Script.text("A1", first=0.5))
    first = talk.say("Q1")
    # Two that come at once are taken in as they come.
    sim.feishu.wait_for(lambda: sim.gateway.requests)
    second = talk.say("Q2")
    for _ in range(2):
        sim.feishu.push(first, wait=True)
        sim.feishu.push(second, wait=True)
    talk.answer(second)
    talk.ask("Q3")

    assert said(sim)[::2] == ["Q1", "Q2", "Q3"]
    assert len(sim.gateway.requests) == 3
    assert all(len(sim.feishu.answers_to(question)) == 1 for question in (first, second))


def test_stop_acts_on_the_running_answer_at_once(sim, talk, bot):
    sim.gateway.enqueue(Script.chunks(["word "] * 100, between=0.1))
    question = talk.say("count")
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "word" in a[0].text)

    stop = talk.say("/stop")

    assert ZH("stop_done") in talk.answer(stop).text
    assert ZH("stopped") in talk.answer(question).text
    talk.ask("Q2")
    assert said(sim)[0] == "count"
    assert said(sim)[-1] == "Q2"


def test_retry_reload_and_export_are_about_the_running_chat(sim, talk, bot):
    talk.ask("Q1")
    done(bot, talk.ask("Q2"))
    done(bot, talk.ask("/retry"))
    assert said(sim) == ["Q1", "A1", "Q2"]
    talk.ask("Q3")
    assert said(sim) == ["Q1", "A1", "Q2", "A3", "Q3"]

    done(bot)
    file = talk.ask("/export")
    exported = sim.feishu.state.files[file.content["file_key"]].data.decode()
    assert [word for word in ("A1", "A2", "A3", "A4") if word in exported] == ["A1", "A3", "A4"]

    card = talk.ask("/reload")
    options = next(part for part in walk(card.card) if part["tag"] == "select_static")["options"]
    choose(sim, card, options[0]["value"], talk.alice)
    talk.ask("Q4")
    assert said(sim) == ["Q1", "A1", "Q4"]


def test_after_a_long_rest_the_earlier_conversation_can_be_listed_and_exported(sim, talk, bot):
    talk.ask("Q1")
    talk.ask("Q2")
    rest(bot, 13 * HOUR)

    file = talk.ask("/export")
    exported = sim.feishu.state.files[file.content["file_key"]].data.decode()
    assert [word for word in ("A1", "A2") if word in exported] == ["A1", "A2"]

    card = talk.ask("/reload")
    options = next(part for part in walk(card.card) if part["tag"] == "select_static")["options"]
    assert choose(sim, card, options[1]["value"], talk.alice).toast["type"] == "success"
    talk.ask("Q3")
    assert said(sim) == ["Q1", "A1", "Q2", "A2", "Q3"]


def test_from_an_old_list_of_turns_one_goes_back_after_a_new_topic(sim, talk, bot):
    talk.ask("Q1")
    done(bot, talk.ask("Q2"))
    card = talk.ask("/reload")
    talk.ask("/new")
    done(bot, talk.ask("Q3"))
    options = next(part for part in walk(card.card) if part["tag"] == "select_static")["options"]

    result = choose(sim, card, options[0]["value"], talk.alice)

    assert result.toast["type"] == "success"
    talk.ask("Q4")
    assert said(sim) == ["Q1", "A1", "Q4"]


def test_a_recalled_question_leaves_the_running_chat_and_an_edited_one_is_offered(sim, talk, bot):
    talk.ask("Q1")
    second = talk.say("Q2")
    done(bot, talk.answer(second))
    sim.feishu.recall(second, wait=True)
    third = talk.say("Q3")
    done(bot, talk.answer(third))
    assert said(sim) == ["Q1", "A1", "Q3"]

    sim.feishu.edit(third, "Q3, corrected", wait=True)
    offer = sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(third)) and len(a) == 2 and a[1]
    )
    press(sim, offer, "按新的问题回答", talk.alice)
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(third)) == 3)
    eventually(lambda: len(sim.gateway.requests) == 4)
    done(bot)
    talk.ask("Q4")
    assert said(sim) == ["Q1", "A1", "Q3, corrected", "A4", "Q4"]


@pytest.mark.parametrize("before", ["now", "before a new topic"])
def test_regenerating_an_older_answer_goes_on_from_there(sim, talk, bot, before):
    talk.ask("Q1")
    second = talk.say("Q2")
    card = done(bot, talk.answer(second))
    if before != "now":
        talk.ask("/new")
    done(bot, talk.ask("Q3"))

    press(sim, card, "重新回答", talk.alice)
    eventually(lambda: len(sim.gateway.requests) == 4)
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(second)) == 2)
    assert said(sim) == ["Q1", "A1", "Q2"]
    done(bot)
    talk.ask("Q4")

    assert said(sim) == ["Q1", "A1", "Q2", "A4", "Q4"]
