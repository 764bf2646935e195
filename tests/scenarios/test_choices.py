"""Roles, modes, models, settings and languages: chosen in the chat, sent to the gateway."""

from __future__ import annotations

import json

import pytest

from feishu_simulator import Script
from feishu_simulator.card_view import walk
from tests.polling import eventually
from tests.scenarios.bots import LocalBot

REFUSAL = {
    "error": {
        "message": "Unsupported value: 'temperature' does not support 0.1 with this model.",
        "type": "invalid_request_error",
        "param": "temperature",
        "code": "unsupported_value",
    }
}


def part(card, tag, **attributes):
    """The first component of a card with this tag."""
    return next(
        found
        for found in walk(card.card)
        if found["tag"] == tag and all(found.get(k) == v for k, v in attributes.items())
    )


def button(card, label):
    """The button whose label begins so."""
    return next(b for b in card.buttons if b["text"]["content"].startswith(label))


def options(select):
    return [option["value"] for option in select["options"]]


def click(sim, *arguments, **more):
    """As quick as only a program is, so the bot may not have noted yet that the card is its own."""

    def clicked():
        result = sim.feishu.click(*arguments, **more)
        said = (result.toast or {}).get("content", "")
        return not said.startswith(("这段对话", "This conversation")) and result

    return eventually(clicked)


@pytest.fixture(autouse=True)
def terse(sim):
    """What is looked at is what the model is asked."""
    sim.gateway.respond_with(lambda body: Script.text("Noted."))


@pytest.fixture
def choose(sim, talk):
    """Choose from the list on a card; the toast, after the new card is on."""

    def choose(card, option, *, person=None, old=False):
        select = part(card, "select_static")
        result = click(sim, card, select, person or talk.alice, option=option, old=old)
        assert result.error_code == 0
        return result

    return choose


@pytest.fixture
def press(sim, talk):
    """Press a button, or send a form."""

    def press(card, label, *, person=None, form=None, times=1):
        what = button(card, label)
        for _ in range(times):
            result = click(sim, card, what, person or talk.alice, form)
        assert result.error_code == 0
        return result

    return press


@pytest.fixture
def last(sim):
    """What the gateway was asked last: role, model, temperature, number of messages."""

    def last():
        body = sim.gateway.requests[-1].body
        first = body["messages"][0]
        role = first["content"] if first["role"] == "system" else ""
        return role, body["model"], body.get("temperature"), len(body["messages"])

    return last


def restart(bot: LocalBot, start_bot, **settings) -> LocalBot:
    bot.stop()
    bot.stop = lambda: None
    return start_bot(**settings)


def test_a_role_holds_for_every_turn_until_it_is_given_up(sim, talk, start_bot, press, last):
    bot = start_bot()
    model = sim.gateway.models[0]
    card = talk.ask("角色扮演 你是海盗。")
    assert "你是海盗" in card.text
    assert part(card, "button")
    first = talk.ask("你是谁？", reply_to=card)
    assert last() == ("你是海盗。", model, None, 2)

    restart(bot, start_bot)
    talk.ask("再说一次", reply_to=first)
    assert last() == ("你是海盗。", model, None, 4)

    shown = talk.ask("/system", reply_to=first)
    assert "你是海盗" in shown.text
    press(shown, "设为角色", form={"prompt": "You are a judge."}, times=2)
    assert "You are a judge." in shown.text
    talk.ask("hello", reply_to=shown)
    assert last() == ("You are a judge.", model, None, 2)

    press(shown, "恢复默认", times=2)
    talk.ask("hello", reply_to=shown)
    assert last() == ("", model, None, 1)

    refused = talk.ask("/system " + "长" * 8001)
    assert "8000" in refused.text


def test_a_role_of_the_list_is_found_by_category_and_asks_its_example(
    sim, talk, start_bot, choose, press, last
):
    start_bot(P2P_CONTEXT="chat", LEGACY_CARD_CALLBACKS="true")
    talk.ask("before")
    card = talk.ask("/roles")
    category = options(part(card, "select_static"))[0]
    choose(card, category)
    assert card.title.endswith(category)

    choose(card, "weekly-report", old=True)
    choose_again = [b for b in card.buttons if b["text"]["content"].startswith("帮我整理成周报")]
    press(card, choose_again[0]["text"]["content"], times=2)
    answer = talk.answer(card)

    role, _, _, count = last()
    assert role.startswith("你帮同事把零散的工作记录整理成周报")
    assert count == 2
    assert "before" not in json.dumps(sim.gateway.requests[-1].body["messages"])
    assert len(sim.feishu.answers_to(card)) == 1
    talk.ask("more", reply_to=answer)
    assert last()[0] == role
    assert last()[3] == 4

    press(card, "同类角色")
    assert "weekly-report" in options(part(card, "select_static"))
    press(card, "全部分类")
    assert category in options(part(card, "select_static"))
    assert "周报整理" in card.text


def test_the_list_of_roles_is_the_administrators(sim, talk, start_bot, choose, tmp_path, last):
    path = tmp_path / "roles.yaml"
    path.write_text("- {title: 船长, content: 你是船长。, tags: [海上]}\n", encoding="utf-8")
    start_bot(ROLES_FILE=str(path), LANGUAGE="en")
    card = talk.ask("/roles")
    choose(card, "海上")

    gone = choose(card, "nobody")
    choose(card, "船长")

    assert "no longer" in gone.toast["content"]
    talk.ask("hello", reply_to=card)
    assert last()[0] == "你是船长。"


