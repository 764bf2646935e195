"""Puts tasks into the inbox."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from feishu_bot import metrics
from feishu_bot.core.card_actions import CardClick
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.queue.admission import (
    WAITED_FOR,
    Admission,
    AdmissionStore,
    Pending,
    refusal_of,
)
from feishu_bot.core.queue.inbox import TaskInbox
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import AskQuestion, Task
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Seconds. The same button, pressed again by the same person so soon, was meant once.
DOUBLE_CLICK = 2.0
# How often something that comes to no answer may be asked for, within the inbox's memory.
MAX_REPEATS = 20


class OpenInbox(TaskInbox, AdmissionStore, Protocol):
    """Where tasks are put, and questions while there is room."""


@dataclass(frozen=True)
class Enqueuer:
    """Stores what there is to do, since Feishu waits three seconds at most.

    `notify` wakes the process that does it; it must not wait. Where there is a `most`, questions
    are refused while so many wait, and whatever one person asks for beyond their part.
    `clock` is in seconds since the epoch.
    """

    inbox: OpenInbox
    notify: Callable[[], None]
    most: Pending | None = None
    clock: Callable[[], float] = time.time

    def enqueue(self, task: QueuedTask) -> bool:
        """Store a task, once; False when it is known. One that is refused has its notice stored."""
        if self.most and task.kind in WAITED_FOR:
            most = replace(self.most, is_question=isinstance(task.task, AskQuestion))
            admission = self.inbox.put_if_room(task, most)
            if admission.is_refusal:
                return self._refuse(task, admission, most)
            is_new = admission is Admission.TAKEN
        else:
            is_new = self.inbox.put(task)
        logger.info(
            "queued",
            event_id=task.event_id,
            dedupe_id=task.dedupe_id,
            conversation=task.key,
            task=task.kind,
            new=is_new,
        )
        if is_new:
            self.notify()
        return is_new

    def _refuse(self, task: QueuedTask, admission: Admission, most: Pending) -> bool:
        metrics.REFUSED_QUESTIONS.labels(reason=admission.value).inc()
        logger.info("refused", event_id=task.event_id, reason=admission.value)
        # The notice first: whoever dies between the two is sent the question again.
        if self.inbox.put(refusal_of(task, admission, most, now=self.clock())):
            self.notify()
        self.inbox.note_refused(task)
        return True

    def enqueue_click(
        self,
        click: CardClick,
        task: Task,
        *,
        once: str = "",
        until_answered: bool = False,
        reply_to: str = "",
        asked: str = "",
    ) -> bool:
        """Store what a click asks for, to be answered as a reply to the pressed card.

        `reply_to` is another message for the reply, which is then stopped with that message;
        `asked` is shown above the answer.

        A double click counts once. `once` names what is done one time only, however often and by
        however many it is asked for. False says that it was asked for before. With
        `until_answered` it can be asked for again when it has come to no answer: a limit may have
        been reached, the model been away.
        """
        action = click.action
        name = once
        if not once:
            button, window = _button_name(click, task), int(self.clock() / DOUBLE_CLICK)
            if self.inbox.is_known(f"{button}:{window - 1}"):
                return False
            name = f"{button}:{window}"
        queued = QueuedTask(
            event_id=action.event_id,
            dedupe_id=name,
            key=click.key,
            target=ReplyTarget(
                message_id=reply_to or action.message_id,
                chat_id=click.key.chat_id,
                chat_type=click.chat_type,
                sender=action.operator,
                asked=asked,
            ),
            task=task,
        )
        is_new = self.enqueue(queued)
        if until_answered:
            for number in range(2, MAX_REPEATS + 1):
                if is_new or not self.inbox.ended_unanswered(queued.dedupe_id):
                    break
                queued = replace(queued, dedupe_id=f"{name}:{number}")
                is_new = self.enqueue(queued)
        return is_new


def _button_name(click: CardClick, task: Task) -> str:
    """The same for all presses of a button by one person; tells nothing about them."""
    pressed = click.action
    said = (pressed.message_id, pressed.operator.open_id, dict(pressed.value), task)
    return f"click:{hashlib.sha256(repr(said).encode('utf-8', 'replace')).hexdigest()[:32]}"
