"""Messages without words: each waits a moment for the words that people send right after it.

A picture can't be sent with a question in one message of Feishu's, but for rich text: people send
the one, and then the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.messages import Attachment
from feishu_bot.core.tasks import AskQuestion


def one_question(waiting: Sequence[QueuedTask]) -> Sequence[QueuedTask]:
    """Those that make one question with the first, which has no words: the last of them asks it.

    `waiting` are the tasks of its conversation and place, in their order. Whatever doesn't belong
    to it, a command or what somebody else says, ends the question before it.
    """
    found = [waiting[0]]
    for task in waiting[1:]:
        if not _belongs(task, found):
            break
        found.append(task)
        if not task.is_wordless:
            break
    return found


def parts_of(wordless: QueuedTask) -> tuple[Attachment, ...]:
    """What a message without words gives to the question that it is a part of."""
    message = wordless.message
    if message is None:
        return ()
    own = message.message_id
    attached = message.attachments
    if message.kind == "merge_forward":
        attached += (Attachment("merge_forward", own),)
    return tuple(replace(item, message_id=item.message_id or own) for item in attached)


def with_parts(task: QueuedTask, parts: Sequence[Attachment]) -> QueuedTask:
    """A question with what came before it."""
    if not parts or not isinstance(task.task, AskQuestion) or task.message is None:
        return task
    asked = replace(task.message, attachments=(*parts, *task.message.attachments))
    return replace(task, task=replace(task.task, message=asked))


def _belongs(task: QueuedTask, found: Sequence[QueuedTask]) -> bool:
    if not task.place:
        return False
    if task.place == found[0].place:
        return True
    # A reply to the picture itself.
    is_reply = task.branch_point in {before.dedupe_id for before in found}
    return is_reply and task.target.sender.open_id == found[0].target.sender.open_id
