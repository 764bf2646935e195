"""Figures from the posted events and the simulator's record. Pure: no clock, no process."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.driver import Post

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One run. Times in seconds, memory in bytes; None where there was nothing to measure."""

    questions: int
    not_acknowledged: int
    ack_p50: float | None
    ack_p99: float | None
    ack_max: float | None
    first_text_p50: float | None
    first_text_p95: float | None
    whole_p50: float | None
    """From the gateway's last chunk to the whole text on the screen."""
    whole_p95: float | None
    gateway_late: float | None
    """How much longer than prescribed the gateway's answers took, p95: not the bot's fault."""
    all_whole: float | None
    """From the first event to the last whole answer; None while one is missing."""
    lost: int
    partial: int
    doubled: int
    left_open: int
    """Cards still in streaming mode at the end."""
    refused: int
    refused_codes: Mapping[str, int]
    over_limits: Mapping[str, int]
    """Calls that broke a limit, by the limit's name."""
    peaks: Mapping[str, tuple[int, int]]
    """By API: the most calls in any second and in any minute."""
    calls_per_answer: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """CPU and memory of the bot's processes in one run, and the other load of the machine."""

    cpu_per_answer: float
    """CPU seconds, less what the idle bot takes in the same time."""
    system_per_answer: float
    """The part of it that was spent in the kernel: much of it means threads waking each other."""
    cpu_idle: float
    """CPU seconds a second of the idle bot."""
    pss_rest: int
    pss_peak: int
    start_seconds: float
    seconds: float
    """How long the run was."""
    simulator_cpu: float
    """CPU seconds of the simulator."""
    foreign_share: float
    """Share of the machine's cores that others took: above a few percent figures are noisy."""
    driver_late: float
    """How far behind its schedule the driver was at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its message id and how its event was posted."""

    message_id: str
    post: Post


@dataclass(slots=True)
class _Found:
    """Totals over all questions."""

    first_texts: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)
    gateway: list[float] = field(default_factory=list)
    whole_times: list[float] = field(default_factory=list)
    lost: int = 0
    partial: int = 0
    doubled: int = 0
    left_open: int = 0


def figures(
    asked: Sequence[Asked], before: Report, after: Report, *, answer_seconds: float
) -> Figures:
    """Figures of the questions asked between two reports of the simulator.

    `answer_seconds` is what the gateway should have taken for each answer.
    """
    told = {question["message_id"]: question for question in after["questions"]}
    found = _Found()
    for one in asked:
        _judge(found, one, told.get(one.message_id))
    posts = [one.post for one in asked]
    acks = [post.seconds for post in posts if post.status == 200]
    is_all_there = asked and len(found.whole_times) == len(asked)
    began = min((post.at for post in posts), default=0.0)
    apis = after["apis"]
    calls = {name: api["calls"] - _count(before, name, "calls") for name, api in apis.items()}
    refused = {name: api["refused"] - _count(before, name, "refused") for name, api in apis.items()}
    return Figures(
        questions=len(asked),
        not_acknowledged=len(posts) - len(acks),
        ack_p50=percentile(acks, 50),
        ack_p99=percentile(acks, 99),
        ack_max=max(acks, default=None),
        first_text_p50=percentile(found.first_texts, 50),
        first_text_p95=percentile(found.first_texts, 95),
        whole_p50=percentile(found.wholes, 50),
        whole_p95=percentile(found.wholes, 95),
        gateway_late=percentile([took - answer_seconds for took in found.gateway], 95),
        all_whole=max(found.whole_times) - began if is_all_there else None,
        lost=found.lost,
        partial=found.partial,
        doubled=found.doubled,
        left_open=found.left_open,
        refused=sum(refused.values()),
        refused_codes=_more(before["codes"], after["codes"]),
        over_limits=_more(before["limits"], after["limits"]),
        peaks={name: (api["peak_second"], api["peak_minute"]) for name, api in apis.items()},
        calls_per_answer={name: n / len(asked) for name, n in calls.items() if n and asked},
    )


def is_settled(asked: Collection[str], report: Report) -> bool:
    """Whether every question has a complete answer whose card is closed."""
    told = {question["message_id"]: question for question in report["questions"]}
    return all(
        any(answer["whole"] and not answer["streaming"] for answer in told[message_id]["answers"])
        for message_id in asked
    )


def percentile(values: Collection[float], percent: float) -> float | None:
    """The smallest value that so many percent of the values don't exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def _judge(found: _Found, asked: Asked, question: Mapping[str, Any] | None) -> None:
    """Add one question to the totals.

    Lost: no word of the answer is visible. Partial: a beginning is, but not the whole. Doubled:
    more than one reply, complete or not.
    """
    answers = question["answers"] if question else []
    shown = [a["first_text_at"] for a in answers if a["first_text_at"] is not None]
    whole = [a["whole_at"] for a in answers if a["whole"] and a["whole_at"] is not None]
    if shown:
        found.first_texts.append(min(shown) - asked.post.at)
    if question and question["last_chunk_at"] is not None:
        found.gateway.append(question["last_chunk_at"] - question["gateway_at"])
    if question and whole:
        found.whole_times.append(min(whole))
        if question["last_chunk_at"] is not None:
            found.wholes.append(min(whole) - question["last_chunk_at"])
    elif shown:
        found.partial += 1
    else:
        found.lost += 1
    found.doubled += len(answers) > 1
    found.left_open += sum(answer["streaming"] for answer in answers)


def _count(report: Report, api: str, what: str) -> int:
    return int(report["apis"].get(api, {}).get(what, 0))


def _more(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """By how much each count has grown, without those that haven't."""
    return {
        name: count - before.get(name, 0)
        for name, count in after.items()
        if count > before.get(name, 0)
    }
