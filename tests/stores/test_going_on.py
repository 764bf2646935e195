"""Whatever is said, cleared and taken up again: what is loaded is one way through the tree."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feishu_bot.core.conversations import RUNNING, ConversationKey, Turn
from feishu_bot.core.messages import SentMessages
from feishu_bot.stores import SqlConversations
from feishu_bot.stores.turns import insert_turn

TTL = 1000.0
PLACES = st.integers(0, 9)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["say", "clear", "rest", "rest and press something"])),
    st.tuples(st.sampled_from(["go on from", "reply to"]), PLACES),
)
numbers = itertools.count()


class TestGoingOn:
    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(steps=st.lists(STEPS, max_size=14))
    def test_what_is_said_goes_on_from_where_people_are(self, steps, database, clock) -> None:
        key = ConversationKey(f"oc_{next(numbers)}", RUNNING)
        store = SqlConversations(database, ttl_seconds=TTL, clock=clock)
        parents: dict[int, int | None] = {}
        here: int | None = None

        answers: dict[int, str] = {}

        def say(reply_to: str = "") -> int:
            loaded = store.load(key, reply_to)
            last = loaded.turns[-1].id if loaded.turns else None
            if loaded.is_resumed:
                assert last is not None
                store.go_on_from(key, last)
            number = next(numbers)
            turn = Turn(
                question="?",
                answer="!",
                question_id=f"om_q{number}",
                answer_ids=(f"om_a{number}",),
                parent=last,
            )
            with database.write() as connection:
                made = insert_turn(connection, key, turn, now=clock())
            parents[made], answers[made] = last, f"om_a{number}"
            return made

        for step in steps:
            known = sorted(parents)
            match step:
                case ("say",):
                    assert _ids(store, key) == _way(parents, here)
                    here = say()
                case ("clear",):
                    store.clear(key)
                    here = None
                case ("rest",):
                    clock.tick(TTL + 1)
                    here = None
                case ("rest and press something",):
                    clock.tick(TTL + 1)
                    store.bind(key, SentMessages((f"om_notice{next(numbers)}",)))
                    here = None
                case ("go on from", place) if known:
                    here = known[place % len(known)]
                    assert store.go_on_from(key, here)
                    assert here in {turn.id for turn in store.tree(key)}
                case ("reply to", place) if known:
                    replied_to = known[place % len(known)]
                    here = say(answers[replied_to])
                    assert parents[here] == replied_to
            assert _ids(store, key) == _way(parents, here)


def _ids(store: SqlConversations, key: ConversationKey) -> list[int | None]:
    return [turn.id for turn in store.load(key).turns]


def _way(parents: dict[int, int | None], here: int | None) -> list[int]:
    way: list[int] = []
    while here is not None:
        way.insert(0, here)
        here = parents[here]
    return way
