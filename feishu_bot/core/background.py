"""What is done besides answers, and that nobody waits for."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.answer_edits import AnswerEdits
from feishu_bot.core.follow_ups import FollowUps
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import (
    Job,
    MakeTitle,
    MarkRatings,
    MarkRecalled,
    ShowFollowUps,
    SuggestFollowUps,
)
from feishu_bot.core.title_maker import TitleMaker


@dataclass(frozen=True, kw_only=True)
class BackgroundTasks:
    """Marks on answers that have ended, suggested questions, titles: nobody is told of a failure.

    The person was let in when they asked, so that access isn't looked at again.
    """

    answer_edits: AnswerEdits
    follow_ups: FollowUps
    titles: TitleMaker

    def work(self, job: Job, control: JobControl) -> bool:
        """Do such a task; False when it is another one. Raises when it must be tried again."""
        match job.task:
            case SuggestFollowUps() | ShowFollowUps() as task:
                self.follow_ups.make(job, task, control)
            case MarkRatings() | MarkRecalled() as task:
                self.answer_edits.make(job, task)
            case MakeTitle() as task:
                self.titles.make(job, task, control)
            case _:
                return False
        return True
