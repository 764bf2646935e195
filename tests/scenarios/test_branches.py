"""Stop, Regenerate, branches, export, verdicts and quotes, in the whole bot."""

from __future__ import annotations

from feishu_bot.content.catalog import Catalog
from feishu_simulator import Script
from feishu_simulator.card_view import label_of, walk
from tests.polling import eventually

ZH = Catalog.load("zh")


def labels(message) -> list[str]:
    return [label_of(button) for button in message.buttons]


def press(sim, message, label, person, **more):
    """Press a button, as a person does: not in the same moment as its card comes up."""
    button = next(b for b in message.buttons if label_of(b).startswith(label))
    unknown = ZH("conversation_unknown")

    def pressed():
        result = sim.feishu.click(message, button, person, **more)
        return result if result.toast is None or result.toast["content"] != unknown else None

    return eventually(pressed)


def choose(sim, message, option, person):
    select = next(part for part in walk(message.card) if part["tag"] == "select_static")
    return sim.feishu.click(message, select, person, option=option)


def options(message) -> dict[str, str]:
    select = next(part for part in walk(message.card) if part["tag"] == "select_static")
    return {one["text"]["content"]: one["value"] for one in select["options"]}


def reply(sim, message, number=0):
    """The bot's reply of that number to a message, once it is whole."""

    def whole():
        answers = sim.feishu.answers_to(message)
        return len(answers) > number and not answers[number].streaming and answers[number]

    return sim.feishu.wait_for(whole)


def done(bot, message=None):
    """The message, once all that was asked is stored as well as shown."""
    eventually(lambda: bot.is_idle)
    return message


def asked(sim, number=-1) -> list[str]:
    return [m["content"] for m in sim.gateway.requests[number].body["messages"]]


def streaming(sim, question):
    return sim.feishu.wait_for(
        lambda: next((a for a in sim.feishu.answers_to(question) if a.streaming and a.buttons), 0)
    )


SLOW = Script.chunks([f"word{n} " for n in range(400)], between=0.05)


def test_an_answer_is_stopped_by_its_button_kept_and_gone_on_with(sim, bot, talk):
    sim.gateway.enqueue(SLOW, Script.text("the rest"))
    question = talk.say("count")
    card = streaming(sim, question)
    sim.feishu.wait_for(lambda: "word1" in card.text)
    assert labels(card) == ["停止"]

    pressed = press(sim, card, "停止", talk.alice)
    talk.answer(question)

    assert pressed.toast == {"type": "success", "content": "已经停下。"}
    assert "word1" in card.text
    assert ZH("stopped") in card.text
    assert labels(card) == ["继续", "重新回答", "换模型", "改问题", "👍", "👎"]

    def is_over():
        again = sim.feishu.click(card, {"act": "stop", "of": question.message_id}, talk.alice)
        return again.toast["content"] == ZH("stop_nothing")

    sim.feishu.wait_for(is_over)
    press(sim, card, "继续", talk.alice)
    assert "the rest" in reply(sim, card).text
    assert asked(sim)[0] == "count"
    assert "word1" in asked(sim)[1]


def test_a_stop_takes_effect_while_the_model_is_silent(sim, bot, talk):
    script = Script.text("never", first=60.0)
    sim.gateway.enqueue(script, Script(opening="silence"), Script.text("now"))
    question = talk.say("hello")
    press(sim, streaming(sim, question), "停止", talk.alice)
    card = done(bot, talk.answer(question, timeout=5))
    assert ZH("stopped") in card.text
    assert labels(card) == ["重新回答", "换模型", "改问题"]

    press(sim, card, "重新回答", talk.alice)
    second = sim.feishu.wait_for(
        lambda: len(a := sim.feishu.answers_to(question)) > 1 and a[1].buttons and a[1]
    )
    press(sim, second, "停止", talk.alice)
    sim.feishu.wait_for(lambda: not second.streaming, timeout=5)
    done(bot)

    press(sim, second, "重新回答", talk.alice)
    assert "now" in reply(sim, question, 2).text
    assert asked(sim) == ["hello"]


