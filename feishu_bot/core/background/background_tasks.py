"""What is done besides answers, and that nobody waits for."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.background.answer_edits import AnswerEdits
from feishu_bot.core.background.follow_ups import FollowUps
from feishu_bot.core.background.spoken_answers import SpokenAnswers
from feishu_bot.core.background.title_maker import TitleMaker
from feishu_bot.core.conversations import Turn
from feishu_bot.core.jobs import Job
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import (
    MakeTitle,
    MarkRatings,
    MarkRecalled,
    ShowFollowUps,
    SpeakAnswer,
    SuggestFollowUps,
)


@dataclass(frozen=True, kw_only=True)
class BackgroundTasks:
    """Marks on answers that have ended, suggested questions, titles, spoken answers.

    Nobody who asked is told of a failure.

    The person was let in when they asked, so that access isn't looked at again.
    """

    answer_edits: AnswerEdits
    follow_ups: FollowUps
    titles: TitleMaker
    spoken: SpokenAnswers

    def request_after(
        self, job: Job, answer_id: str, turn: Turn | None, *, is_complete: bool, is_recalled: bool
    ) -> None:
        """Enqueue what is to be done after an answer. `turn` is None where none was stored.

        `answer_id` is its last message, empty where none was sent. `is_recalled` is whether its
        question was recalled meanwhile.
        """
        if answer_id and is_recalled:
            self.answer_edits.retire(answer_id)
        elif answer_id and turn and is_complete:
            self.follow_ups.request(job, answer_id)
            self.spoken.request(job, answer_id)
        if turn:
            self.titles.request(job, turn)

    def work(self, job: Job, control: JobControl) -> bool:
        """Do such a task; False when it is another one. Raises when it must be tried again."""
        match job.task:
            case SuggestFollowUps() | ShowFollowUps() as task:
                self.follow_ups.make(job, task, control)
            case MarkRatings() | MarkRecalled() as task:
                self.answer_edits.make(job, task)
            case SpeakAnswer() as task:
                self.spoken.make(job, task, control)
            case MakeTitle() as task:
                self.titles.make(job, task, control)
            case _:
                return False
        return True
