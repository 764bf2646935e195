"""What is a person's own: a favourite model, kept prompts, edited questions, suggestions."""

from __future__ import annotations

import pytest

from feishu_simulator import Script, failures
from feishu_simulator.card_view import label_of, value_of, walk
from tests.polling import eventually

PIRATE = "你是海盗。"
SUGGESTED = "多少钱？\n1. 什么时候？\n<at id=all></at>谁来做？"


def acting(message, act):
    """The component of a card that is for this act, once it is there."""
    return eventually(
        lambda: next(
            (part for part in walk(message.card) if (value_of(part) or {}).get("act") == act), None
        )
    )


def use(sim, message, act, person, form=None, **more):
    """Press or choose, as soon as the bot knows the card; the toast."""

    def used():
        result = sim.feishu.click(message, acting(message, act), person, form, **more)
        assert result.error_code == 0
        said = (result.toast or {}).get("content", "")
        return not said.startswith(("这段对话", "I no longer")) and result

    return eventually(used)


def reply(sim, message, number=0):
    """The bot's reply of that number to a message, once it is whole."""

    def whole():
        answers = sim.feishu.answers_to(message)
        return len(answers) > number and not answers[number].streaming and answers[number]

    return sim.feishu.wait_for(whole)


def last(sim):
    return sim.gateway.requests[-1].body


def asked(sim):
    return [message["content"] for message in last(sim)["messages"]]


@pytest.fixture
def team(sim, talk):
    return sim.feishu.add_group("Team", [talk.alice, talk.bob])


@pytest.fixture
def in_team(sim, talk, team):
    """Say something to the bot in the group; the answer."""

    def say(text, person=talk.alice, **more):
        return talk.answer(sim.feishu.say(team, person, text, mention_bot=True, **more))

    return say


# A favourite model


def test_a_favourite_model_answers_its_person_everywhere(sim, start_bot, talk, in_team):
    sim.gateway.models = ["house-one", "house-two", "house-three"]
    start_bot(OPENAI_MODEL="house-one")
    card = talk.ask("/model 常用 house-two")
    assert "house-two" in card.text
    eventually(lambda: talk.ask("one") and last(sim)["model"] == "house-two")

    in_team("one")
    assert last(sim)["model"] == "house-two"
    in_team("one", talk.bob)
    assert last(sim)["model"] == "house-one"
    chosen = in_team("/model house-three")
    in_team("two", reply_to=chosen)
    assert last(sim)["model"] == "house-three"

    shown = talk.ask("/model")
    use(sim, shown, "favourite_drop", talk.alice)
    eventually(lambda: talk.ask("three") and last(sim)["model"] == "house-one")


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "你的常用模型 house-two 现在用不了"), ("en", "Your favourite model")],
)
def test_a_favourite_that_is_gone_is_replaced_and_that_is_said(
    sim, start_bot, talk, language, said
):
    sim.gateway.models = ["house-one", "house-two"]
    start_bot(OPENAI_MODEL="house-one", LANGUAGE=language)
    talk.ask("/model favourite house-two")
    eventually(lambda: talk.ask("one") and last(sim)["model"] == "house-two")

    sim.gateway.enqueue(failures.no_channel(model="house-two"), Script.text("all the same"))
    answer = talk.ask("two")

    assert said in answer.text
    assert last(sim)["model"] == "house-one"


def test_forgetting_forgets_the_favourite_and_the_roles(sim, start_bot, talk):
    sim.gateway.models = ["house-one", "house-two"]
    start_bot(OPENAI_MODEL="house-one")
    talk.ask("/model 常用 house-two")
    begun = talk.ask(f"/system {PIRATE}")
    assert "海盗" in talk.ask("/roles 存 海盗", reply_to=begun).text

    use(sim, talk.ask("/forget"), "forget", talk.alice)

    eventually(lambda: talk.ask("one") and last(sim)["model"] == "house-one")
    assert "还没有自己的角色" in talk.ask("/roles 我的").text


# Roles of their own


@pytest.mark.parametrize(("language", "mine"), [("zh", "我的角色"), ("en", "My roles")])
def test_a_prompt_is_kept_and_used_again(sim, start_bot, talk, language, mine):
    start_bot(LANGUAGE=language)
    card = talk.ask(f"/system {PIRATE}")
    use(sim, card, "own_role_ask", talk.alice)
    use(sim, card, "own_role_keep", talk.alice, {"name": "Pirate"})
    assert card.title.endswith(mine)

    shown = talk.ask("/roles")
    use(sim, shown, "own_roles", talk.alice)
    select = acting(shown, "own_role_show")
    use(sim, shown, "own_role_show", talk.alice, option=select["options"][0]["value"])
    assert PIRATE in shown.text
    use(sim, shown, "own_role_use", talk.alice)
    talk.ask("hello", reply_to=shown)

    assert asked(sim)[0] == PIRATE


def test_in_a_group_an_own_role_is_used_by_its_name_and_read_by_nobody(sim, bot, talk, in_team):
    begun = talk.ask(f"/system {PIRATE}")
    talk.ask("/roles save 海盗", reply_to=begun)

    card = in_team("/roles 海盗")
    assert PIRATE not in str(card.card)
    in_team("hello", reply_to=card)
    assert asked(sim)[0].startswith(PIRATE)
    assert PIRATE not in str(in_team("/system", talk.bob, reply_to=card).card)
    assert "没有叫 海盗 的角色" in in_team("/roles 海盗", talk.bob).text
    assert "私聊" in in_team("/roles 我的").text