def test_in_a_group_only_the_asker_and_admins_stop_and_regenerate(sim, start_bot, talk):
    admin = sim.feishu.add_person("Admin")
    bot = start_bot(ADMINS=admin.open_id)
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob, admin])
    sim.gateway.enqueue(SLOW, Script.text("second"), Script.text("third"))
    question = sim.feishu.say(group, talk.alice, "count", mention_bot=True)
    card = streaming(sim, question)

    assert "只有提问的人" in press(sim, card, "停止", talk.bob).toast["content"]
    assert press(sim, card, "停止", admin).toast["type"] == "success"
    done(bot, talk.answer(question))
    assert "只有提问的人" in press(sim, card, "重新回答", talk.bob).toast["content"]
    assert "只有提问的人" in press(sim, card, "换模型", talk.bob).toast["content"]
    assert press(sim, card, "重新回答", talk.alice).toast["type"] == "info"

    second = done(bot, reply(sim, question, 1))
    assert "second" in second.text
    assert second.thread_id == card.thread_id
    press(sim, second, "重新回答", admin)
    third = done(bot, reply(sim, question, 2))
    assert "third" in third.text
    # Whoever presses, it stays the question of the person who asked.
    assert "只有提问的人" in press(sim, third, "重新回答", talk.bob).toast["content"]


def test_regenerate_keeps_both_answers_and_is_done_once(sim, start_bot, talk):
    bot = start_bot()
    sim.gateway.enqueue(*[Script.text(text) for text in ("A1", "A2", "A2 again", "A3", "A4")])
    first = talk.ask("Q1")
    question = talk.say("Q2", reply_to=first)
    card = done(bot, talk.answer(question))
    bot.stop()
    bot = start_bot()

    press(sim, card, "重新回答", talk.alice)
    repeated = press(sim, card, "重新回答", talk.alice)
    other = done(bot, reply(sim, question, 1))

    assert repeated.toast["content"] == ZH("regenerate_known")
    assert "A2 again" in other.text
    assert asked(sim) == ["Q1", "A1", "Q2"]
    assert len(sim.gateway.requests) == 3
    talk.ask("Q3", reply_to=card)
    assert asked(sim) == ["Q1", "A1", "Q2", "A2", "Q3"]
    done(bot, talk.ask("Q4", reply_to=other))
    assert asked(sim) == ["Q1", "A1", "Q2", "A2 again", "Q4"]

    sim.feishu.recall(question)
    sim.feishu.wait_for(
        lambda: (
            sim.feishu.click(other, {"act": "regenerate"}, talk.alice).toast["content"]
            == ZH("conversation_unknown")
        )
    )


def test_another_model_is_chosen_from_a_card(sim, start_bot, talk):
    bot = start_bot(OPENAI_MODEL="gpt-4o-mini")
    sim.gateway.enqueue(Script.text("one"), Script.text("two"), Script.text("three"))
    question = talk.say("hello")
    card = done(bot, talk.answer(question))

    assert press(sim, card, "换模型", talk.alice).toast["content"] == ZH("other_model_started")
    choice = reply(sim, card)
    assert choice.title == "🔀 换个模型再答"
    offered = list(options(choice))
    assert "gpt-4o-mini" not in offered
    chosen = choose(sim, choice, offered[0], talk.alice)

    assert chosen.error_code == 0
    assert offered[0] in choice.text
    assert "two" in reply(sim, question, 1).text
    assert sim.gateway.requests[-1].body["model"] == offered[0]
    assert "three" in talk.ask(f"/retry {offered[-1]}", reply_to=card).text
    assert sim.gateway.requests[-1].body["model"] == offered[-1]
    assert asked(sim) == ["hello"]
    assert "没有这个模型" in talk.ask("/retry no-such-model", reply_to=card).title


