"""A bot's door in this process, on a real database, that notes what must not happen."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from types import TracebackType

import sqlalchemy as sa

from feishu_bot import logs
from feishu_bot.app import create_app
from feishu_bot.core.conversations import ConversationKey, SentMessages
from feishu_bot.settings import Settings
from feishu_bot.stores.schema import inbox as inbox_table
from feishu_simulator import Simulator
from feishu_simulator.encryption import encrypt_and_sign, sign
from tests.fuzz.mutations import corpus, mutated
from tests.scenarios.bots import environment

LONGEST_LINE = 4_000


class Door(logging.Handler):
    """Deliver with `fuzz`; then `faults` names each delivery that did what none may.

    Those are an answer of 500 and above, a traceback, and a line of the log that is none.
    """

    def __init__(self, simulator: Simulator, database_url: str) -> None:
        super().__init__()
        environ = environment(simulator, database_url, LEGACY_CARD_CALLBACKS="true", ADMINS="ou_a")
        self._app = create_app(Settings.from_env(environ))
        self._runtime = self._app.extensions["feishu_bot"]
        self._credentials = simulator.credentials
        self._formats = (logs.TextFormatter(), logs.JsonFormatter())
        self._client = self._app.test_client()
        self.inbox = self._runtime.pool.queue
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []
        self._lines: list[str] = []

    def __enter__(self) -> Door:
        self._runtime.start(answers=False, receives=False)
        bot = self._runtime.pool.handle.__self__
        # A click on a card that nobody knows waits for it to be known.
        object.__setattr__(bot.card_actions, "bind_timeout", 0.0)
        deadline = time.monotonic() + 10
        while not bot.identity().open_id and time.monotonic() < deadline:
            time.sleep(0.01)
        bot.conversations.bind(ConversationKey("oc_group", "om_root"), SentMessages(("om_card",)))
        logging.getLogger().addHandler(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        logging.getLogger().removeHandler(self)
        self._runtime.stop()

    def emit(self, record: logging.LogRecord) -> None:
        """Note a line that is no single line, or has a traceback."""
        if record.exc_info:
            self._lines.append(f"traceback: {self._formats[0].format(record)}")
        for formatter in self._formats:
            line = formatter.format(record)
            if not line.isprintable() or len(line) > LONGEST_LINE:
                self._lines.append(f"line: {line!r:.500}")

    def fuzz(self, seed: int, count: int, *, first: int = 0) -> None:
        """So many mutated deliveries, signed, most of them encrypted too; the same for a seed."""
        source = random.Random(seed)
        seeds = corpus(self._credentials)
        for number in range(first, first + count):
            self.deliver(source, mutated(source, seeds, number), f"seed {seed}, number {number}")

    def deliver(self, source: random.Random, body: bytes, name: str) -> None:
        """Sign these bytes and hand them in."""
        old_card = source.random() < 0.05
        address = "card" if old_card or source.random() < 0.3 else "event"
        if source.random() < 0.5:
            sealed, headers = sign(body, self._credentials, old_card=old_card)
        else:
            sealed, headers = sign(body, self._credentials, encrypted=True, old_card=old_card)
        answer = self._client.post(f"/webhook/{address}", data=sealed, headers=headers)
        self.statuses[answer.status_code] += 1
        if answer.status_code not in (200, 401):
            self._lines.append(f"status {answer.status_code}")
        self.faults += [f"{name}: {line} {body!r:.300}" for line in self._lines]
        self._lines.clear()

    def deliver_genuine(self, number: int) -> int:
        """A question as Feishu sends it; the status of the answer."""
        data = corpus(self._credentials)[1]
        data["header"]["event_id"] = f"ev_genuine_{number}"
        data["event"]["message"]["message_id"] = f"om_genuine_{number}"
        body, headers = encrypt_and_sign(data, self._credentials)
        return self._client.post("/webhook/event", data=body, headers=headers).status_code

    def drain(self) -> int:
        """Claim and end all that was taken in; how many there were. Unreadable rows are faults."""
        done = 0
        while jobs := self.inbox.claim(200):
            for job in jobs:
                self.inbox.finish(job, "failed", None, None)
            done += len(jobs)
        self.faults += [f"draining: {line}" for line in self._lines]
        self._lines.clear()
        return done

    def open_rows(self) -> int:
        """The rows that somebody would try again."""
        with self.inbox._database.read() as connection:
            is_open = inbox_table.c.state.not_in(("done",))
            return connection.scalar(sa.select(sa.func.count()).where(is_open)) or 0

    def empty(self) -> None:
        """Forget all that was ever taken in."""
        with self.inbox._database.write() as connection:
            connection.execute(sa.delete(inbox_table))
