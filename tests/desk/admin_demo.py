"""A month of an imagined company, for the administrator's page."""

from __future__ import annotations

import math
import random

import sqlalchemy as sa

from feishu_bot.core import days
from feishu_bot.core.limits import Spending
from feishu_bot.stores import Database, SqlUsage
from feishu_bot.stores.schema import usage

MODELS = ("gpt-5.6-luna", "claude-sonnet-5", "deepseek-v4")
FAILURES = ("gateway_busy", "gateway_unreachable", "key_exhausted", "gave_up")
PER_DAY = 60


def fill(database: Database, people: list[str], now: float, *, number_of_days: int = 30) -> None:
    """Usage of so many days up to `now`, in seconds since the epoch; always the same."""
    chance = random.Random(1)
    rows = []
    for ago in range(number_of_days):
        start = days.day_start(now, ago)
        is_weekend = ago % 7 in (0, 1)
        for number in range(PER_DAY // (6 if is_weekend else 1)):
            at = min(now - 1, start + 8 * 3600 + chance.random() * 11 * 3600)
            rows.append(_row(chance, people, at, number))
    with database.write() as connection:
        connection.execute(sa.insert(usage), rows)
    grant = Spending(questions=20)
    SqlUsage(database).grant(people[0], days.day_name(now), grant, people[1], message_id="om_1")


def _row(chance: random.Random, people: list[str], at: float, number: int) -> dict[str, object]:
    person = people[int(len(people) * chance.random() ** 2)]
    has_failed = chance.random() < 0.04
    is_group = number % 3 == 0
    tokens = 0 if has_failed else int(400 + 2600 * chance.random())
    return {
        "open_id": person,
        "chat_id": "oc_team" if is_group else f"oc_{person}",
        "model": MODELS[int(3 * chance.random() ** 2)],
        "outcome": "noticed" if has_failed else "answered",
        "seconds": 3 + 8 * chance.random(),
        "prompt_tokens": 3 * tokens,
        "completion_tokens": tokens,
        "cost": tokens * 0.00004,
        "created_at": at,
        "waited": math.exp(chance.gauss(-1.2, 0.9)),
        "first_text": None if has_failed else math.exp(chance.gauss(0.5, 0.5)),
        "notice": FAILURES[number % len(FAILURES)] if has_failed else "",
        "request_id": f"req_{chance.getrandbits(48):012x}" if has_failed else "",
        "chat_type": "group" if is_group else "p2p",
    }