def test_stop_and_retry_by_name_in_a_private_chat(sim, bot, talk):
    sim.gateway.enqueue(SLOW, Script.text("done"))
    question = talk.say("count")
    streaming(sim, question)

    told = talk.ask("/stop")
    card = done(bot, talk.answer(question, timeout=5))

    assert ZH("stop_done") in told.text
    assert ZH("stopped") in card.text
    assert "done" in done(bot, talk.ask("/retry")).text
    assert asked(sim) == ["count"]
    assert ZH("stop_nothing") in talk.ask("停止").text


def test_a_misspelt_stop_is_suggested_and_stops_when_it_is_pressed(sim, start_bot, talk):
    start_bot(P2P_CONTEXT="thread")
    sim.gateway.enqueue(SLOW)
    question = talk.say("count")
    streaming(sim, question)
    card = talk.ask("/stpo")

    press(sim, card, "/stop", talk.alice)

    assert ZH("stop_done") in reply(sim, card).text
    assert ZH("stopped") in talk.answer(question, timeout=5).text


def test_in_a_thread_stop_does_not_wait_behind_the_answer(sim, bot, talk):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    sim.gateway.enqueue(SLOW)
    question = sim.feishu.say(group, talk.alice, "count", mention_bot=True)
    card = streaming(sim, question)

    refused = sim.feishu.say(group, talk.bob, "/stop", mention_bot=True, reply_to=card, wait=True)
    assert card.streaming
    stop = sim.feishu.say(group, talk.alice, "/stop", mention_bot=True, reply_to=card)

    assert ZH("stop_done") in reply(sim, stop).text
    assert ZH("stop_not_yours") in reply(sim, refused).text
    assert ZH("stopped") in card.text


def test_reload_shows_the_tree_and_goes_back(sim, bot, talk):
    sim.gateway.enqueue(*[Script.text(f"A{n}") for n in range(1, 6)])
    assert "还没有对话" in talk.ask("/reload").title
    first = talk.ask("Q1")
    second = talk.ask("Q2", reply_to=first)
    talk.ask("Q3", reply_to=second)
    done(bot, talk.ask("Q4", reply_to=first))

    done(bot)

    card = talk.ask("历史回档")

    assert card.title == "🌿 历史回档"
    lines = [line for line in card.text.splitlines() if " · " in line]
    assert [line.split(" · ")[0] for line in lines] == ["1", "2", "3", "├ 4"]
    assert lines[-1].endswith("Q4 📍")
    chosen = choose(sim, card, options(card)["2 · Q2"], talk.alice)
    assert chosen.error_code == 0
    assert "从第 2 轮接着聊：Q2" in card.text
    talk.ask("Q5", reply_to=card)
    *before, question = asked(sim)
    assert before == ["Q1", "A1", "Q2", "A2"]
    assert question.endswith("Q5")

    done(bot)
    press(sim, card, "看看其他轮", talk.alice)
    assert "├ 5" in card.text
    gone = choose(sim, card, "999", talk.alice)
    assert "已经找不到了" in gone.toast["content"]


def exported(sim, message) -> str:
    assert message.message_type == "file"
    return sim.feishu.state.files[message.content["file_key"]].data.decode()


def test_a_conversation_is_exported_as_a_file(sim, bot, talk):
    sim.gateway.enqueue(*[Script.text(f"A{n}") for n in range(1, 4)])
    assert "还没有可以导出的内容" in talk.ask("/export").title
    first = talk.ask("Q1\nsecond line")
    talk.ask("Q2", reply_to=first)
    done(bot, talk.ask("Q3", reply_to=first))

    here = exported(sim, talk.ask("导出"))
    whole = exported(sim, talk.ask("/export all", reply_to=first))

    assert here.startswith("# Q1 second line")
    assert "> Q1\n> second line\n\nA1" in here
    assert [word for word in ("A1", "A2", "A3") if word in here] == ["A1", "A3"]
    assert [word for word in ("A1", "A2", "A3") if word in whole] == ["A1", "A2", "A3"]
    assert "接在第 1 轮之后" in whole
    sim.feishu.withdraw("im:resource")
    refused = talk.ask("/export")
    assert refused.title == "还缺一个权限"
    assert "im:resource" in refused.text


