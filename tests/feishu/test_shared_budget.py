"""Several processes on one database, whatever happens to them: the sum of what they call."""

from __future__ import annotations

import math
from bisect import bisect_right

from hypothesis import example, given, settings
from hypothesis import strategies as st

from feishu_bot.core.call_budget.renewal import IDLE_SECONDS, RENEW_SECONDS, CallBudget, Decide
from feishu_bot.core.call_budget.shares import FLOOR, NOTHING, Holding
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.errors import StoreUnavailable
from feishu_bot.feishu.streaming.api_budget import MINUTE, PER_MINUTE, PER_SECOND, SECOND, WHOLE
from feishu_bot.feishu.streaming.pacer import Pacer
from tests.polling import Clock

API = "element.content"
# The database's clock shows another time than the processes'.
AHEAD = 1_700_000_000.0


class Table:
    """Implements `HoldingStore` for all processes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rows: dict[str, Holding] = {}
        # How the exchange of a process fails: before it was stored, or only afterwards.
        self.faults: dict[str, str] = {}

    def exchange(self, process: str, decide: Decide) -> None:
        now = AHEAD + self.clock()
        others = [row for name, row in self.rows.items() if name != process]
        if self.faults.get(process) == "away":
            raise StoreUnavailable("away")
        holding = decide(now, others)
        if self.faults.get(process) == "cut off before":
            raise StoreUnavailable("cut off")
        self.rows[process] = holding
        if self.faults.get(process) == "cut off after":
            raise StoreUnavailable("cut off")


class Door:
    """The table as one process sees it."""

    def __init__(self, table: Table, process: str) -> None:
        self.table = table
        self.process = process

    def exchange(self, decide: Decide) -> None:
        self.table.exchange(self.process, decide)


class Jobs(RunningJobs):
    """As many running jobs as are said."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def __len__(self) -> int:
        return self.number


class Process:
    """A process that calls whenever it may, while it has answers."""

    def __init__(self, table: Table, name: str) -> None:
        self.name = name
        self.clock = table.clock
        self.jobs = Jobs()
        self.pacer = Pacer(NOTHING, timer=table.clock)
        self.budget = CallBudget(WHOLE, Door(table, name), self.pacer, self.jobs, timer=table.clock)
        self.is_frozen = False
        self.has_left = False
        self.renew_at = table.clock()
        self.calls: list[float] = []

    def act(self) -> None:
        """Renew and call, when it is time; nothing while frozen."""
        if self.is_frozen:
            return
        now = self.clock()
        if now >= self.renew_at and not self.has_left:
            self.budget._safely(self.budget.renew)
            is_idle = self.budget._is_settled and not self.budget._has_failed
            self.renew_at = now + (IDLE_SECONDS if is_idle else RENEW_SECONDS)
        if self.jobs:
            budget = self.pacer._budget(API)
            while budget.wait(now, urgent=True) <= 0.0:
                budget.take(now, urgent=True)
                self.calls.append(now)

    def next_act(self) -> float:
        if self.is_frozen:
            return math.inf
        now, times = self.clock(), []
        if not self.has_left:
            times.append(self.renew_at)
        if self.jobs:
            times.append(now + self.pacer._budget(API).wait(now, urgent=True))
        return min(times, default=math.inf)

    def want(self, answers: int) -> None:
        self.jobs.number = answers
        if not self.is_frozen:
            self.renew_at = min(self.renew_at, self.clock() + (0.01 if answers else RENEW_SECONDS))

    def leave(self) -> None:
        if not self.is_frozen and not self.has_left:
            self.budget._safely(self.budget.leave)
            self.has_left = True


class World:
    """Processes on one table, and time that passes from one thing that happens to the next."""

    def __init__(self) -> None:
        self.clock = Clock(0.0)
        self.table = Table(self.clock)
        self.processes: list[Process] = []

    def join(self, answers: int = 0) -> Process:
        process = Process(self.table, f"p{len(self.processes)}")
        self.processes.append(process)
        process.want(answers)
        return process

    def run(self, seconds: float) -> None:
        end = self.clock() + seconds
        while True:
            for process in self.processes:
                process.act()
            then = min((process.next_act() for process in self.processes), default=math.inf)
            # A little later: what is due exactly then isn't due for a rounding error before.
            self.clock.now = min(end, max(then, self.clock.now) + 1e-6)
            if self.clock.now >= end:
                return

    def calls(self) -> list[float]:
        return sorted(at for process in self.processes for at in process.calls)


def most_in(times: list[float], seconds: float) -> int:
    """The most calls in any window of so many seconds."""
    # A hair less: a call leaves a window at the moment in which its time is up.
    return max(
        (at + 1 - bisect_right(times, time - seconds + 1e-9) for at, time in enumerate(times)),
        default=0,
    )


OPS = st.sampled_from(
    [
        "join",
        "work",
        "work",
        "rest",
        "freeze",
        "thaw",
        "die",
        "leave",
        "away",
        "before",
        "after",
        "well",
    ]
)
STEPS = st.lists(
    st.tuples(OPS, st.integers(0, 5), st.integers(1, 80), st.floats(0.0, 25.0)),
    min_size=3,
    max_size=25,
)


def happen(world: World, op: str, which: int, number: int) -> None:
    if op == "join":
        if len(world.processes) < 6:
            world.join(number)
        return
    process = world.processes[which % len(world.processes)]
    faults = world.table.faults
    match op:
        case "work" | "rest":
            process.want(number if op == "work" else 0)
        case "freeze" | "die":
            process.is_frozen = True
        case "thaw":
            process.is_frozen = False
        case "leave":
            process.leave()
        case "away":
            faults[process.name] = "away"
        case "before" | "after":
            faults[process.name] = f"cut off {op}"
        case "well":
            faults.pop(process.name, None)


