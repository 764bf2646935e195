"""Reactions go where cards don't come, so that most people see a sign early."""

from __future__ import annotations

from bench.signs import Rush


def test_when_more_ask_than_a_minute_has_messages_the_rest_has_reactions() -> None:
    rush = Rush(1_800, 100.0)
    rush.run()

    assert max(one.wait for one in rush.people) < 16.0
    # Hardly a reaction was spent on somebody whose card came soon.
    wasted = [one for one in rush.people if 0.0 < one.card - one.reaction < 10.0]
    assert len(wasted) < 20


def test_when_a_minute_has_messages_enough_who_comes_last_has_a_reaction_at_once() -> None:
    rush = Rush(600, 200.0)
    rush.run()

    assert max(one.wait for one in rush.people) < 8.5
    assert max(one.wait for one in rush.people[-60:]) < 3.5
