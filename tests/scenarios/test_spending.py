"""Balance, usage, limits, access and forgetting: through the webhook and the simulator."""

from __future__ import annotations

import time

import pytest

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.feedback import RatedAnswer
from feishu_bot.stores import Database, SqlConversations, SqlFeedback
from feishu_bot.stores.turns import insert_turn
from feishu_simulator import Script
from tests.open_jobs import open_jobs
from tests.polling import eventually

UNKNOWN = "这段对话已经找不到了，请重新提问"


def all_done(database_url):
    """Wait until the bot has nothing left to do."""
    database = Database(database_url)
    eventually(lambda: open_jobs(database) == 0)
    database.close()


def press(sim, message, label, person):
    """Press a button once the bot knows that it has sent the card."""
    button = next(b for b in message.buttons if b["text"]["content"] == label)

    def taken():
        result = sim.feishu.click(message, button, person)
        return result if not result.toast or result.toast["content"] != UNKNOWN else None

    return sim.feishu.wait_for(taken)


@pytest.fixture
def group(sim, talk):
    return sim.feishu.add_group("Team", [talk.alice, talk.bob])


@pytest.fixture
def start_bot(start_bot, talk, monkeypatch):
    """A bot whose answers count as seen once their usage is stored."""

    def start(**settings):
        bot = start_bot(**settings)
        whole = talk.answer

        def answer(question, **more):
            found = whole(question, **more)
            eventually(lambda: bot.is_idle)
            return found

        monkeypatch.setattr(talk, "answer", answer)
        return bot

    return start


@pytest.fixture
def ask(sim, talk, group):
    """The answer to what somebody says to the bot, in the group or privately."""
    sim.gateway.respond_with(lambda body: Script.text("Yes."))

    def ask(person, text, *, private=False, mentions=()):
        if private:
            question = sim.feishu.say(sim.feishu.private_chat(person), person, text)
        else:
            question = sim.feishu.say(group, person, text, mention_bot=True, mentions=mentions)
        return talk.answer(question)

    return ask


# Balance


def test_the_balance_of_each_key_is_told_masked_and_summed(sim, talk, start_bot):
    names = ("one", "two", "endless", "empty", "unknown")
    keys = {name: f"sk-{name}-{'x' * 30}{name[-4:]}" for name in names}
    sim.gateway.keys += [key for name, key in keys.items() if name != "unknown"]
    sim.gateway.balances |= {
        keys["one"]: (10.0, 250.0),
        keys["two"]: (5.0, 100.0),
        keys["endless"]: (100_000_000.0, 0.0),
    }
    sim.gateway.exhausted.add(keys["empty"])
    start_bot(OPENAI_KEY=f"{keys['one']},{keys['empty']},{keys['two']},{keys['unknown']}")

    text = talk.ask("/balance").text

    assert "sk-on…xone\n剩余 $7.50（共 $10.00，已用 $2.50）" in text
    assert "sk-em…mpty\n额度已用完" in text
    assert "sk-tw…xtwo\n剩余 $4.00（共 $5.00，已用 $1.00）" in text
    assert "sk-un…nown\n密钥已失效" in text
    assert "合计\n剩余 $11.50" in text
    assert not [key for key in keys.values() if key in text]
    sim.gateway.balances[keys["one"]] = (0.0, 0.0)
    assert talk.ask("余额").text == text

    start_bot(OPENAI_KEY=keys["endless"])
    assert "不限额" in talk.ask("/余额").text


def test_a_gateway_without_balances_says_so_and_with_admins_only_they_see_it(
    sim, talk, start_bot, ask
):
    sim.gateway.has_billing = False
    start_bot(ADMINS=talk.alice.open_id, LANGUAGE="en")

    text = talk.ask("/balance").text

    assert "not available from this service" in text
    assert "$" not in text
    assert "For admins only" in ask(talk.bob, "/balance", private=True).title


# Usage and limits