@settings(max_examples=25, deadline=None)
@given(STEPS)
# One that leaves, and doesn't hear that this was stored.
@example([("freeze", 0, 1, 0.0), ("after", 1, 1, 0.0), ("leave", 1, 1, 12.0), ("join", 0, 1, 0.0)])
def test_all_together_stay_within_the_limits_whatever_happens(steps) -> None:
    world = World()
    world.join(10)
    world.join(1)
    for op, which, number, seconds in steps:
        happen(world, op, which, number)
        world.run(seconds)
    times = world.calls()

    assert most_in(times, SECOND) <= PER_SECOND
    assert most_in(times, MINUTE) <= PER_MINUTE


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=6))
def test_each_gets_its_floor_and_a_part_by_its_answers(answers: list[int]) -> None:
    world = World()
    processes = [world.join(number) for number in answers]
    world.run(10.0)
    shares = [process.pacer._share.second for process in processes]

    rest = PER_SECOND - FLOOR * (len(answers) + 1)
    for share, number in zip(shares, answers, strict=True):
        assert share == FLOOR + rest * number // sum(answers)


def alone(seconds: float) -> tuple[World, Process]:
    world = World()
    process = world.join(20)
    world.run(seconds)
    return world, process


def test_one_process_has_all_of_it_as_soon_as_it_has_answers() -> None:
    _, process = alone(0.02)

    assert len(process.calls) == PER_SECOND


def test_one_process_makes_as_many_calls_in_a_minute_as_are_allowed() -> None:
    _, process = alone(MINUTE)

    assert len(process.calls) == PER_MINUTE


def after_joining(seconds: float, *, after: float, answers: int = 20) -> list[int]:
    """How many calls a second process makes in its first seconds, and then the first one."""
    world, first = alone(after)
    second = world.join(answers)
    had = len(first.calls)
    world.run(seconds)
    return [len(second.calls), len(first.calls) - had]


def test_a_second_process_begins_within_five_seconds_and_has_half_soon_after() -> None:
    world, first = alone(5.0)
    second = world.join(20)
    world.run(5.0)
    assert second.calls

    world.run(5.0)

    assert second.pacer._share.second == first.pacer._share.second > PER_SECOND // 3


def test_a_third_process_begins_at_once_while_two_are_busy() -> None:
    world, _ = alone(5.0)
    world.join(20)
    world.run(10.0)
    third = world.join(20)
    world.run(0.05)

    assert len(third.calls) == FLOOR


def test_what_an_idle_process_gives_back_is_used_by_the_others() -> None:
    world, first = alone(5.0)
    second = world.join(20)
    world.run(10.0)
    first.want(0)
    world.run(6.0)

    assert first.pacer._share.second == FLOOR
    assert second.pacer._share.second == PER_SECOND - 2 * FLOOR


def test_an_idle_process_begins_at_once_while_another_has_the_rest() -> None:
    world = World()
    busy, idle = world.join(20), world.join(0)
    world.run(200.0)
    assert busy.pacer._share.second == PER_SECOND - 2 * FLOOR
    idle.want(5)
    world.run(0.05)

    assert len(idle.calls) >= FLOOR


def lost(seconds: float) -> Process:
    """One of two busy processes, in the minute after it has been without the database so long."""
    world = World()
    process, _ = world.join(20), world.join(20)
    world.run(70.0)
    world.table.faults[process.name] = "away"
    world.run(seconds)
    process.calls.clear()
    world.run(MINUTE)
    return process


def test_without_the_database_a_floor_is_left_for_minutes_and_then_nothing() -> None:
    assert len(lost(10.0).calls) == len(lost(200.0).calls) == WHOLE.floor.minute
    assert not lost(310.0).calls


def test_what_a_process_that_left_had_is_free_in_a_moment() -> None:
    world = World()
    first, second = world.join(20), world.join(20)
    world.run(10.0)
    first.jobs.number = 0
    first.leave()
    world.run(4.0)
    assert second.pacer._share.second >= PER_SECOND - 2 * FLOOR

    world.run(20.0)

    assert second.pacer._share.second == PER_SECOND


def test_calls_of_a_process_that_was_killed_still_count() -> None:
    world, first = alone(30.0)
    first.is_frozen = True
    replacement = world.join(20)
    world.run(90.0)

    assert replacement.calls
    assert most_in(world.calls(), MINUTE) <= PER_MINUTE


def test_a_minute_that_is_nearly_used_up_is_shared_as_it_comes_back() -> None:
    begun, went_on = after_joining(60.0, after=50.0)

    assert begun > PER_MINUTE // 5
    assert went_on > PER_MINUTE // 5


def test_a_busy_process_shows_few_frames_after_its_lease_only_by_its_own_clock() -> None:
    world, process = alone(3.0)
    process.renew_at = math.inf
    world.run(10.0)
    since = len(process.calls)
    world.run(SECOND)

    assert len(process.calls) - since <= FLOOR


def test_processes_that_begin_together_take_even_parts_at_once() -> None:
    world = World()
    processes = [world.join() for _ in range(3)]
    world.run(120.0)
    for process in processes:
        process.want(20)
    world.run(0.1)

    fair = (PER_SECOND - FLOOR) // 3
    assert [process.pacer._share.second for process in processes] == [fair] * 3