def test_nobody_reaches_anothers_role_by_a_forged_click(sim, bot, talk):
    begun = talk.ask(f"/system {PIRATE}")
    talk.ask("/roles save 海盗", reply_to=begun)
    select = acting(talk.ask("/roles 我的"), "own_role_show")
    role = select["options"][0]["value"]
    bobs = sim.feishu.private_chat(talk.bob)
    card = talk.answer(sim.feishu.say(bobs, talk.bob, "/roles 我的"))

    for act in ("own_role_show", "own_role_use", "own_role_form", "own_role_delete"):
        forged = {"act": act, "role": role, "option": role}

        def refused(forged=forged):
            result = sim.feishu.click(card, forged, talk.bob)
            return result.toast["content"] == "此卡片来自旧版本，请重新发送命令"

        eventually(refused)
    assert PIRATE not in str(card.card)


# Edited questions


@pytest.mark.parametrize("text", ["改：再短一点的诗", "/edit 再短一点的诗", "edit: 再短一点的诗"])
def test_a_reply_edits_the_question_and_its_answer_takes_the_place_of_the_old(sim, bot, talk, text):
    question = talk.say("写一首诗")
    answer = talk.answer(question)

    better = talk.ask(text, reply_to=question if text.startswith("改") else answer)
    assert asked(sim) == ["再短一点的诗"]
    talk.ask("为什么？", reply_to=better)

    assert asked(sim)[0] == "再短一点的诗"
    assert "写一首诗" not in asked(sim)


def test_in_a_groups_thread_ones_own_question_is_edited(sim, bot, talk, in_team):
    answer = in_team("one")
    in_team("two", talk.bob, reply_to=answer)

    in_team("改：three", talk.bob, reply_to=answer)
    assert [text.split(": ")[-1] for text in asked(sim)[1::2]] == ["one", "three"]
    in_team("改：four", reply_to=answer)
    assert [text.split(": ")[-1] for text in asked(sim)[1:]] == ["four"]


def test_what_somebody_else_said_is_changed_by_the_model(sim, bot, talk, team):
    said = sim.feishu.say(team, talk.bob, "我们明天不来了")

    talk.answer(sim.feishu.say(team, talk.alice, "改：客气一点", mention_bot=True, reply_to=said))

    assert asked(sim)[-1].endswith("改：客气一点")


@pytest.mark.parametrize(("language", "label"), [("zh", "改问题"), ("en", "Edit")])
def test_the_button_brings_a_form_that_asks_again(sim, start_bot, talk, language, label):
    start_bot(LANGUAGE=language)
    question = talk.say("写一首诗")
    answer = talk.answer(question)
    assert label in [label_of(button) for button in answer.buttons]

    use(sim, answer, "edit_question", talk.alice)
    form = reply(sim, answer)
    field = next(part for part in walk(form.card) if part["tag"] == "input")
    assert field["default_value"] == "写一首诗"
    use(sim, form, "edit_ask", talk.alice, {"text": "写两首诗"})

    reply(sim, question, 1)
    assert asked(sim) == ["写两首诗"]
    assert "写两首诗" in form.text
    assert not form.buttons


# Suggestions


@pytest.fixture
def suggesting(sim, start_bot):
    """A bot that suggests, before a model that has something to suggest."""

    def respond(body):
        return Script.text(SUGGESTED if "max_tokens" in body else "Noted.")

    sim.gateway.respond_with(respond)
    return start_bot(SUGGESTIONS="true", SUGGESTIONS_MODEL=sim.gateway.models[-1])


def suggestions(message):
    return [
        label_of(part)
        for part in walk(message.card)
        if (value_of(part) or {}).get("act") == "follow_up"
    ]


def test_questions_are_suggested_once_the_answer_has_landed(sim, suggesting, talk):
    answer = talk.ask("我们要买一台打印机")

    eventually(lambda: suggestions(answer) == ["多少钱？", "什么时候？"])
    request = last(sim)
    assert request["model"] == sim.gateway.models[-1]
    assert request["max_tokens"] == 200
    # The answer's own buttons are where they were.
    assert [label_of(button) for button in answer.buttons][:2] == ["重新回答", "换模型"]

    use(sim, answer, "follow_up", talk.alice)
    again = use(sim, answer, "follow_up", talk.alice)
    followed = reply(sim, answer)
    assert again.toast["content"] == "已经问过了"
    assert "💬 多少钱？" in followed.text
    conversation = [r.body["messages"] for r in sim.gateway.requests if "max_tokens" not in r.body]
    assert [m["content"] for m in conversation[-1]] == ["我们要买一台打印机", "Noted.", "多少钱？"]

    eventually(lambda: suggestions(followed))


def test_in_a_group_it_is_seen_who_asks_a_suggested_question(sim, suggesting, talk, in_team):
    answer = in_team("我们要买一台打印机")
    eventually(lambda: suggestions(answer))

    use(sim, answer, "follow_up", talk.bob)

    followed = reply(sim, answer)
    assert "Bob: 多少钱？" in followed.text


def test_a_recalled_question_loses_its_suggestions_too(sim, suggesting, talk):
    question = talk.say("我们要买一台打印机")
    answer = talk.answer(question)
    eventually(lambda: suggestions(answer))

    sim.feishu.recall(question)

    eventually(lambda: not answer.buttons)
    eventually(lambda: not suggestions(answer))


def test_without_the_setting_nothing_is_suggested(sim, bot, talk):
    answer = talk.ask("one")
    talk.ask("two")
    eventually(lambda: bot.is_idle)

    assert not suggestions(answer)
    assert len(sim.gateway.requests) == 2


def test_nothing_is_suggested_where_cards_stay_as_they_were_sent(sim, talk, start_bot):
    bot = start_bot(SUGGESTIONS="true", STREAMING="false")
    talk.ask("hello")
    eventually(lambda: bot.is_idle)

    talk.ask("and now?")
    assert len(sim.gateway.requests) == 2