def test_a_person_is_limited_by_the_day_until_an_admin_grants_more(sim, talk, start_bot, ask):
    start_bot(ADMINS=talk.alice.union_id, USER_DAILY_QUESTIONS="2")
    usage = {"prompt_tokens": 1_000, "completion_tokens": 234}
    sim.gateway.enqueue(*[Script.text("Yes.", usage=usage)] * 4)
    for _ in range(2):
        ask(talk.bob, "hello")
    asked = len(sim.gateway.requests)

    refusal = ask(talk.bob, "hello", private=True)
    assert "今天的提问次数用完了" in refusal.title
    assert "已经问了 2 次，每天可以问 2 次" in refusal.text
    assert "明天 0 点（UTC" in refusal.text
    assert "管理员" in refusal.text
    assert len(sim.gateway.requests) == asked

    assert "只给管理员" in ask(talk.bob, "/grant @_user_2 50", mentions=[talk.bob]).title
    card = ask(talk.alice, "/grant @_user_2 50", mentions=[talk.bob])
    assert "今天给 Bob 加了 50 次提问" in card.text
    assert "52 次（含加量 50 次）" in card.text
    assert "Yes." in ask(talk.bob, "hello", private=True).text

    own = ask(talk.bob, "/usage", private=True)
    assert "今天\n3 次 · 3,702 tokens" in own.text
    assert "问 49 次（今天 52 次，含加量 50 次）" in own.text
    assert talk.bob.open_id in own.text
    assert "所有人" not in own.text

    everyones = talk.ask("用量")
    assert "所有人\n3 次 · 3,702 tokens" in everyones.text
    assert f"3 次 · 3,702 tokens\n{talk.bob.open_id}" in everyones.text
    assert "gpt-" in dict(everyones.panels)["各模型的用量"]
    assert "在私聊里发 /usage" in ask(talk.alice, "/usage").text


def test_a_button_that_met_the_limit_works_again_once_there_is_more(sim, talk, start_bot, ask):
    start_bot(ADMINS=talk.alice.union_id, USER_DAILY_QUESTIONS="1")
    answer = ask(talk.bob, "hello")
    question = sim.feishu.state.messages[answer.replied_to]

    def answers():
        return [card.text for card in sim.feishu.answers_to(question) if not card.streaming]

    press(sim, answer, "重新回答", talk.bob)
    sim.feishu.wait_for(lambda: any("已经问了 1 次" in text for text in answers()))
    ask(talk.alice, "/grant @_user_2 5", mentions=[talk.bob])

    for _ in range(2):
        press(sim, answer, "重新回答", talk.bob)
    sim.feishu.wait_for(lambda: sum("Yes." in text for text in answers()) == 2)
    assert len(sim.gateway.requests) == 2


def test_a_group_has_a_limit_of_its_own_and_admins_have_none(sim, talk, start_bot, ask):
    start_bot(ADMINS=talk.alice.user_id, CHAT_DAILY_QUESTIONS="2")
    ask(talk.alice, "one")
    ask(talk.bob, "two")

    assert "这个群今天的提问次数用完了" in ask(talk.bob, "three").title
    assert "Yes." in ask(talk.alice, "four").text
    assert "用完" not in ask(talk.bob, "five", private=True).text
    assert len(sim.gateway.requests) == 4


def test_costs_count_where_there_are_prices_even_of_answers_without_figures(
    sim, talk, start_bot, tmp_path
):
    prices = tmp_path / "prices.yaml"
    prices.write_text('currency: "¥"\nmodels:\n  "*": {prompt: 0, completion: 10000}\n', "utf-8")
    start_bot(PRICES_FILE=str(prices), USER_DAILY_COST="2.5", USER_DAILY_TOKENS="10000")
    none = {"prompt_tokens": 0, "completion_tokens": 0}
    sim.gateway.enqueue(Script.text("x" * 300, usage=none), Script.text("x" * 600, usage=none))

    talk.ask("one")
    assert "1 次 · " in talk.ask("/usage").text
    assert "用 ¥1.46（每天 ¥2.50）" in talk.ask("/usage").text
    talk.ask("two")

    refusal = talk.ask("three")
    assert "今天的费用用完了" in refusal.title
    assert "已经用了 ¥3.08，每天可以用 ¥2.50" in refusal.text


# Access


def test_people_and_groups_that_are_not_allowed_are_told_so_but_not_in_a_flood(
    sim, talk, start_bot, ask, database_url, group
):
    sim.feishu.grant("im:message.group_msg")
    carol = sim.feishu.add_person("Carol")
    other = sim.feishu.add_group("Other", [talk.alice, talk.bob])
    start_bot(ALLOWED_USERS=f"{talk.alice.open_id},{talk.bob.user_id}", ALLOWED_CHATS=group.chat_id)

    assert "Yes." in ask(talk.alice, "hello").text
    assert "Yes." in ask(talk.bob, "hello", private=True).text
    elsewhere = sim.feishu.say(other, talk.bob, "hello", mention_bot=True)
    assert "这个群还没有开通" in talk.answer(elsewhere).title

    assert "还没有为你开通" in ask(carol, "hello", private=True).title
    chat = sim.feishu.private_chat(carol)
    flood = [sim.feishu.say(chat, carol, f"hello {n}", wait=True) for n in range(5)]
    among_us = sim.feishu.say(other, talk.alice, "just among us", wait=True)
    all_done(database_url)

    assert not [m for m in [*flood, among_us] if sim.feishu.answers_to(m)]
    assert len(sim.gateway.requests) == 2


