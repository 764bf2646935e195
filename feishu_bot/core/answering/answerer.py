"""One question, one answer: history, model, card, stored turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from feishu_bot import metrics
from feishu_bot.core.answering.context import MissingContext
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.generation import AnswerGenerator
from feishu_bot.core.answering.speakers import Speakers, with_speaker
from feishu_bot.core.chat_model import ChatModel
from feishu_bot.core.chats import Chats
from feishu_bot.core.conversations import Conversation, Conversations
from feishu_bot.core.messages import IncomingMessage, SentMessages
from feishu_bot.core.messenger import AnswerStream, Messenger
from feishu_bot.core.queue.inbox import Inbox
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.tasks import Job, Outcome, Regenerate
from feishu_bot.core.usage import Prices, Usage
from feishu_bot.errors import FeishuError, FeishuUnavailable, LeaseLost, TargetGone

logger = logging.getLogger(__name__)


class Answerer:
    """Answers questions. One object serves all threads; it keeps nothing of an answer."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        conversations: Conversations,
        chats: Chats,
        model: ChatModel,
        messenger: Messenger,
        system_prompt: str,
        context_tokens: int,
        footer: frozenset[str],
        prices: Prices | None = None,
        context: MissingContext | None = None,
        speakers: Speakers | None = None,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inbox = inbox
        self._conversations = conversations
        self._chats = chats
        self._asking = AnswerGenerator(
            model=model,
            system_prompt=system_prompt,
            context_tokens=context_tokens,
            names_speakers=speakers is not None,
            clock=clock,
            timer=timer,
        )
        self._messenger = messenger
        self._footer = footer
        self._prices = prices
        self._context = context
        self._speakers = speakers
        self._clock = clock
        self._timer = timer
        self.on_sent: Callable[[IncomingMessage], None] = lambda message: None

    def answer(
        self, job: Job, question: str, control: JobControl, again: Regenerate | None = None
    ) -> None:
        """Answer `question`, by default the text of the job's message, and store the turn.

        With `again` it is the question of an earlier turn, and goes where that one went.

        Leaves no trace when the job is lost to another process, and no turn when its message is
        gone. Raises FeishuUnavailable when the end could not be shown: the job is to be done
        again, and then shows what is saved by now without asking the model anew.
        """
        started = self._timer()
        conversation = self._conversation_of(job, again)

        def fill(stream: AnswerStream, state: dict[str, Any]) -> Draft:
            if "draft" in state:
                return Draft.from_json(state["draft"])
            asks_again = again is not None or job.event.kind != "message"
            context = "" if asks_again else self._background_of(job, conversation)
            speaker = again.turn.speaker if again else self._speaker_of(job, conversation)
            asked = with_speaker(speaker, context + question)
            draft = self._asking.ask(job, conversation, asked, stream, control)
            draft.context, draft.speaker = context, speaker
            if control.lost:
                raise LeaseLost
            return draft

        self._show(job, question, conversation, fill, control, started, again)

    def give_up(
        self, job: Job, question: str, control: JobControl, again: Regenerate | None = None
    ) -> None:
        """End an answer that failed too often, in its own card, with what there is of it."""

        def fill(stream: AnswerStream, state: dict[str, Any]) -> Draft:
            if "draft" in state:
                return Draft.from_json(state["draft"])
            return Draft(notice="gave_up")

        conversation = self._conversation_of(job, again)
        self._show(job, question, conversation, fill, control, self._timer(), again)

    def close(self, job: Job, notice: str, control: JobControl) -> None:
        """End an answer that has begun, but has nothing to answer any more; no turn is stored."""

        def fill(stream: AnswerStream, state: dict[str, Any]) -> Draft:
            return Draft.from_json(state["draft"]) if "draft" in state else Draft(notice=notice)

        conversation = Conversation(key=job.event.key)
        self._show(job, None, conversation, fill, control, self._timer(), None)

    def _show(
        self,
        job: Job,
        question: str | None,
        conversation: Conversation,
        fill: Callable[[AnswerStream, dict[str, Any]], Draft],
        control: JobControl,
        started: float,
        again: Regenerate | None,
    ) -> None:
        """Open the card, let `fill` write the answer, end it, and store what became of it.

        Without a question there is no turn to store.
        """
        state = dict(job.checkpoint)
        saving = threading.Lock()

        def save(name: str, value: Mapping[str, Any]) -> None:
            # The thread that draws and the one that reads both save their part.
            with saving:
                state[name] = value
                self._inbox.checkpoint(job, state)

        stream = self._messenger.open_answer(
            job.event.message,
            reference=job.event.dedupe_id,
            checkpoint=state.get("card", {}),
            save=lambda card: save("card", card),
            # At once, since a person may reply or press a button before the job is stored.
            sent=lambda sent: self._note_sent(job, sent),
        )
        control.on_lost(stream.abandon)
        draft = Draft()
        sent: SentMessages | None = None
        try:
            draft = fill(stream, state)
            # From here on the model has been paid: a crash must not ask it again.
            save("draft", draft.as_json())
            seconds = self._timer() - started
            sent = stream.finish(draft.ending(self._footer, seconds, job.event.event_id))
            outcome = draft.outcome
        except LeaseLost:
            stream.abandon()
            logger.info("answer taken over event_id=%s", job.event.event_id)
            return
        except TargetGone as exc:
            logger.info("answer has no place event_id=%s error=%s", job.event.event_id, exc)
            outcome = "stopped"
        except FeishuUnavailable:
            stream.abandon()
            raise
        except FeishuError as exc:
            logger.error("answer refused event_id=%s error=%s", job.event.event_id, exc)
            outcome = "failed"
        except BaseException:
            stream.abandon()
            raise
        self._store(job, question, conversation, draft, sent, outcome, started, again)

    def _speaker_of(self, job: Job, conversation: Conversation) -> str:
        speakers = self._speakers
        return speakers.of(job.event.message, conversation.turns) if speakers else ""

    def _background_of(self, job: Job, conversation: Conversation) -> str:
        return self._context.of(job.event.message, conversation) if self._context else ""

    def _note_sent(self, job: Job, sent: SentMessages) -> None:
        self._conversations.bind(job.event.key, sent)
        if job.event.kind == "message":
            self.on_sent(job.event.message)

    def _conversation_of(self, job: Job, again: Regenerate | None) -> Conversation:
        """The conversation up to where the question goes on, with the settings that hold there."""
        message = job.event.message
        if again:
            # Several answers may share a question; an answer belongs to one turn.
            mark = (*again.turn.answer_ids, again.turn.question_id)[0]
            loaded = self._conversations.load(job.event.key, mark)
            before = tuple(turn for turn in loaded.turns if turn.id != again.turn.id)
            conversation = replace(loaded, turns=before, model=again.model or loaded.model)
        else:
            conversation = self._conversations.load(job.event.key, message.branch_point)
        chat = self._chats.settings(message.chat_id)
        return replace(
            conversation,
            role=conversation.role or chat.role,
            model=conversation.model or chat.model,
            mode=conversation.mode or chat.mode,
        )

    def _store(
        self,
        job: Job,
        question: str | None,
        conversation: Conversation,
        draft: Draft,
        sent: SentMessages | None,
        outcome: Outcome,
        started: float,
        again: Regenerate | None,
    ) -> None:
        message = job.event.message
        turn = None
        # What was asked is kept without an answer too, so that it can be asked once more.
        if sent and question is not None:
            parent = conversation.turns[-1].id if conversation.turns else None
            turn = draft.turn(
                question,
                question_id=message.message_id,
                asker=message.sender.open_id,
                answer_ids=sent.message_ids,
                parent=parent,
                created_at=self._clock(),
            )
        if turn and again:
            # It is still the same question by the same person, also when it is recalled.
            first = again.turn
            turn = replace(
                turn,
                question_id=first.question_id,
                asker=first.asker or turn.asker,
                speaker=first.speaker,
            )
        prompt_tokens, completion_tokens = draft.spent()
        prices = self._prices
        usage = Usage(
            open_id=message.sender.open_id,
            chat_id=message.chat_id,
            model=draft.model,
            outcome=outcome,
            seconds=self._timer() - started,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cost=prices.cost(draft.model, prompt_tokens, completion_tokens) if prices else 0.0,
            created_at=self._clock(),
        )
        try:
            self._inbox.finish(job, outcome, turn, usage)
        except LeaseLost:
            logger.info("answer taken over event_id=%s", job.event.event_id)
            return
        self._log(job, draft, outcome, started)

    def _log(self, job: Job, draft: Draft, outcome: Outcome, started: float) -> None:
        seconds = self._timer() - started
        metrics.ANSWERS.labels(outcome=outcome).inc()
        metrics.ANSWER_SECONDS.observe(seconds)
        logger.info(
            "answer event_id=%s message_id=%s conversation=%s outcome=%s notice=%s model=%s "
            "waited_ms=%d first_ms=%d total_ms=%d tokens=%d+%d attempt=%d request_id=%s",
            job.event.event_id,
            job.event.message.message_id,
            job.event.key,
            outcome,
            draft.notice or "-",
            draft.model or "-",
            max(0.0, self._clock() - seconds - job.event.message.created_at) * 1000,
            draft.first_text * 1000,
            seconds * 1000,
            draft.prompt_tokens,
            draft.completion_tokens,
            job.attempt,
            draft.request_id or "-",
        )
