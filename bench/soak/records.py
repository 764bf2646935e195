"""What the simulator and the database have kept of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from bench.soak.talk import Name, Request, name_in, read_request
from feishu_bot.stores.schema import inbox, turns
from feishu_simulator import Simulator


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try of Feishu to deliver an event; status 0 is no answer within three seconds."""

    began_at: float
    ended_at: float
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A message of the bot: its texts with their times, oldest first."""

    frames: tuple[tuple[float, str], ...]
    is_streaming: bool = False

    @property
    def text(self) -> str:
        """What it shows in the end."""
        return self.frames[-1][1] if self.frames else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with everything that came of it on the platform."""

    name: Name
    said_at: float
    deliveries: tuple[Delivery, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A request to the model, and when it came.

    `is_read` is whether its answer was read to the end. Of a process that was cut off and gave up
    one may still arrive when the link is mended: the kernel sends it, and nobody reads the answer.
    """

    at: float
    request: Request
    is_read: bool = True


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn as it is in the database."""

    id: int
    parent: int | None
    name: Name
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All that is judged; times are monotonic, in seconds."""

    words: int
    pace: float
    """Seconds between two words of the model."""
    asked: tuple[Asked, ...]
    requests: tuple[ModelRequest, ...]
    calls: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    """Calls that a limit refused, by the API and the limit."""
    turns: tuple[StoredTurn, ...] = ()
    open_jobs: int = 0


def from_simulator(simulator: Simulator, words: int) -> Records:
    """What the platform and the model have seen."""
    feishu = simulator.feishu
    messages = feishu.messages
    answers: dict[str, list[Answer]] = {}
    for message in messages:
        if message.is_from_bot:
            answer = Answer(tuple(message.history), message.streaming)
            answers.setdefault(message.replied_to, []).append(answer)
    asked = []
    for message in messages:
        name = name_in(str(message.content.get("text", "")))
        if message.is_from_bot or name is None:
            continue
        deliveries = tuple(Delivery(d.at - d.seconds, d.at, d.status) for d in message.deliveries)
        own = tuple(answers.get(message.message_id, ()))
        asked.append(Asked(name, message.said_at, deliveries, own))
    requests = [
        ModelRequest(each.at, request, not each.client_left)
        for each in simulator.gateway.requests
        if (request := read_request(each.body))
    ]
    return Records(
        words=words,
        pace=simulator.gateway.between,
        asked=tuple(asked),
        requests=tuple(requests),
        calls=sum(count for (_, what), count in feishu.api.counts.items() if what == "calls"),
        refused=Counter(f"{call.api}, {call.limit}" for call in feishu.refused if call.limit),
    )


def from_database(engine: sa.Engine) -> tuple[tuple[StoredTurn, ...], int]:
    """The turns, and how many jobs have not ended."""
    with engine.connect() as connection:
        columns = (turns.c.id, turns.c.parent, turns.c.question, turns.c.answer)
        rows = connection.execute(sa.select(*columns).order_by(turns.c.id)).all()
        is_open = sa.select(sa.func.count()).where(inbox.c.state != "done")
        open_jobs = connection.scalar(is_open) or 0
    found = [(row, name_in(row.question)) for row in rows]
    return (
        tuple(StoredTurn(row.id, row.parent, name, row.answer) for row, name in found if name),
        open_jobs,
    )