def test_an_admin_blocks_and_unblocks_in_the_chat(sim, talk, start_bot, ask):
    start_bot(ADMINS=talk.alice.open_id, BLOCKED_USERS="ou_nobody")
    answer = ask(talk.bob, "/clear")

    card = ask(talk.alice, "/block @_user_2", mentions=[talk.bob])
    assert "Bob 已停用" in card.text
    assert "暂时不能为你回答" in ask(talk.bob, "hello").title
    refused = sim.feishu.click(answer, answer.buttons[0], talk.bob)
    assert "停用" in refused.toast["content"]
    assert press(sim, card, "恢复", talk.bob).toast["type"] == "warning"

    done = press(sim, card, "恢复", talk.alice)
    assert "Bob 已恢复" in done.toast["content"]
    assert "已恢复" in card.title
    assert not card.buttons
    assert "Yes." in ask(talk.bob, "hello again").text

    assert "已停用" in ask(talk.alice, f"/停用 {talk.bob.open_id}", private=True).title
    assert "已恢复" in ask(talk.alice, f"/unblock {talk.bob.open_id}", private=True).title
    assert "不能停用管理员" in ask(talk.alice, f"/block {talk.alice.open_id}", private=True).title


# Forgetting


def test_who_asks_is_forgotten_after_a_question_and_sees_what_went(sim, talk, bot, ask, group):
    first = ask(talk.bob, "remember me")
    card = ask(talk.bob, "忘记我")

    assert press(sim, card, "全部删除", talk.alice).toast["type"] == "warning"
    assert "全部删除" in [b["text"]["content"] for b in card.buttons]
    done = press(sim, card, "全部删除", talk.bob)

    assert done.toast["type"] == "success"
    assert "提问和回答\n1" in card.text
    assert "今天的用量" in card.text
    assert not card.buttons
    question = sim.feishu.say(group, talk.bob, "who am I?", mention_bot=True, reply_to=first)
    talk.answer(question)
    sent = [m["content"] for m in sim.gateway.requests[-1].body["messages"]]
    assert not [text for text in sent if "remember me" in text]

    kept = ask(talk.alice, "/forget")
    press(sim, kept, "先留着", talk.alice)
    assert "什么都没有删除" in kept.text


def test_what_is_older_than_retention_days_is_swept(
    sim, talk, start_bot, database_url, monkeypatch
):
    monkeypatch.setattr("feishu_bot.core.queue.worker_pool.FIRST_SWEEP_SECONDS", 0.0)
    now = time.time()
    with monkeypatch.context() as two_days_ago:
        two_days_ago.setattr(time, "time", lambda: now - 2 * 86_400)
        # The webhook refuses what is so far away, so the message is put where it would get to.
        database = Database(database_url)
        database.migrate()
        key = ConversationKey(talk.chat.chat_id, "om_old")
        with database.write() as connection:
            insert_turn(
                connection,
                key,
                Turn(question="q", answer="a", question_id="om_old"),
                now=time.time(),
            )
        conversations = SqlConversations(database, ttl_seconds=1e9)
        assert conversations.tree(key, whole=True)
        SqlFeedback(database).save(RatedAnswer(message_id="om_old"), talk.alice.open_id, "up")
    start_bot(RETENTION_DAYS="1", LEASE_SECONDS="5")
    fresh = talk.ask("hello")

    eventually(lambda: not conversations.tree(key, whole=True))
    assert conversations.turn_of(fresh.message_id)
    database.close()


# Asking for more


def test_more_is_asked_for_with_a_click_and_granted_with_one(sim, talk, start_bot, ask):
    start_bot(USER_DAILY_QUESTIONS="1", ADMINS=talk.bob.open_id)
    ask(talk.alice, "first", private=True)
    notice = ask(talk.alice, "second", private=True)

    asked = press(sim, notice, "申请加量", talk.alice)
    assert asked.toast["content"] == "已转告管理员，同意后会通知你"

    def said(words, person):
        """A card that the bot has sent to somebody."""
        sent = sim.feishu.messages_in(sim.feishu.private_chat(person))
        return next((message for message in sent if words in message.text), None)

    card = sim.feishu.wait_for(lambda: said("个人 · 当天", talk.bob))
    granted = press(sim, card, "加 1 次", talk.bob)
    assert granted.toast["content"] == "已加量，并通知了申请人。"

    sim.feishu.wait_for(lambda: said("又可以多问 1 次", talk.alice))
    assert "Yes." in ask(talk.alice, "third", private=True).text
