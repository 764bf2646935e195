"""Stand-ins for the ports of the core. They remember what they were told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from feishu_bot.core.models import (
    BotIdentity,
    ChatMessage,
    Conversation,
    Ending,
    IncomingMessage,
    Job,
    ModelChosen,
    Notice,
    Piece,
    Prompt,
    Sender,
    Sent,
    StreamEnd,
    TextPiece,
    ThreadKey,
)
from feishu_bot.core.ports import Renewal
from feishu_bot.errors import LeaseLost, TargetGone

ALICE = Sender("ou_alice")


def message(text: str = "hello", message_id: str = "om_1", **changes: Any) -> IncomingMessage:
    values: dict[str, Any] = {
        "message_id": message_id,
        "chat_id": "oc_1",
        "chat_type": "p2p",
        "sender": ALICE,
        "kind": "text",
        "text": text,
        "created_at": 1_000.0,
    }
    return IncomingMessage(**values | changes)


class FakeInbox:
    """An inbox in memory: one process, leases that never end unless `taken_over`."""

    def __init__(self) -> None:
        self.events = []
        self.jobs: list[Job] = []
        self.checkpoints: dict[int, dict] = {}
        self.finished: dict[int, tuple] = {}
        self.released: list[Job] = []
        self.postponed: list[tuple[Job, float]] = []
        self.stopped: list[str] = []
        self.let_go_of: list[int] = []
        self.taken_over: set[int] = set()
        self.to_stop: set[int] = set()
        self._lock = threading.Lock()

    def put(self, event) -> bool:
        with self._lock:
            if any(event.dedupe_id == known.dedupe_id for known in self.events):
                return False
            self.events.append(event)
            self.jobs.append(Job(id=len(self.events), event=event, attempt=1))
            return True

    def claim(self, limit: int) -> list[Job]:
        with self._lock:
            jobs, self.jobs = self.jobs[:limit], self.jobs[limit:]
            return jobs

    def renew(self) -> Renewal:
        return Renewal(frozenset(self.taken_over), frozenset(self.to_stop))

    def checkpoint(self, job, state) -> None:
        if job.id in self.taken_over:
            raise LeaseLost
        self.checkpoints[job.id] = dict(state)

    def finish(self, job, outcome, turn, usage) -> None:
        if job.id in self.taken_over:
            raise LeaseLost
        self.finished[job.id] = (outcome, turn, usage)

    def release(self, jobs) -> None:
        self.released.extend(jobs)

    def let_go(self, job) -> None:
        self.let_go_of.append(job.id)

    def postpone(self, job, seconds) -> None:
        self.postponed.append((job, seconds))

    def stop(self, message_id) -> None:
        self.stopped.append(message_id)

    def waiting(self) -> int:
        return len(self.jobs)

    def sweep(self, before) -> int:
        return 0


class FakeConversations:
    """Conversations by key; `bound` is what the bot said where."""

    def __init__(self) -> None:
        self.stored: dict[ThreadKey, Conversation] = {}
        self.bound: list[tuple[ThreadKey, Sent]] = []
        self.cleared: list[ThreadKey] = []

    def resolve(self, message) -> ThreadKey:
        return ThreadKey(
            message.chat_id, message.root_id or message.thread_id or message.message_id
        )

    def exists(self, key) -> bool:
        return key in self.stored

    def key_of(self, message_id) -> ThreadKey | None:
        return next((key for key, sent in self.bound if message_id in sent.message_ids), None)

    def load(self, key, parent_id="") -> Conversation:
        return self.stored.get(key, Conversation(key=key))

    def clear(self, key) -> None:
        self.cleared.append(key)

    def bind(self, key, sent) -> None:
        self.bound.append((key, sent))

    def sweep(self, before) -> int:
        return 0


class RecordedAnswer:
    """An answer on an imaginary screen."""

    def __init__(self, checkpoint, failure: Exception | None) -> None:
        self.checkpoint = checkpoint
        self.text = ""
        self.reasoning = ""
        self.ending: Ending | None = None
        self.abandoned = False
        self.on_write: Callable[[], None] = lambda: None
        self._failure = failure

    def write(self, text: str = "", reasoning: str = "") -> None:
        self.text += text
        self.reasoning += reasoning
        self.on_write()

    def finish(self, ending: Ending) -> Sent:
        if self._failure:
            raise self._failure
        self.ending = ending
        return Sent(("om_answer",), "omt_1")

    def abandon(self) -> None:
        self.abandoned = True

    @property
    def is_over(self) -> bool:
        return isinstance(self._failure, TargetGone)


class RecordingMessenger:
    def __init__(self) -> None:
        self.answers: list[RecordedAnswer] = []
        self.notices: list[tuple[str, Notice, str]] = []
        self.failure: Exception | None = None
        self.bot = BotIdentity("cli_1", "ou_bot", "Bot")
        self.on_write: Callable[[RecordedAnswer], None] = lambda answer: None

    def open_answer(self, message, *, reference, checkpoint, save, sent) -> RecordedAnswer:
        answer = RecordedAnswer(checkpoint, self.failure)
        answer.on_write = lambda: self.on_write(answer)
        self.answers.append(answer)
        save({"cards": [{"card_id": "c1"}]})
        sent(Sent(("om_answer",), "omt_1"))
        return answer

    def notify(self, message, notice, *, reference) -> Sent:
        if self.failure:
            raise self.failure
        self.notices.append((message.message_id, notice, reference))
        return Sent(("om_notice",))

    def identity(self) -> BotIdentity:
        return self.bot


class ScriptedModel:
    """Answers as it is told, in order; an exception in a script is raised at its place."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self._scripts: list[list[Piece | Exception]] = []

    def enqueue(self, *pieces: Piece | Exception) -> None:
        self._scripts.append(list(pieces))

    def enqueue_text(self, *texts: str) -> None:
        end = StreamEnd("stop", prompt_tokens=30, completion_tokens=12)
        self.enqueue(ModelChosen("gpt-x", "req-1"), *map(TextPiece, texts), end)

    def stream(self, prompt: Prompt) -> Iterator[Piece]:
        self.prompts.append(prompt)
        for piece in self._scripts.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield piece

    @property
    def last_messages(self) -> tuple[ChatMessage, ...]:
        return self.prompts[-1].messages
