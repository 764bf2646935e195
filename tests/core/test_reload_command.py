"""/reload, and the tree of turns that it shows."""

from __future__ import annotations

import pytest

from feishu_bot.core.commands.reload import PAGE_SIZE, number_turns
from tests.builders import KEY, BotWorld, turn


@pytest.fixture
def world():
    """A bot that has answered once."""
    world = BotWorld(p2p_context="thread")
    world.remember(turn(1))
    return world


def test_a_turn_beside_another_one_is_a_branch():
    again = turn(4, 1, question_id="om_q2")
    turns = [turn(1), turn(2, 1), turn(3, 2), again, turn(5, 4), turn(6, 1)]

    tree = [(one.turn.id, one.depth, one.is_again) for one in number_turns(turns)]

    assert tree == [
        (1, 0, False),
        (2, 0, False),
        (3, 0, False),
        (4, 1, True),
        (5, 1, False),
        (6, 1, False),
    ]


def test_what_continues_an_answer_goes_by_its_question():
    turns = [turn(1), turn(2, 1, question="Go on."), turn(3, 2, question="Go on.")]

    titles = [one.title for one in number_turns(turns, {"Go on."})]

    assert titles == ["Q1", "▶ Q1", "▶ Q1"]


def test_a_turn_without_an_answer_is_not_shown():
    turns = [turn(1), turn(2, 1, answer=""), turn(3, 2)]

    assert [(one.number, one.turn.id) for one in number_turns(turns)] == [(1, 1), (2, 3)]


def test_a_long_history_is_turned_page_by_page(world):
    world.remember(*(turn(n, n - 1 or None) for n in range(1, PAGE_SIZE + 3)))
    world.say("/reload")
    newest = world.messenger.last_card
    assert [b.value["page"] for b in newest.blocks[-1].buttons] == ["1"]
    assert len(newest.blocks[2].options) == PAGE_SIZE

    older = world.click("turns", on="om_a1", page="1").card

    assert [option.value for option in older.blocks[2].options] == ["1", "2"]
    assert [b.value["page"] for b in older.blocks[-1].buttons] == ["0"]


def test_going_back_is_remembered_and_told_in_the_card(world):
    world.remember(turn(1), turn(2, 1))

    response = world.click("go_back", on="om_a1", form={"option": "1"})

    assert world.conversations.heads == {KEY: 1}
    assert response.card.blocks[0].words.params == {"number": "1", "question": "Q1"}
    gone = world.click("go_back", on="om_a1", form={"option": "9"})
    assert gone.toast.notice.kind == "reload_gone"
