"""The question of a task, with the conversation that it continues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.message_kinds import WORDS
from feishu_bot.core.answering.question_context import as_written, context_of
from feishu_bot.core.answering.shown_pictures import own_picture_tags
from feishu_bot.core.answering.unread import shown_name
from feishu_bot.core.conversations import Conversation, Conversations, Turn
from feishu_bot.core.drawings import Drawing
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.jobs import Job
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import AskQuestion, ContinueAnswer, DrawAgain, Regenerate
from feishu_bot.core.usage import MediaUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the model is asked; `conversation` ends before it and has the settings in force.

    `message` is set where a person has just written it: it may refer to something that the bot
    hasn't seen. `regenerated` is the turn that asked it before, and `unread` what
    wasn't read then. `drawing` is set where it is to be drawn: how.
    """

    text: str
    conversation: Conversation
    message: IncomingMessage | None = None
    regenerated: Turn | None = None
    # The words are the bot's own: a file was sent without any.
    is_wordless: bool = False
    # The words of a recording that asks it, and what it took to hear them.
    heard: str = ""
    media: tuple[MediaUse, ...] = ()
    unread: tuple[Notice, ...] = ()
    drawing: Drawing | None = None

    def turn(self, job: Job, draft: Draft, answer_ids: tuple[str, ...], created_at: float) -> Turn:
        """The turn to keep; without an answer too, so that the question can be asked again."""
        turns, asker = self.conversation.turns, job.target.sender.open_id
        turn = Turn(
            question=draft.context + (draft.heard or self.text),
            answer=draft.text,
            question_id=job.target.message_id,
            part_ids=job.message.part_ids if job.message else (),
            asker=asker,
            speaker=draft.speaker,
            answer_ids=answer_ids,
            parent=turns[-1].id if turns else None,
            model=draft.model,
            finish_reason=draft.reason,
            prompt_tokens=draft.prompt_tokens,
            completion_tokens=draft.completion_tokens,
            estimated_tokens=draft.estimated_tokens,
            created_at=created_at,
            unread=draft.unread_notices(),
            drawing=draft.drawing,
            pictures=draft.pictures,
        )
        before = self.regenerated
        if before is None:
            return turn
        # It is still the same question by the same person, also when it is recalled.
        return replace(
            turn,
            question_id=before.question_id,
            part_ids=before.part_ids,
            asker=before.asker or asker,
            speaker=before.speaker,
        )


AnswerTask = AskQuestion | Regenerate | ContinueAnswer | DrawAgain


class QuestionReader:
    """Finds what a task asks.

    `continue_prompt` is what the model is told to continue with, `texts` have what it is asked
    about attachments that came without words.
    """

    def __init__(
        self,
        conversations: Conversations,
        settings: EffectiveSettings,
        *,
        continue_prompt: str,
        texts: Mapping[Language, Callable[..., str]],
    ) -> None:
        self._conversations = conversations
        self._settings = settings
        self._continue_prompt = continue_prompt
        self._texts = texts

    def read(self, job: Job, task: AnswerTask) -> Question | Notice:
        """The question, or a notice that says why there is none any more.

        What is asked of turns from before the conversation began afresh resumes those.
        """
        question = self._find(job, task)
        if isinstance(question, Question) and question.conversation.is_resumed:
            turns = question.conversation.turns
            if turns and turns[-1].id is not None:
                self._conversations.go_on_from(job.key, turns[-1].id)
        return question

    def _find(self, job: Job, task: AnswerTask) -> Question | Notice:
        match task:
            case AskQuestion(text=text):
                conversation = self._load(job, job.branch_point)
                drawing = _next_drawing(conversation)
                return Question(
                    text=as_written(text) or ("" if drawing else self._about_attachments(job)),
                    conversation=conversation,
                    message=job.message,
                    is_wordless=not text,
                    drawing=drawing,
                )
            case ContinueAnswer(card_id=card_id):
                conversation = self._load(job, card_id)
                # The conversation may have begun afresh: then there is nothing to continue.
                if not conversation.turns:
                    return Notice("continue_unknown")
                return Question(
                    text=self._continue_prompt,
                    conversation=conversation,
                    unread=conversation.turns[-1].unread,
                )
            case Regenerate():
                return self._regenerated(job, task)
            case DrawAgain():
                return self._drawn_again(job, task)

    def _regenerated(self, job: Job, task: Regenerate) -> Question | Notice:
        turn = self._conversations.turn_of(task.answer_id)
        if turn is None and task.text:
            # What was asked at first has come to no answer.
            conversation = self._load(job)
            return Question(
                text=as_written(task.text),
                conversation=conversation,
                drawing=_next_drawing(conversation),
            )
        if turn is None:
            return Notice("conversation_unknown")
        loaded = self._load(job, "" if task.at_head else turn.reference)
        before = tuple(other for other in loaded.turns if other.id != turn.id)
        conversation = replace(loaded, turns=before)
        if task.model:
            conversation = replace(conversation, model=task.model, uses_favourite=False)
        text = context_of(turn.question) + as_written(task.text) if task.text else turn.question
        return Question(
            text=text,
            conversation=conversation,
            regenerated=turn,
            unread=turn.unread,
            drawing=_like(turn.drawing),
        )

    def _drawn_again(self, job: Job, task: DrawAgain) -> Question | Notice:
        turn = self._conversations.turn_of(task.answer_id)
        if turn is None or turn.drawing is None:
            return Notice("conversation_unknown")
        conversation = self._load(job, turn.reference)
        drawing = Drawing(shape=task.shape, style=task.style)
        if task.instruction:
            text = own_picture_tags(turn.drawing.pictures) + as_written(task.instruction)
            return Question(text=text, conversation=conversation, drawing=drawing)
        before = tuple(other for other in conversation.turns if other.id != turn.id)
        return Question(
            text=turn.question,
            conversation=replace(conversation, turns=before),
            regenerated=turn,
            drawing=drawing,
        )

    def _about_attachments(self, job: Job) -> str:
        target = job.target
        language = self._settings.language(target.sender.open_id, target.chat_id)
        say = self._texts[language]
        message = job.message
        if message and message.kind == "audio":
            return say("voice_prompt")
        if message and message.kind == "merge_forward":
            return say("forward_prompt")
        if message and message.kind not in WORDS and not message.attachments:
            return say("sent_prompt", kind=message.kind)
        attachments = message.attachments if message else ()
        files = [shown_name(item.name) for item in attachments if item.kind == "file"]
        if files:
            return say("file_prompt", files=", ".join(filter(None, files)))
        is_video = any(item.cover for item in attachments)
        return say("video_prompt" if is_video else "picture_prompt")

    def _load(self, job: Job, parent_id: str = "") -> Conversation:
        return self._settings.load(job.key, parent_id, asker=job.target.sender.open_id)


def _next_drawing(conversation: Conversation) -> Drawing | None:
    """How the next picture is drawn: as the last one was wished for. None in a chat."""
    if conversation.kind != "picture":
        return None
    drawn = (turn.drawing for turn in reversed(conversation.turns) if turn.drawing)
    return _like(next(drawn, Drawing()))


def _like(drawing: Drawing | None) -> Drawing | None:
    """The same wishes, with nothing drawn yet."""
    return drawing and Drawing(shape=drawing.shape, style=drawing.style)
