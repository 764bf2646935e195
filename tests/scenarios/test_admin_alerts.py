"""The bot writes to its admins: once a day for each cause, in their language."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from feishu_bot.stores.schema import alerts
from feishu_simulator import Script, failures

ZH_TITLE, EN_TITLE = "机器人需要你处理", "The bot needs you"


@pytest.fixture
def boss(sim):
    return sim.feishu.add_person("Boss")


def told(sim, admin):
    """The cards that the bot has sent to an admin by itself."""
    chat = sim.feishu.private_chat(admin)
    sent = [message for message in sim.feishu.messages if message.chat is chat]
    return [message for message in sent if message.sender is None and not message.parent_id]


def first_told(sim, admin):
    return sim.feishu.wait_for(lambda: (cards := told(sim, admin)) and cards[0])


def met_since(bot) -> list[int]:
    """How often each cause was met after it was told; none for one that is just being told."""
    just_now = alerts.c.told_at > time.time() - 3_600
    with bot.database.read() as connection:
        return list(connection.scalars(sa.select(alerts.c.times).where(just_now)))


@pytest.mark.parametrize(
    ("language", "title", "remedy"),
    [
        ("zh", ZH_TITLE, "API Key 不被模型服务认可"),
        ("en", EN_TITLE, "The API key isn't recognised"),
    ],
)
def test_an_admin_is_told_the_cause_the_remedy_and_the_request(
    sim, talk, start_bot, boss, language, title, remedy
):
    start_bot(ADMINS=boss.open_id, LANGUAGE=language)
    sim.gateway.respond_with(lambda body: failures.invalid_key())

    notice = talk.ask("hello")

    alert = first_told(sim, boss)
    assert alert.title.startswith(title)
    assert remedy in alert.text
    assert "ADMINS" in alert.text
    (request,) = [
        line for line in notice.text.splitlines() if "请求编号" in line or "Request" in line
    ]
    assert request in alert.text


def test_an_admin_reads_it_in_their_own_language(sim, talk, start_bot, boss):
    start_bot(ADMINS=boss.open_id)
    own = sim.feishu.private_chat(boss)
    talk.answer(sim.feishu.say(own, boss, "/lang en"))
    sim.gateway.respond_with(lambda body: failures.account_out_of_money())

    talk.ask("hello")

    assert first_told(sim, boss).title.startswith(EN_TITLE)


def test_one_cause_is_told_once_and_another_one_too(sim, talk, start_bot, boss):
    bot = start_bot(ADMINS=boss.open_id)
    sim.gateway.respond_with(lambda body: failures.invalid_key())
    for text in ("one", "two", "three"):
        talk.ask(text)
    first_told(sim, boss)
    sim.feishu.wait_for(lambda: met_since(bot))
    before = sum(met_since(bot))
    talk.ask("four")
    sim.feishu.wait_for(lambda: sum(met_since(bot)) > before)
    # Another process on the same database knows what was told.
    other = start_bot(ADMINS=boss.open_id)
    talk.ask("five")
    sim.feishu.wait_for(lambda: sum(met_since(other)) > before + 1)
    assert len(told(sim, boss)) == 1

    sim.gateway.respond_with(lambda body: failures.account_out_of_money())
    talk.ask("six")

    sim.feishu.wait_for(lambda: len(told(sim, boss)) == 2)


def test_an_admin_who_asks_reads_the_notice_and_no_message_beside_it(sim, talk, start_bot, boss):
    start_bot(ADMINS=f"{boss.open_id},{talk.bob.open_id}")
    sim.gateway.respond_with(lambda body: failures.invalid_key())

    talk.answer(sim.feishu.say(sim.feishu.private_chat(boss), boss, "hello"))

    first_told(sim, talk.bob)
    assert not told(sim, boss)


def test_a_missing_scope_is_told_by_name(sim, talk, start_bot, boss):
    start_bot(ADMINS=boss.open_id)
    talk.ask("hello")
    sim.feishu.withdraw("im:resource")

    talk.ask("/export", reply_to=talk.ask("once more"))

    assert "im:resource" in first_told(sim, boss).text


def test_a_missing_scope_for_reactions_is_told_to_nobody(sim, talk, start_bot, boss):
    start_bot(ADMINS=boss.open_id, P2P_CONTEXT="chat")
    sim.feishu.withdraw("im:message.reactions:write_only")
    sim.gateway.enqueue(Script.chunks(["one ", "two"], between=1.5))
    first = talk.say("first")
    sim.feishu.wait_for(lambda: sim.gateway.requests)
    second = talk.say("second")
    talk.answer(first)
    talk.answer(second)

    assert [call for call in sim.feishu.refused if call.api == "reaction.create"]
    # What was noted earlier would be told first.
    sim.gateway.respond_with(lambda body: failures.invalid_key())
    talk.ask("third")
    assert "API Key" in first_told(sim, boss).text
    assert len(told(sim, boss)) == 1


def test_an_admin_out_of_reach_does_no_harm(sim, talk, start_bot):
    start_bot(ADMINS="ou_nobody_here")
    sim.gateway.respond_with(lambda body: failures.invalid_key())

    assert talk.ask("hello").title
    sim.feishu.wait_for(
        lambda: [call for call in sim.feishu.refused if call.api == "message.create"]
    )
    sim.gateway.enqueue(Script.text("as ever"))
    assert "as ever" in talk.ask("hello").text


def test_without_admins_nobody_is_written_to(sim, talk, bot):
    sim.gateway.respond_with(lambda body: failures.invalid_key())

    talk.ask("hello")

    assert not [call for call in sim.feishu.calls if call.api == "message.create"]