def test_a_mode_is_a_temperature_on_every_turn(sim, talk, start_bot, choose, last):
    bot = start_bot(LEGACY_CARD_CALLBACKS="true")
    card = talk.ask("AI模式")
    assert len(options(part(card, "select_static"))) == 9
    toast = choose(card, "creative").toast
    assert toast["type"] == "success"
    assert "创意 · 1.0" in card.text
    first = talk.ask("one", reply_to=card)
    assert last()[2] == 1.0

    restart(bot, start_bot, LEGACY_CARD_CALLBACKS="true")
    second = talk.ask("two", reply_to=first)
    assert last()[2:] == (1.0, 3)
    choose(card, "fresh", old=True)
    talk.ask("three", reply_to=second)
    assert last()[2] == 0.1

    choose(card, "auto")
    talk.ask("four", reply_to=second)
    assert last()[2] is None
    assert "创意" in talk.ask("/mode creative").text

    # A model that refuses the temperature is asked without it, and nobody sees that.
    count = len(sim.gateway.requests)
    card = talk.ask("/mode strict")
    sim.gateway.enqueue(Script.answer(400, REFUSAL), Script.text("fine"))
    first = talk.ask("one", reply_to=card)
    talk.ask("two", reply_to=first)
    assert "fine" in first.text
    sent = [request.body.get("temperature") for request in sim.gateway.requests[count:]]
    assert sent == [0.1, None, None]


def test_a_model_is_chosen_from_the_gateways_own_list(sim, talk, start_bot, choose, press, last):
    sim.gateway.models = ["house-one", "house-two", "tts-1", "deepseek-chat", "other"]
    bot = start_bot(ALLOWED_MODELS="house-*,deepseek-chat", OPENAI_MODEL="house-one")
    card = talk.ask("模型")
    assert options(part(card, "select_static")) == ["-", "house-one", "deepseek-chat", "house-two"]
    choose(card, "house-two")
    first = talk.ask("one", reply_to=card)
    assert last()[1] == "house-two"
    assert "house-two" in first.text

    second = talk.ask("two", reply_to=first)
    assert last()[1] == "house-two"

    unknown = talk.ask("/model house-tow", reply_to=second)
    assert "house-tow" in unknown.text
    press(unknown, "house-two")
    assert talk.ask("/model other", reply_to=second).buttons
    refused = sim.feishu.click(card, {"act": "model_set", "option": "other"}, talk.alice)
    assert refused.toast["type"] == "warning"

    bot = restart(bot, start_bot, ALLOWED_MODELS="deepseek*", OPENAI_MODEL="house-one")
    talk.ask("three", reply_to=second)
    assert last()[1] == "house-one"

    # Models that were listed once are still known, so this one has seen no list.
    restart(bot, start_bot, OPENAI_MODEL="house-one", OPENAI_KEY="sk-another")
    assert "密钥" in talk.ask("/model").text
    assert "模型列表" in talk.ask("/settings").text


def test_the_settings_of_a_private_chat_hold_for_all_of_it(sim, talk, bot, press, last):
    model = sim.gateway.models[1]
    card = talk.ask("设置")
    form = {"model": model, "role": "weekly-report", "mode": "warm", "language": "en"}
    press(card, "保存", form=form, times=2)

    assert card.title.endswith("Settings")
    assert all(words in card.text for words in (model, "Weekly report", "Warm · 0.4", "English"))
    talk.ask("one")
    role, *rest = last()
    assert role.startswith("You turn a colleague's rough notes")
    assert rest == [model, 0.4, 2]
    talk.ask("two")
    assert last()[1:] == (model, 0.4, 4)
    bobs = sim.feishu.private_chat(talk.bob)
    talk.answer(sim.feishu.say(bobs, talk.bob, "mine"))
    assert last() == ("", sim.gateway.models[0], None, 1)


def test_the_settings_of_a_group_hold_for_all_in_it(sim, talk, start_bot, press, last):
    bot = start_bot()
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])

    def ask(text, person=talk.bob):
        return talk.answer(sim.feishu.say(group, person, text, mention_bot=True))

    card = ask("/settings")
    press(card, "整个群的设置")
    form_card = sim.feishu.wait_for(lambda: sim.feishu.answers_to(card))[0]
    fields = [f["name"] for f in walk(form_card.card) if f["tag"] == "select_static"]
    assert fields == ["model", "role", "mode", "thread", "language"]
    model = sim.gateway.models[2]
    chosen = {"model": model, "role": "-", "mode": "balanced", "thread": "never", "language": "en"}
    press(form_card, "保存", form=chosen)
    assert "Never" in form_card.text
    restart(bot, start_bot)

    answer = ask("one")
    assert last()[1:3] == (model, 0.7)
    assert not answer.thread_id
    assert "Answer mode" in ask("/mode", talk.alice).title
    ask("two", talk.alice)
    assert last()[1:3] == (model, 0.7)


def test_everyone_has_a_language(sim, talk, bot, press):
    card = talk.ask("语言")
    assert "中文" in button(card, "中文")["text"]["content"]
    assert press(card, "English", times=2).toast["content"].startswith("All right")
    assert card.title.endswith("Language")

    assert talk.ask("/help").title.endswith("What I can do")
    bobs = sim.feishu.private_chat(talk.bob)
    assert talk.answer(sim.feishu.say(bobs, talk.bob, "/help")).title.endswith("我能做什么")
    assert talk.ask("/lang zh").title.endswith("语言")
    assert talk.ask("/帮助").title.endswith("我能做什么")
