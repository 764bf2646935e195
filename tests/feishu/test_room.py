"""What Feishu takes now of messages and reactions, for those that can as well be left out."""

from __future__ import annotations

import pytest

from feishu_bot.errors import RateLimited
from feishu_bot.feishu.reactions import FeishuReactions
from feishu_bot.feishu.streaming.api_budget import MINUTE, PER_MINUTE, PER_SECOND, SECOND
from feishu_bot.feishu.streaming.pacer import Pacer
from tests.polling import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pacer(clock):
    return Pacer(timer=clock)


@pytest.fixture
def reactions(client, pacer):
    return FeishuReactions(client, pacer, "cli_1")


def spend(pacer, clock, api: str, count: int) -> None:
    """Make so many calls as fast as Feishu takes them."""
    for _ in range(count):
        assert pacer.ask(api, urgent=True).api
        clock.tick(SECOND / PER_SECOND + 0.001)


def test_before_the_minutes_messages_are_spent_no_answer_begins(messenger, pacer, clock):
    spend(pacer, clock, "message.reply", int(PER_MINUTE * 0.96))
    assert messenger.may_send()
    assert 0 < messenger.message_room().left < PER_MINUTE * 0.02

    spend(pacer, clock, "message.reply", int(PER_MINUTE * 0.02))
    assert not messenger.may_send()
    assert messenger.message_room().left < 1

    clock.tick(MINUTE)
    assert messenger.may_send()


def test_messages_that_wait_for_their_moment_count(messenger, pacer):
    before = messenger.message_room()
    for _ in range(PER_SECOND + 20):
        pacer.ask("message.reply", urgent=True)

    assert messenger.message_room().left == before.left - PER_SECOND - 20


def test_so_many_reactions_are_begun_as_a_second_takes(reactions, pacer, clock):
    assert reactions.room_to_add() == PER_SECOND
    for _ in range(PER_SECOND - 7):
        pacer.ask("reaction.create", urgent=True)

    assert reactions.room_to_add() == 7
    assert reactions.room_to_remove() == PER_SECOND
    for _ in range(20):
        pacer.ask("reaction.create", urgent=True)
    assert reactions.room_to_add() == 0
    pacer.refused("reaction.delete", retry_after=3.0)
    assert reactions.room_to_remove() == 0
    clock.tick(3.0)
    assert 0 < reactions.room_to_remove() < PER_SECOND


def test_no_more_are_begun_than_the_minute_takes(reactions, pacer, clock):
    spend(pacer, clock, "reaction.create", PER_MINUTE - 3)
    clock.tick(SECOND)

    assert reactions.room_to_add() == 3


def test_a_reaction_that_was_too_much_for_feishu_is_known_not_to_be_there(sim, reactions, question):
    sim.feishu.faults.fail("reaction.create", times=1, status=429, code=99991400)

    with pytest.raises(RateLimited):
        reactions.add(question.message_id)

    assert not question.reactions
