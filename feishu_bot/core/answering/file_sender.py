"""Sends files of answers: at a click, or unasked where a card can't show the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from feishu_bot.core.answer_files import AnswerFiles
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.messenger import File, FileOffer
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import SendAnswerFile

MEGABYTE = 1024 * 1024
# "Upload a file" takes no more.
MOST_FILE_BYTES = 30 * MEGABYTE


@dataclass(frozen=True, kw_only=True)
class AnswerFileSender:
    """Each file of an answer is sent once, as a reply to its card."""

    files: AnswerFiles
    enqueuer: Enqueuer
    conversations: Conversations
    settings: EffectiveSettings

    def request(self, job: Job, answer_id: str, offers: Iterable[FileOffer]) -> None:
        """Send what comes by itself, once the job of the answer has ended.

        It is of the same conversation, so it waits until then; a crash in between loses nothing.
        """
        for offer in offers:
            if offer.is_sent:
                name = once(answer_id, offer.what)
                target = job.target.to_answer(answer_id)
                task = SendAnswerFile(answer_id=answer_id, what=offer.what, is_unasked=True)
                self.enqueuer.enqueue(
                    QueuedTask(event_id=name, dedupe_id=name, key=job.key, target=target, task=task)
                )

    def file(self, job: Job, task: SendAnswerFile) -> File | Notice | None:
        """The file that is asked for, of an answer of this conversation.

        None where there is nothing to say: its question was recalled before it was sent.
        """
        turn = None
        if self.conversations.key_of(task.answer_id) == job.key:
            turn = self.conversations.turn_of(task.answer_id)
        if turn is None or not turn.answer:
            return None if task.is_unasked else Notice("more_unknown")
        language = self.settings.language(job.target.sender.open_id, job.target.chat_id)
        file = self.files.file(turn, task.what, language)
        if file is None:
            return Notice("more_unknown")
        if len(file.data) > MOST_FILE_BYTES:
            return Notice("answer_file_too_large", {"limit": str(MOST_FILE_BYTES // MEGABYTE)})
        return file


def once(answer_id: str, what: str) -> str:
    """The name under which a file of an answer is sent one time; `answer_id` is its `rated_id`."""
    return f"file:{answer_id}:{what}"
