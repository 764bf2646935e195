"""The bot says by itself what is wrong, in the log and to its admins."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from feishu_bot.setup.doctor.at_start import ExaminationAtStart
from feishu_bot.setup.doctor.traffic_watch import TrafficWatch
from feishu_bot.stores import SqlSightings
from feishu_simulator import failures
from tests.polling import eventually
from tests.scenarios.test_branches import press


@pytest.fixture
def boss(sim):
    return sim.feishu.add_person("Boss")


def part(bot, kind):
    """One of the parts of a bot that answers."""
    return next(one for one in bot.runtime.answering if isinstance(one, kind))


def seen(bot):
    return SqlSightings(bot.database).all()


def wait_for_warning(caplog, words):
    return eventually(lambda: next((r.message for r in caplog.records if words in r.message), None))


def test_after_a_start_the_log_says_what_is_wrong_and_that_nothing_has_come(sim, start_bot, caplog):
    sim.feishu.withdraw("im:message:send_as_bot")
    bot = start_bot(DOCTOR_AT_START="true")

    part(bot, ExaminationAtStart).tell()

    text = "\n".join(r.message for r in caplog.records if r.levelno >= logging.WARNING)
    assert "1 处不通" in text
    assert "im:message:send_as_bot（发消息，回答任何问题）" in text
    assert "No message has come yet. Send the bot one and it shows here" in text


def test_the_first_message_is_a_line_in_the_log(sim, talk, bot, caplog):
    talk.ask("hello")

    wait_for_warning(caplog, "收到了第一条消息")
    assert seen(bot)["event:im.message.receive_v1"].times == 1


def test_an_admin_reads_in_the_chat_what_is_wrong_and_tries_the_buttons(sim, start_bot, boss):
    bot = start_bot(ADMINS=boss.open_id)
    sim.feishu.subscription.events.discard("im.message.recalled_v1")
    chat = sim.feishu.private_chat(boss)

    question = sim.feishu.say(chat, boss, "诊断")

    card = sim.feishu.wait_for(lambda: next(iter(sim.feishu.answers_to(question)), None))
    assert card.title.startswith("🩺 体检：有地方要留意")
    assert "im.message.recalled_v1（撤回问题）" in card.text
    # The command has just come, though that is stored a second later.
    assert "还没有收到过消息" not in card.text
    assert "卡片回调是通的" in press(sim, card, "按一下试试", boss).toast["content"]
    eventually(lambda: "event:card.action.trigger" in seen(bot))


def test_nobody_else_may_examine_it(sim, talk, start_bot, boss):
    start_bot(ADMINS=boss.open_id)

    assert "只给管理员用" in talk.ask("/doctor").title


def test_in_a_group_an_admin_is_asked_to_come_elsewhere(sim, start_bot, boss):
    start_bot(ADMINS=boss.open_id)
    group = sim.feishu.add_group("G", [boss])
    question = sim.feishu.say(group, boss, "/doctor", mention_bot=True)

    card = sim.feishu.wait_for(lambda: next(iter(sim.feishu.answers_to(question)), None))

    assert "私聊里发 /doctor" in card.text


@pytest.mark.parametrize("path", ["/webhook/events", "/event", "/"])
def test_an_address_that_was_mistyped_is_named_in_the_log(sim, bot, caplog, path):
    assert sim.feishu.verify_url(path).status in (404, 405)

    record = eventually(
        lambda: next((r for r in caplog.records if "飞书在请求机器人没有的地址" in r.message), None)
    )

    assert record.fields["path"] == path
    eventually(lambda: f"path:{path}" in seen(bot))


@pytest.mark.parametrize("address", ["/webhook/event", "/webhook/card"])
def test_a_slash_too_many_at_either_end_does_no_harm(sim, bot, address):
    assert sim.feishu.verify_url(f"{address}/").ok
    assert sim.feishu.verify_url(f"/{address}").ok


def test_nobody_is_sent_to_the_host_that_a_request_names(bot):
    answer = bot.app.test_client().post("/webhook//event", headers={"Host": "evil.example"})

    assert answer.status_code == 404
    assert "evil.example" not in str(answer.headers)


def test_wrong_keys_are_told_to_the_admins_with_the_remedy(sim, talk, start_bot, boss):
    bot = start_bot(ADMINS=boss.open_id)
    sim.feishu.state.credentials = replace(
        sim.feishu.credentials, verification_token="another-token"
    )
    talk.say("is anybody there?")
    eventually(lambda: "refused:wrong token" in seen(bot))

    part(bot, TrafficWatch).look()

    chat = sim.feishu.private_chat(boss)
    card = sim.feishu.wait_for(
        lambda: next((m for m in sim.feishu.messages if m.chat is chat), None)
    )
    assert card.title == "机器人需要你处理：密钥和签名"
    assert "APP_VERIFICATION_TOKEN" in card.text


def test_where_nobody_can_be_written_to_the_log_says_it(sim, talk, bot, caplog):
    sim.gateway.respond_with(lambda body: failures.account_out_of_money())

    talk.ask("hello")

    line = wait_for_warning(caplog, "要管理员处理")
    assert "An administrator has to see to this" in line


def test_a_missing_scope_for_sending_is_in_the_log_for_nothing_can_be_sent(
    sim, talk, start_bot, boss, caplog
):
    start_bot(ADMINS=boss.open_id)
    sim.feishu.withdraw("im:message:send_as_bot")

    talk.say("hello")

    line = wait_for_warning(caplog, "要管理员处理")
    assert "im:message:send_as_bot" in line
    assert "Permissions & Scopes" in line


def test_a_person_outside_the_availability_is_told_to_the_admins(sim, talk, start_bot, boss):
    start_bot(ADMINS=boss.open_id)
    sim.feishu.app.visible_to = frozenset({boss.open_id})

    talk.say("hello")

    chat = sim.feishu.private_chat(boss)
    card = sim.feishu.wait_for(
        lambda: next((m for m in sim.feishu.messages if m.chat is chat), None)
    )
    assert "可用范围" in card.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ip_white_list": ["198.51.100.1"]}, "IP 白名单"),
        ({"quota_used_up": True}, "用完了"),
    ],
)
def test_what_feishu_refuses_altogether_is_in_the_log(sim, talk, bot, caplog, change, words):
    for name, value in change.items():
        setattr(sim.feishu.app.admission, name, value)

    talk.say("hello")

    assert words in wait_for_warning(caplog, words)


def test_a_bot_that_was_switched_off_is_in_the_log(sim, talk, bot, caplog):
    talk.ask("hello")
    sim.feishu.app.has_bot = False

    talk.say("and now?")

    assert "Add Features (添加应用能力)" in wait_for_warning(caplog, "没有机器人能力")
