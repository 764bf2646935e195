"""What admins see of usage and feedback: cards, files, and who may see them."""

from __future__ import annotations

import csv
import io

import pytest

from feishu_bot.stores import Database
from feishu_simulator import Script
from feishu_simulator.card_view import value_of, walk
from tests.open_jobs import open_jobs
from tests.polling import eventually


@pytest.fixture
def admin(sim):
    return sim.feishu.add_person("Boss")


@pytest.fixture
def bot(start_bot, admin):
    return start_bot(ADMINS=admin.open_id, PRICES_FILE="")


@pytest.fixture
def ask(sim, talk, bot, database_url):
    """The answer to what somebody says, once all of it is stored."""

    def ask(person, text, **more):
        chat = more.pop("chat", None) or sim.feishu.private_chat(person)
        answer = talk.answer(sim.feishu.say(chat, person, text, **more))
        database = Database(database_url)
        eventually(lambda: open_jobs(database) == 0)
        database.close()
        return answer

    return ask


def part(card, tag, act=""):
    """A component of a card by its tag, and what it does."""
    return next(p for p in walk(card) if p["tag"] == tag and (not act or value_of(p)["act"] == act))


def people_on(card):
    return [one["id"] for p in walk(card) if p["tag"] == "person_list" for one in p["persons"]]


def table(sim, message):
    """The rows of the file that a reply to a card brings."""
    (sent,) = sim.feishu.wait_for(lambda: sim.feishu.answers_to(message))
    data = sim.feishu.state.files[sent.content["file_key"]].data
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_an_admin_sees_who_used_what_and_gets_it_as_a_table(sim, talk, ask, admin):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob, admin])
    for person in (talk.alice, talk.alice, talk.bob):
        ask(person, "hello")
    ask(talk.bob, "hello", chat=group, mention_bot=True)

    card = ask(admin, "/usage")

    assert set(people_on(card.card)) == {talk.alice.open_id, talk.bob.open_id}
    # Whole ids, to be given to /block.
    assert talk.bob.open_id in card.text
    points = part(card.card, "chart")["chart_spec"]["data"]["values"]
    assert [point["amount"] for point in points] == [4]

    choice = part(card.card, "select_static")
    sim.feishu.click(card, choice, admin, option="7")
    points = part(card.card, "chart")["chart_spec"]["data"]["values"]
    assert [point["amount"] for point in points] == [0, 0, 0, 0, 0, 0, 4]

    told = sim.feishu.click(card, part(card.card, "button", "usage_export"), admin)
    assert told.toast["content"] == "正在准备表格，马上发给你"
    rows = table(sim, card)
    assert sum(int(row["次数"]) for row in rows) == 4
    assert {(row["用户 ID"], row["姓名"]) for row in rows} == {
        (talk.alice.open_id, "Alice"), (talk.bob.open_id, "Bob"),
    }  # fmt: skip
    assert group.chat_id in {row["会话 ID"] for row in rows}

    assert "已停用" in ask(admin, f"/block {talk.bob.open_id}").title


def test_others_see_their_own_usage_and_a_group_its_id(sim, talk, ask, admin):
    group = sim.feishu.add_group("Team", [talk.alice, admin])
    ask(talk.alice, "hello", chat=group, mention_bot=True)

    own = ask(talk.alice, "/usage")
    assert [p for p in walk(own.card) if p["tag"] in ("chart", "person_list")] == []
    in_group = ask(admin, "/usage", chat=group, mention_bot=True)
    assert group.chat_id in in_group.text
    assert talk.alice.open_id not in in_group.text
    assert group.chat_id not in ask(talk.alice, "/usage", chat=group, mention_bot=True).text


def test_an_admin_reads_what_people_think(sim, talk, ask, admin):
    sim.gateway.respond_with(lambda body: Script.text("The secret is out."))
    question = "what is the secret?"
    answer = ask(talk.alice, question)
    ask(talk.alice, "/feedback =too long", reply_to=answer)

    report = ask(admin, "/feedback")

    assert people_on(report.card) == [talk.alice.open_id]
    assert "=too long" in report.text
    assert "👍 0 · 👎 1" in report.text
    assert "secret" not in str(report.card)
    asked = next(m for m in sim.feishu.state.messages.values() if m.text == question)
    assert asked.message_id in report.text
    sim.feishu.click(report, part(report.card, "button", "feedback_export"), admin)
    (row,) = table(sim, report)
    assert (row["意见"], row["评价"], row["提问消息 ID"]) == ("'=too long", "👎", asked.message_id)


def test_a_person_who_has_left_spoils_no_report(sim, talk, ask, admin):
    ask(talk.bob, "hello")
    gone = talk.bob.open_id
    with sim.feishu.state.change():
        del sim.feishu.state.people[gone]

    assert gone in ask(admin, "/usage").text
