"""A long connection of ours to a simulated platform, with all that stands around it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from feishu_bot.core.exclusive_lease import ExclusiveLease, LeaseStore, Note
from feishu_bot.feishu.long_connection.client import LongConnection
from feishu_bot.feishu.long_connection.delivery import ACCEPTED
from feishu_bot.feishu.long_connection.endpoint import EndpointClient
from feishu_bot.feishu.long_connection.late_events import LateEvents
from feishu_simulator import Simulator
from feishu_simulator.long_connection.client import LongConnectionClient
from feishu_simulator.long_connection.server import LongConnections


class FakeLease:
    """A lease that is to be had, until it is `taken`, or its store is `stuck`."""

    def __init__(self) -> None:
        self.taken = False
        self.stuck = threading.Event()
        self.stuck.set()
        self.notes: list[Note] = []
        self.released = 0

    @property
    def note_of_holder(self) -> Note:
        return {"connected": True, "frame_seconds": 3.0} if self.taken else {}

    def read_note(self) -> Note:
        return self.note_of_holder

    def claim(self, note: Note) -> bool:
        return self.renew(note)

    def renew(self, note: Note) -> bool:
        self.stuck.wait()
        self.notes.append(note)
        return not self.taken

    def release(self) -> None:
        self.released += 1


class Recorder:
    """What is done with events: noted, and answered as the test says."""

    def __init__(self) -> None:
        self.payloads: list[Any] = []
        self.reply: Callable[[bytes], bytes | None] = lambda payload: ACCEPTED

    def answer(self, payload: bytes) -> bytes | None:
        self.payloads.append(json.loads(payload))
        return self.reply(payload)


class Connected:
    """The two ends of a connection."""

    def __init__(
        self,
        sim: Simulator,
        *,
        hold_seconds: float = 5.0,
        secret: str = "",
        seconds: float = 10.0,
        lease: LeaseStore | None = None,
        domain: str = "",
    ) -> None:
        self.sim = sim
        self.platform: LongConnections = sim.feishu.long_connections
        self.lease, self.recorder = FakeLease(), Recorder()
        credentials = sim.credentials
        self.bot = LongConnection(
            endpoint=EndpointClient(
                app_id=credentials.app_id,
                app_secret=secret or credentials.app_secret,
                domain=domain or sim.feishu.url,
                seconds=seconds,
            ),
            lease=ExclusiveLease(lease or self.lease, hold_seconds=hold_seconds),
            answer=self.recorder.answer,
            late_events=LateEvents(),
            domain=sim.feishu.url,
            retry_seconds=0.05,
            refused_seconds=0.3,
        )

    def start(self) -> Connected:
        self.bot.start()
        return self

    def client(self) -> LongConnectionClient:
        """The bot's end as the platform sees it, once it is there."""
        return self.sim.feishu.wait_for(lambda: next(iter(self.platform.clients), None))

    def send(self, payload: dict[str, Any] | None = None, seconds: float = 10.0):
        """Send an event and give back how it was answered."""
        self.client()
        return self.platform.request(payload or {"n": 1}, seconds)
