"""Edits of cards that were sent before, by processes that know nothing of each other."""

from __future__ import annotations

import time

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.feedback import Ratings
from feishu_bot.core.messenger import RatingMarks, Retirement
from feishu_bot.core.notices import Notice
from feishu_bot.errors import CardRefused, FeishuError, FeishuUnavailable, PermissionMissing
from feishu_bot.feishu.card_editor import CardEditor, edit_sequence
from feishu_bot.feishu.cards.answer import answer_card
from feishu_bot.feishu.cards.answer_edits import edit_actions
from feishu_bot.feishu.cards.localizer import Localizer
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_simulator.card_entities import ENTITY_DAYS
from feishu_simulator.card_view import label_of
from tests.polling import Clock

TEXTS = Catalog.load("en")
NOW = 1_795_323_600.0
RECALLED = Retirement(notice=Notice("question_recalled"))


def marks(up=0, down=0, *, counts=True):
    return RatingMarks(ratings=Ratings(up=up, down=down), counts=counts)


def actions(edit):
    return edit_actions(Localizer(TEXTS), edit)


@pytest.fixture
def editor(client):
    return CardEditor(client, Pacer(), clock=Clock(NOW))


@pytest.fixture
def draw(cardkit_card):
    """An answer's card as the process draws it that has `state`, if there was one before."""

    def draw(text, state=None, clock=None):
        streaming = cardkit_card(clock or Clock(NOW), state or {})
        streaming.open(answer_card(TEXTS, text="", streaming=True))
        card = answer_card(TEXTS, text=text, streaming=False, can_regenerate=True)
        streaming.close(text, card)
        return streaming.state()

    return draw


@pytest.fixture
def answer(sim, question, draw):
    """The answer in its chat, and the id of its card."""
    state = draw("Yes.")
    (message,) = sim.feishu.answers_to(question)
    return message, state["card_id"]


def labels(message):
    return [label_of(button) for button in message.buttons]


def test_thumbs_are_marked_and_nothing_else_changes(editor, answer):
    message, card_id = answer
    before = message.card

    editor.edit(message.message_id, card_id, actions(marks(up=2, down=1)))
    assert labels(message)[-2:] == ["👍 2", "👎 1"]
    editor.edit(message.message_id, card_id, actions(marks(up=1, counts=False)))
    assert labels(message)[-2:] == ["👍 ✓", "👎"]
    editor.edit(message.message_id, card_id, actions(marks()))
    assert message.card == before


def test_editors_with_other_clocks_all_get_through(client, answer):
    message, card_id = answer
    for number, late in enumerate((0, 0, 3, -60, 0), 1):
        other = CardEditor(client, Pacer(), clock=Clock(NOW + late))
        other.edit(message.message_id, card_id, actions(marks(up=number)))

    assert labels(message)[-2] == "👍 5"


def test_an_editor_far_behind_gives_up(client, answer):
    _, card_id = answer
    CardEditor(client, Pacer(), clock=Clock(NOW)).edit("", card_id, actions(marks(up=1)))

    with pytest.raises(FeishuUnavailable):
        CardEditor(client, Pacer(), clock=Clock(NOW - 3_600)).edit("", card_id, actions(marks()))


def test_a_card_is_still_ended_by_a_process_that_knows_nothing_of_an_edit(
    sim, editor, question, draw
):
    state = draw("Yes.")
    (message,) = sim.feishu.answers_to(question)
    editor.edit("", state["card_id"], actions(marks(up=1)))

    draw("Yes, indeed.", state, Clock(NOW + 5))

    assert message.text.startswith("Yes, indeed.")


def test_the_numbers_of_edits_are_above_those_of_answers_and_last():
    fortnight = 14 * 86_400
    assert fortnight * 100 < edit_sequence(0.0) < edit_sequence(NOW) < edit_sequence(NOW + 1)
    assert edit_sequence(NOW + 30 * 365 * 86_400) < 2**31


def test_a_recalled_question_leaves_the_text_and_takes_the_buttons(editor, answer):
    message, card_id = answer

    editor.edit(message.message_id, card_id, actions(RECALLED))

    assert message.buttons == []
    assert message.text == "Yes.\nThe question was recalled."
    after = message.card
    with pytest.raises(FeishuError):
        editor.edit(message.message_id, card_id, actions(RECALLED))
    assert message.card == after


def test_an_old_card_takes_no_edit(sim, editor, answer, monkeypatch):
    _, card_id = answer
    entity = sim.feishu.state.entities[card_id]
    entity.created = time.monotonic() - (ENTITY_DAYS + 1) * 86_400
    monkeypatch.setattr(entity, "clock", time.monotonic)

    with pytest.raises(CardRefused):
        editor.edit("", card_id, actions(marks(up=1)))


def test_feishu_is_asked_for_a_card_that_is_unknown(sim, editor, answer):
    message, card_id = answer
    with pytest.raises(PermissionMissing):
        editor.edit(message.message_id, "", actions(marks(up=1)))

    sim.feishu.grant("cardkit:card:read")
    editor.edit(message.message_id, "", actions(marks(up=1)))

    assert labels(message)[-2] == "👍 1"
    assert sim.feishu.state.entities[card_id].card == message.card
