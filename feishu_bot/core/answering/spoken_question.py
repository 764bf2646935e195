"""A question that comes as a recording: it is written down before it is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from feishu_bot.core.answering.answer_run import SaveState
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.message_kinds import is_voice
from feishu_bot.core.answering.model_failures import ModelFailures
from feishu_bot.core.answering.question import Question
from feishu_bot.core.answering.voice_messages import VoiceMessages
from feishu_bot.core.jobs import Job
from feishu_bot.core.messenger import AnswerStream
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.errors import ModelError


@dataclass(frozen=True, slots=True)
class SpokenQuestions:
    """One object serves all threads."""

    voices: VoiceMessages
    failures: ModelFailures

    def heard(
        self,
        job: Job,
        question: Question,
        stream: AnswerStream,
        control: JobControl,
        *,
        save: SaveState,
        answer: Callable[[Question], Draft],
    ) -> Draft:
        """What `answer` makes of the question in words; or a draft that says why there are none."""
        message = question.message
        if message is None or not is_voice(message):
            return answer(question)

        def is_cancelled() -> bool:
            return control.is_cancelled or stream.is_over

        try:
            heard = self.voices.hear(job, message, is_cancelled, save)
        except ModelError as exc:
            draft = Draft(is_unheard=True)
            if is_cancelled():
                draft.break_off()
            else:
                self.failures.note(draft, exc, job.target.sender)
            return draft
        media = (heard.used,) if heard.used else ()
        if heard.failure:
            params = dict(heard.failure.params)
            return Draft(
                notice=heard.failure.kind, notice_params=params, is_unheard=True, media=media
            )
        stream.tell_heard(heard.text)
        asked = replace(question, text=heard.text, is_wordless=False, heard=heard.text, media=media)
        return answer(asked)