def test_verdicts_are_kept_and_a_comment_may_follow(sim, bot, talk):
    card = done(bot, talk.ask("hello"))

    assert "谢谢" in press(sim, card, "👍", talk.alice).toast["content"]
    assert "谢谢" in press(sim, card, "👎", talk.alice).toast["content"]
    assert "取消" in press(sim, card, "👎", talk.alice).toast["content"]
    press(sim, card, "👎", talk.alice)
    form = reply(sim, card)
    assert form.title == "📝 哪里可以更好？"
    empty = press(sim, form, "提交", talk.alice, form_value={"comment": " "})
    assert empty.toast["type"] == "warning"
    press(sim, form, "提交", talk.alice, form_value={"comment": "太长"})

    assert "意见已经记下" in form.text
    assert len(sim.feishu.answers_to(card)) == 1
    assert "意见已经记下" in talk.ask("/feedback 还是太长", reply_to=card).text


def test_a_quoted_message_is_read_to_the_model_and_remembered(sim, bot, talk):
    sim.feishu.grant("im:message.group_msg")
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    said = sim.feishu.say(group, talk.bob, "The train leaves at nine.", wait=True)
    sim.gateway.enqueue(Script.text("At nine."), Script.text("Nine."), Script.text("Neuf."))

    question = sim.feishu.say(group, talk.alice, "when?", mention_bot=True, reply_to=said)
    card = done(bot, talk.answer(question))

    quoted = "<quoted_message>\nThe train leaves at nine.\n</quoted_message>\n\nwhen?"
    assert asked(sim)[-1].endswith(quoted)
    press(sim, card, "重新回答", talk.alice)
    reply(sim, question, 1)
    assert asked(sim)[-1].endswith(quoted)
    assert sum(call.api == "message.get" for call in sim.feishu.calls) == 1

    sim.feishu.withdraw("im:message.group_msg")
    other = sim.feishu.say(group, talk.alice, "and now?", mention_bot=True, reply_to=said)
    assert "Neuf" in talk.answer(other).text


def test_an_answer_the_store_has_lost_is_read_as_a_quote(sim, start_bot, talk, tmp_path):
    sim.gateway.enqueue(Script.text("Your name is **Li**."), Script.text("Li."))
    first_bot = start_bot()
    first = talk.ask("My name is Li.")
    first_bot.stop()
    start_bot(DATABASE_URL=f"sqlite:///{tmp_path}/other.db")

    talk.ask("Who am I?", reply_to=first)

    assert asked(sim) == ["<quoted_message>\nYour name is **Li**.\n</quoted_message>\n\nWho am I?"]
    lost = sim.feishu.click(first, {"act": "regenerate"}, talk.alice)
    assert lost.toast["content"] == ZH("conversation_unknown")


def test_a_thread_the_bot_comes_late_to_is_read_once(sim, bot, talk):
    sim.feishu.grant("im:message.group_msg")
    group = sim.feishu.add_group("Topics", [talk.alice, talk.bob], topic=True)
    root = sim.feishu.say(group, talk.alice, "Lunch at the new place?", wait=True)
    sim.feishu.say(group, talk.bob, "It is closed on Mondays.", reply_to=root, wait=True)
    sim.gateway.enqueue(Script.text("Try Tuesday."), Script.text("Wednesday, then."))

    question = sim.feishu.say(group, talk.alice, "so when?", mention_bot=True, reply_to=root)
    talk.answer(question)
    more = sim.feishu.say(group, talk.alice, "or?", mention_bot=True, reply_to=root)
    talk.answer(more)

    _, first, *_, last = asked(sim)
    assert "person 1: Lunch at the new place?\n\nperson 2: It is closed on Mondays." in first
    assert first.endswith("so when?")
    assert last.endswith("or?")
    assert "earlier_messages" not in last
    assert sum(call.api == "message.list" for call in sim.feishu.calls) == 1
    shown = sim.feishu.say(group, talk.alice, "/reload", mention_bot=True, reply_to=root)
    assert "so when?" in reply(sim, shown).text
