"""Verdicts on answers, and /feedback."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Chart, Field, Person, Point
from feishu_bot.core.feedback import Ratings
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import RatingMarks, Retirement
from feishu_bot.core.notices import Notice
from feishu_bot.errors import CardRefused, FeishuUnavailable, PermissionMissing
from tests.builders import ALICE, BOB, BOSS, KEY, BotWorld, turn
from tests.core.card_parts import first, paragraphs
from tests.polling import Clock

NOON = 1_795_323_600.0


class RatingWorld(BotWorld):
    """A bot that has answered once, with a card that it knows."""

    def __init__(self, **options):
        super().__init__(**options)
        self.remember(turn(1))
        self.conversations.bind(KEY, SentMessages(("om_a1",), card_ids={"om_a1": "card_1"}))
        self.clicks = 0

    def press(self, verdict, operator=ALICE, event_id=""):
        """What the press of a thumb is told."""
        self.clicks += 1
        event_id = event_id or f"ev_{self.clicks}"
        response = self.click(
            "rate", on="om_a1", verdict=verdict, operator=operator, event_id=event_id
        )
        return response.toast.notice.kind

    @property
    def marks(self):
        """What was shown on the card, one after the other."""
        return [edit for _, _, edit in self.messenger.edits]


def marks(up=0, down=0, *, counts=True):
    return RatingMarks(ratings=Ratings(up=up, down=down), counts=counts)


def test_a_verdict_counts_at_once_and_a_comment_may_follow():
    world = RatingWorld()

    assert world.press("up") == "rated_up"
    assert world.press("down", BOB) == "rated_down"
    world.work()

    assert len(world.messenger.cards) == 1
    form = world.messenger.last_card.blocks[0]
    assert form.submit.value == {"act": "comment", "of": "om_a1"}
    sent = world.click(
        "comment", of="om_a1", form={"comment": " too long "}, operator=BOB, on="om_a1"
    )
    assert sent.card.blocks[0].words.key == "feedback_kept"
    assert world.feedback.stored == {
        ("om_a1", "ou_alice"): ("up", ""),
        ("om_a1", "ou_bob"): ("down", "too long"),
    }
    empty = world.click("comment", of="om_a1", form={"comment": " "}, on="om_a1")
    assert empty.toast.notice.kind == "feedback_nothing"


def test_a_comment_is_kept_for_no_answer_of_another_conversation():
    world = RatingWorld()
    world.bind("om_elsewhere", key=replace(KEY, chat_id="oc_2"))
    world.bind("om_beside", key=replace(KEY, root="om_2"))

    for of in ("om_elsewhere", "om_beside", "om_nowhere"):
        sent = world.click("comment", of=of, form={"comment": "x"}, on="om_a1")
        assert sent.toast.notice.kind == "conversation_unknown"
    assert world.feedback.stored == {}


def test_the_form_comes_once_however_often_a_thumb_is_pressed():
    world = RatingWorld()
    for _ in range(3):
        world.press("down")
    world.work()

    assert len(world.messenger.cards) == 1


def test_the_pressed_thumb_is_marked_changed_and_taken_back():
    world = RatingWorld()
    world.people.meet("ou_alice", "oc_1")

    for verdict in ("up", "down", "down"):
        kind = world.press(verdict)
        world.work()

    assert kind == "rating_taken_back"
    assert world.marks == [
        marks(up=1, counts=False), marks(down=1, counts=False), marks(counts=False),
    ]  # fmt: skip
    assert {edited[:2] for edited in world.messenger.edits} == {("om_a1", "card_1")}
    assert world.feedback.stored == {}


def test_in_a_group_thumbs_are_counted():
    world = RatingWorld()
    world.press("up")
    world.press("up", BOB)
    world.work()

    assert world.marks[-1] == marks(up=2)


def test_a_click_that_is_delivered_twice_is_not_taken_back():
    world = RatingWorld()

    told = [world.press("up", event_id="ev_same") for _ in range(2)]

    assert told == ["rated_up", "click_known"]
    assert world.feedback.stored == {("om_a1", "ou_alice"): ("up", "")}


@pytest.mark.parametrize(
    "failure",
    [PermissionMissing("no"), CardRefused("no"), FeishuUnavailable("no")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_card_that_takes_no_mark_stays_as_it_is(failure):
    world = RatingWorld()
    world.messenger.failure = failure
    world.press("up")
    world.work()

    assert [outcome for outcome, _, _ in world.inbox.finished.values()] == ["noticed"]
    assert world.feedback.stored == {("om_a1", "ou_alice"): ("up", "")}


def test_the_answers_to_a_recalled_question_lose_their_buttons_once():
    world = RatingWorld()
    continued = turn(4, question_id="om_a2")
    world.remember(turn(1), turn(2, question_id="om_q1"), turn(3), continued)

    for _ in range(2):
        world.bot.recall("om_q1")
    world.work()

    recalled = Retirement(notice=Notice("question_recalled"))
    assert [(on, edit) for on, _, edit in world.messenger.edits] == [
        ("om_a1", recalled), ("om_a2", recalled), ("om_a4", recalled),
    ]  # fmt: skip
    assert "om_q1" in world.inbox.stopped


def test_an_answer_whose_question_was_recalled_meanwhile_loses_its_buttons():
    world = BotWorld()
    world.model.enqueue_text("Yes.")
    world.inbox.recalled.add(1)
    world.say("really?")
    world.work()

    assert world.messenger.edits == [
        ("om_answer", "", Retirement(notice=Notice("question_recalled")))
    ]


# The report


class ReportWorld(RatingWorld):
    """Verdicts of three days, for an admin who writes in private."""

    def __init__(self):
        super().__init__(policy=AccessPolicy(admins=("ou_boss",)), clock=Clock(NOON))
        self.feedback.clock = Clock(NOON - 2 * 86_400)
        self.press("up")
        self.feedback.clock = Clock(NOON)
        self.press("down", BOB)
        self.click("comment", of="om_a1", form={"comment": "=wrong"}, operator=BOB, on="om_a1")
        self.people.meet("ou_boss", "oc_1")
        self.work()
        self.messenger.files.clear()

    def report(self):
        return self.run("/feedback", sender=BOSS)


def test_admins_see_counts_and_the_newest_comments_but_no_question():
    card = ReportWorld().report()

    fields = [(block.name, block.value) for block in card.blocks if isinstance(block, Field)]
    assert fields[0][1] == "👍 1 · 👎 1"
    assert fields[1:] == [(Person("ou_bob"), "=wrong")]
    assert any("gpt-a · om_q1" in words for words in paragraphs(card))
    points = first(card, Chart).points
    assert [point.amount for point in points if point.series == "👍"] == [0, 0, 0, 0, 1, 0, 0]
    assert [point.amount for point in points if point.series == "👎"] == [0, 0, 0, 0, 0, 0, 1]
    assert isinstance(points[0], Point)
    assert "Q1" not in str(card)
    assert "A1" not in str(card)


def test_an_admin_comments_on_an_answer_as_everybody_does():
    world = ReportWorld()

    assert world.run("/feedback fine", sender=BOSS).blocks[0].words.key == "feedback_kept"
    replied = world.run("/feedback", sender=BOSS, parent_id="om_a1", root_id="om_a1")
    in_group = world.run("/feedback", sender=BOSS, chat_type="group")
    assert [card.title.key for card in (replied, in_group)] == ["feedback_title"] * 2


def test_the_report_comes_as_a_table():
    world = ReportWorld()
    world.names.learn("ou_bob", "Bob")
    pressed = world.click("feedback_export", on="om_a1", operator=BOSS, days="7", event_id="ev_e")
    world.work()

    assert pressed.toast.notice.kind == "export_started"
    ((name, data),) = world.messenger.files
    assert name.endswith(".csv")
    _, newest, oldest = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert newest[1:] == ["👎", "'=wrong", "ou_bob", "Bob", "gpt-a", "om_q1", "om_a1"]
    assert oldest[1:4] == ["👍", "", "ou_alice"]
