"""Whatever fails and whoever dies: once messages wait no more, no reaction stays on them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.queue.reaction_order import LEAST_WAIT
from feishu_bot.core.queue.waiting_indicator import SCOPE_SECONDS
from feishu_bot.errors import FeishuError, FeishuUnavailable, PermissionMissing, RateLimited
from tests.core.test_waiting_indicator import World


class Crash(BaseException):
    """kill -9."""


# Where it may happen: in a call of Feishu, after it has landed, or before the database is written.
CALLS = ("add", "remove", "find")
WRITES = ("begin", "note", "take", "forget", "hold")
PASSING = (
    Crash(),
    FeishuUnavailable("no answer"),
    RateLimited("too fast", code=99991400),
    PermissionMissing("no scope", code=99991672),
)
REFUSED = FeishuError("refused", code=231018)

failures = st.one_of(
    st.tuples(st.sampled_from(CALLS), st.sampled_from(PASSING)),
    # What is refused hasn't landed; an answer may get lost all the same.
    st.tuples(st.just("add_lost"), st.sampled_from(PASSING[:2])),
    st.tuples(st.just("add"), st.just(REFUSED)),
    st.tuples(st.sampled_from(WRITES), st.just(Crash())),
)
# What goes wrong at the next chance, what happens to which message, and how long until the look.
steps = st.lists(
    st.tuples(
        st.none() | failures,
        st.sampled_from(["wait", "begin_answer"]),
        st.integers(0, 1),
        st.sampled_from([LEAST_WAIT, 12.0, 40.0, SCOPE_SECONDS]),
    ),
    min_size=2,
    max_size=12,
)


class FailingStore:
    """The store of a world. Where a failure is planned, the process dies before the write."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name):
        method = getattr(self._world.store, name)
        if name not in WRITES:
            return method

        def call(*arguments, **named):
            planned = self._world.reactions.failures.get(name)
            if planned:
                planned.pop()
                raise Crash
            return method(*arguments, **named)

        return call


@given(steps)
def test_no_reaction_stays(steps) -> None:
    world = World()
    world.failing = FailingStore(world)
    indicator = start(world)
    for failing, action, number, seconds in steps:
        if failing:
            place, failure = failing
            world.reactions.failures.setdefault(place, []).append(failure)
        if action == "wait":
            world.store.put(f"om_{number}", world.clock())
        else:
            world.store.messages.pop(f"om_{number}", None)
        world.clock.tick(seconds)
        try:
            indicator.look()
        except Crash:
            indicator = start(world)

    world.store.messages.clear()
    world.reactions.failures.clear()
    for _ in range(2):
        world.clock.tick(SCOPE_SECONDS)
        indicator.look()

    assert not world.reactions.there
    assert not world.store.rows


def start(world: World):
    """Another process on the same database."""
    indicator = world.process()
    indicator._store = world.failing
    return indicator
