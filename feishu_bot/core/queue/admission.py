"""How many questions may wait: those beyond are refused at the door, with a word."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.tasks import RefuseQuestion

# What people wait for; the rest is done when there is time. Each of these counts.
WAITED_FOR = frozenset({"ask", "regenerate", "draw", "continue", "run"})
_NO_BOUND = 2**31 - 1
# Of all that may wait, one person's part.
PERSON_PART = 10
LEAST_OF_PERSON = 10
# A flood of questions gets no flood of notices: seconds between two to the same person.
NOTICE_SECONDS = 60.0


class Admission(StrEnum):
    """What became of a question at the door."""

    TAKEN = "taken"
    KNOWN = "known"
    FULL = "full"
    PERSON_FULL = "person_full"

    @property
    def is_refusal(self) -> bool:
        """Whether too many questions wait."""
        return self in (Admission.FULL, Admission.PERSON_FULL)


@dataclass(frozen=True, slots=True)
class Pending:
    """How many questions may wait or be in hand, over all processes: of all, and of one person.

    A command or a click isn't refused for what others wait for, but counts as its person's: else
    one could fill the queue with them, and keep everybody else's questions out.
    """

    all: int
    is_question: bool = True

    @property
    def together(self) -> int:
        return self.all if self.is_question else _NO_BOUND

    @property
    def person(self) -> int:
        return min(self.all, max(LEAST_OF_PERSON, self.all // PERSON_PART))


class AdmissionStore(Protocol):
    """Where questions are let in."""

    def put(self, task: QueuedTask) -> bool:
        """Store the task; False when its event id or dedupe id is known already."""

    def put_if_room(self, task: QueuedTask, most: Pending) -> Admission:
        """Store the task, if it isn't known and not too many wait."""

    def note_refused(self, task: QueuedTask) -> None:
        """Remember a question that was refused: a repeat of it is known."""


def refusal_of(task: QueuedTask, admission: Admission, most: Pending, *, now: float) -> QueuedTask:
    """The notice that a question was refused; the same for all of a person's within a minute."""
    is_own = admission is Admission.PERSON_FULL
    name = f"{task.target.sender.open_id}:{int(now // NOTICE_SECONDS)}"
    # Its row stays for days, and is not to name anybody.
    dedupe_id = f"refuse:{hashlib.sha256(name.encode()).hexdigest()[:24]}"
    return replace(
        task,
        event_id=dedupe_id,
        dedupe_id=dedupe_id,
        task=RefuseQuestion(
            notice="queue_full_person" if is_own else "queue_full",
            most=most.person if is_own else most.all,
        ),
    )
