"""How much of the budget a process takes, by what the others hold and by who has answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feishu_bot.core.call_budget.shares import Holding, Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What a process may have, as in `Share`."""

    second: int
    minute: int
    part: float
    elsewhere: int


def divide(
    whole: Whole,
    others: Sequence[Holding],
    *,
    now: float,
    spent: int,
    demand: int,
    has_just_begun: bool = False,
) -> Portion:
    """The portion of a process that has made `spent` calls in the long window.

    One that `has_just_begun` to answer reckons that the others are just about to, too: questions
    come to all of them alike, and who took everything would have to give it back.

    Each has its floor, and the rest goes to those with answers, by their number. Nothing is taken
    that others still hold: they let go of it at their next renewal. Another floor stays free, so
    that a process that comes new can begin at once; one that is alone has all.
    """
    others = [other for other in others if not other.is_over(now, whole)]
    alive = [other for other in others if other.is_alive(now)]
    taken = [other.taken(now, whole) for other in others]
    members = 1 + sum(1 for other in others if now < other.gone_at)
    answers = demand + sum(other.demand for other in alive)
    if has_just_begun:
        answers = max(answers, demand * members)
    kept = whole.floor_of(0) if members == 1 else whole.floor

    free = whole.second - sum(calls.second for calls in taken)
    second = _portion(
        pool=whole.second - kept.second,
        free=free,
        kept=kept.second,
        floor=whole.floor.second,
        members=members,
        demand=demand,
        answers=answers,
    )

    # What was spent can't be shared any more: only what is left of the long window is.
    gone = sum(
        other.spent if other.is_alive(now) else calls.minute
        for other, calls in zip(others, taken, strict=True)
    )
    pool = max(0, whole.minute - spent - gone - kept.minute)
    free = whole.minute - spent - sum(calls.minute for calls in taken)
    minute = _portion(
        pool=pool,
        free=free,
        kept=kept.minute,
        floor=whole.floor.minute,
        members=1 + len(alive),
        demand=demand,
        answers=answers,
    )
    # More can't be used before the next renewals, and would be lost with a process that dies.
    minute = min(minute, whole.most_in_lease(second))
    return Portion(
        second=second,
        minute=spent + minute,
        part=min(1.0, minute / pool) if pool else 1.0,
        elsewhere=sum(
            min(other.spent, calls.minute) for other, calls in zip(others, taken, strict=True)
        ),
    )


def _portion(
    *, pool: int, free: int, kept: int, floor: int, members: int, demand: int, answers: int
) -> int:
    base = min(floor, pool // members)
    fair = base + (pool - base * members) * demand // max(1, answers)
    return max(0, min(fair, max(free - kept, min(free, base))))
