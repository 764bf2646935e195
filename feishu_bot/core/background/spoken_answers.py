"""Answers that are spoken as well, in a voice message below the text."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

from feishu_bot.core.alerts import MODEL_CAUSES, Alert, AlertSink
from feishu_bot.core.answering.message_kinds import is_voice
from feishu_bot.core.answering.usage_counter import UsageCounter
from feishu_bot.core.background.completion import Completer, CompletionRequest
from feishu_bot.core.conversations import ConversationKey, Conversations, Turn
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.languages import Language
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.speakable import speakable, speech_parts
from feishu_bot.core.speech import MOST_SPEECH_BYTES, LongVoice, Speech, SpeechModel, VoiceReply
from feishu_bot.core.tasks import SpeakAnswer
from feishu_bot.core.usage import Prices, Usage
from feishu_bot.errors import FeishuError, LeaseLost, ModelError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Voice messages of one answer: about five minutes each.
MOST_PARTS = 3
# An answer of more characters takes more than two minutes to listen to: it can be summed up.
LONG_CHARS = 600
SUMMARY_CHARS = 12_000
SUMMARY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class SpokenAnswers:
    """`when` says which answers are spoken, `long_answers` how a long one is.

    `voice` is the speech model's name for one, empty for the usual one.
    """

    when: VoiceReply
    long_answers: LongVoice
    voice: str
    texts: Mapping[Language, Callable[..., str]]
    settings: EffectiveSettings
    jobs: JobStore
    enqueuer: Enqueuer
    conversations: Conversations
    messenger: Messenger
    speech: SpeechModel
    completer: Completer
    prices: Prices
    counter: UsageCounter
    alerts: AlertSink

    def request(self, job: Job, answer_id: str) -> None:
        """Speak an answer that has landed, if its kind of question wants that."""
        if self.when == "never" or (self.when == "same" and not is_voice(job.message)):
            return
        name = f"speak:{answer_id}"
        target = job.target.to_answer(answer_id)
        key = ConversationKey(job.key.chat_id, name)
        task = SpeakAnswer(answer_id=answer_id)
        self.enqueuer.enqueue(
            QueuedTask(event_id=name, dedupe_id=name, key=key, target=target, task=task)
        )

    def make(self, job: Job, task: SpeakAnswer, control: JobControl) -> None:
        """Speak it and end the job. The text is there: a failure is told to the admins alone.

        What may have been spoken and paid before a crash isn't spoken again.
        """
        used: list[Usage] = []
        turn = self.conversations.turn_of(task.answer_id)
        with contextlib.suppress(LeaseLost):
            if turn and turn.answer and not job.checkpoint:
                self.jobs.checkpoint(job, {"begun": True})
                self._speak(job, turn, control, used)
            self.jobs.finish(job, "noticed", None, None, *used)
            self.counter.count_further(*used)

    def _speak(self, job: Job, turn: Turn, control: JobControl, used: list[Usage]) -> None:
        try:
            words = self._words(job, turn, control, used)
            parts = islice(speech_parts(words, MOST_SPEECH_BYTES), MOST_PARTS)
            for number, part in enumerate(parts):
                speech = self.speech.speak(
                    part, voice=self.voice, is_cancelled=lambda: control.is_cancelled
                )
                used.append(self._usage(job, speech))
                if control.is_cancelled:
                    return
                self._send(job, speech, number)
        except FeishuError as exc:
            logger.info("answer not spoken", message_id=job.target.message_id, error=exc)
        except ModelError as exc:
            logger.warning("answer not spoken", kind=exc.kind, detail=exc.detail)
            if exc.kind in MODEL_CAUSES:
                self.alerts.note(
                    Alert(kind=exc.kind, params=exc.params()), seen_by=job.target.sender
                )

    def _words(self, job: Job, turn: Turn, control: JobControl, used: list[Usage]) -> str:
        """What is to be said of the answer."""
        say = self.texts[self.settings.language(job.target.sender.open_id, job.target.chat_id)]
        marks = {
            "code": say("spoken_code"),
            "table": say("spoken_table"),
            "link": say("spoken_link"),
        }
        words = speakable(turn.answer, **marks)
        if self.long_answers == "parts" or len(words) <= LONG_CHARS:
            return words
        request = CompletionRequest(
            model=turn.model,
            is_fixed=False,
            instruction=say("spoken_summary_prompt"),
            text=words[:SUMMARY_CHARS],
            most_chars=2 * LONG_CHARS,
            seconds=SUMMARY_SECONDS,
        )
        summary = self.completer.complete(job, request, control)
        used.append(summary.usage)
        # Where nothing came of it the beginning is better than nothing.
        return speakable(summary.text, **marks) or next(speech_parts(words, MOST_SPEECH_BYTES), "")

    def _send(self, job: Job, speech: Speech, number: int) -> None:
        reference = f"{job.dedupe_id}:{number}"
        if speech.format == "opus":
            self.messenger.send_voice(
                job.target, speech.data, speech.milliseconds, reference=reference
            )
            return
        # Feishu plays Opus alone as a voice message.
        suffix = "bin" if speech.format == "other" else speech.format
        self.messenger.send_file(
            job.target, f"answer-{number + 1}.{suffix}", speech.data, reference=reference
        )

    def _usage(self, job: Job, speech: Speech) -> Usage:
        seconds = speech.milliseconds / 1000
        return Usage(
            open_id=job.target.sender.open_id,
            chat_id=job.target.chat_id,
            model=speech.model,
            outcome="noticed",
            seconds=0.0,
            audio_seconds=seconds,
            cost=self.prices.audio_cost(speech.model, seconds),
        )
