"""Verdicts on answers, and /feedback."""

from __future__ import annotations

from tests.builders import BOB, BotWorld, turn


def test_a_verdict_counts_at_once_and_a_comment_may_follow():
    world = BotWorld()
    world.remember(turn(1))

    def click(act, **more):
        return world.click(act, on="om_a1", **more)

    assert click("rate", verdict="up").toast.notice.kind == "rated_up"
    assert click("rate", verdict="down", operator=BOB).toast.notice.kind == "rated_down"
    click("rate", verdict="down", operator=BOB)
    world.work()

    assert len(world.messenger.cards) == 1
    form = world.messenger.last_card.blocks[0]
    assert form.submit.value == {"act": "comment", "of": "om_a1"}
    sent = click("comment", of="om_a1", form={"comment": " too long "}, operator=BOB)
    assert sent.card.blocks[0].words.key == "feedback_kept"
    assert world.feedback.stored == {
        ("om_a1", "ou_alice"): ("up", ""),
        ("om_a1", "ou_bob"): ("down", "too long"),
    }
    empty = click("comment", of="om_a1", form={"comment": " "})
    assert empty.toast.notice.kind == "feedback_nothing"
