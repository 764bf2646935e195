"""The bot: takes events in, and works on them later."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from feishu_bot import metrics
from feishu_bot.core import access
from feishu_bot.core.access import Refusals, Rules
from feishu_bot.core.answers import Answers
from feishu_bot.core.clicks import Click, Clicked, Later, told
from feishu_bot.core.commands.registry import (
    Again,
    Called,
    Commands,
    File,
    Misspelt,
    Question,
    Request,
    Result,
)
from feishu_bot.core.languages import Languages
from feishu_bot.core.limits import Limits
from feishu_bot.core.models import (
    CardAction,
    Event,
    EventKind,
    IncomingMessage,
    Job,
    MenuPress,
    Notice,
    Outcome,
    Sent,
    ThreadKey,
)
from feishu_bot.core.ports import Conversations, Inbox, Messenger, People
from feishu_bot.core.views import Button, Buttons, Paragraph, Say, View
from feishu_bot.core.welcome import entry_text
from feishu_bot.core.workers import Control
from feishu_bot.errors import FeishuError, FeishuUnavailable, LeaseLost, PermissionMissing

logger = logging.getLogger(__name__)

ANSWERED_KINDS = frozenset({"text", "post"})
# A job that failed this often fails for a reason that another try won't cure.
MOST_ATTEMPTS = 5

# Binding a card that was just sent takes milliseconds; a click must be answered in three seconds.
BOUND_WITHIN = 0.5
BIND_SECONDS = 0.05


class Bot:
    """What Feishu's events and clicks mean to us.

    `patience` is how many seconds a click waits for its card to be known.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        conversations: Conversations,
        people: People,
        messenger: Messenger,
        answers: Answers,
        commands: Commands,
        later: Later,
        languages: Languages,
        rules: Rules,
        limits: Limits,
        greet: Callable[[IncomingMessage], View | None] = lambda message: None,
        patience: float = BOUND_WITHIN,
        p2p_context: Literal["thread", "chat"] = "thread",
        answers_all: bool = False,
        log_messages: bool = False,
    ) -> None:
        self._inbox = inbox
        self._conversations = conversations
        self._people = people
        self._messenger = messenger
        self._answers = answers
        self._commands = commands
        self._later = later
        self._languages = languages
        self._rules = rules
        self._refusals = Refusals()
        self._limits = limits
        self._greet = greet
        self._patience = patience
        self._p2p_context = p2p_context
        self._answers_all = answers_all
        self._log_messages = log_messages
        self.on_stop: Callable[[str], None] = lambda dedupe_id: None

    def receive(self, event_id: str, message: IncomingMessage) -> None:
        """Take a message in, once. It is stored when this returns."""
        verdict = access.decide(
            message,
            self._messenger.identity(),
            self._conversations,
            answers_all=self._answers_all,
        )
        metrics.EVENTS.labels(verdict=verdict.value).inc()
        if verdict is not access.Verdict.ANSWER:
            logger.info("message_id=%s ignored=%s", message.message_id, verdict.value)
            return
        key = self._key_of(message)
        self._take(event_id, message.message_id, "message", key, message)

    def press(self, press: MenuPress) -> None:
        """An entry of the bot's menu says in the private chat what could be typed there."""
        dedupe_id = f"menu:{press.event_id}"
        message = IncomingMessage(
            message_id="",
            # Empty for somebody never heard of: then it becomes known by what is sent to them.
            chat_id=self._people.get(press.person.open_id).private_chat,
            chat_type="p2p",
            sender=press.person,
            kind="text",
            text=entry_text(self._commands, press.entry),
        )
        key = self._opening(message.chat_id, dedupe_id, message)
        self._take(press.event_id, dedupe_id, "command", key, message)

    def _take(
        self,
        event_id: str,
        dedupe_id: str,
        kind: EventKind,
        key: ThreadKey,
        message: IncomingMessage,
    ) -> None:
        called = self._commands.read(message.text)
        if isinstance(called, Called):
            is_new = key.root == dedupe_id
            key = self._key_for(called, message, key, is_new=is_new)
            if called.command.at_once:
                request = self._request(message, key, called.argument)
                message = replace(message, action=called.command.at_once(request))
        event = Event(
            event_id=event_id, dedupe_id=dedupe_id, kind=kind, key=key, message=message
        )
        self._later.put_event(event)

    def recall(self, message_id: str) -> None:
        """The message was recalled: its answer stops, and the conversation forgets it."""
        self._inbox.stop(message_id)
        self.on_stop(message_id)

    def act(self, action: CardAction) -> Clicked:
        """Take a click on a card in; what comes back is shown to who pressed it, at once."""
        key = self._key_pressed(action.message_id)
        # The click doesn't tell what kind of chat it comes from.
        own_chat = self._people.get(action.operator.open_id).private_chat
        is_private = key is not None and own_chat == key.chat_id
        # Somebody whose private chat isn't known may be just there.
        group = key.chat_id if key and own_chat and not is_private else ""
        refusal = self._rules.refusal(action.operator, self._people, group=group)
        if refusal:
            return told(refusal.kind, gravity="warning", **refusal.params)
        handler = self._commands.actions.get(str(action.value.get("act")))
        if handler is None:
            logger.info("card action unknown message_id=%s", action.message_id)
            return told("action_unknown", gravity="warning")
        if key is None:
            return told("conversation_unknown", gravity="warning")
        clicked = handler(
            Click(
                action=action,
                key=key,
                language=self._languages.of(action.operator.open_id, key.chat_id),
                is_admin=self._rules.is_admin(action.operator),
                chat_type="p2p" if is_private else "group",
            )
        )
        return replace(clicked, for_many=not is_private)

    def _key_pressed(self, message_id: str) -> ThreadKey | None:
        """The conversation of a card; it may be pressed before whoever sent it has noted that."""
        deadline = time.monotonic() + self._patience
        while True:
            key = self._conversations.key_of(message_id)
            if key is not None or time.monotonic() >= deadline:
                return key
            time.sleep(BIND_SECONDS)

    def work(self, job: Job, control: Control) -> None:
        """Do what an event asks for. Raises when it must be tried again."""
        message, kind = job.event.message, job.event.kind
        refusal = None if job.checkpoint else self._access(job)
        if refusal:
            is_due = self._refusals.is_due(message, self._conversations)
            self._reply(job, refusal if is_due else None)
            return
        if kind == "message":
            self._note_chat(message, message.chat_id)
        if kind == "welcome":
            self._reply(job, self._greet(message))
        elif message.kind not in ANSWERED_KINDS:
            notice = Notice("unsupported_message", {"kind": message.kind})
            self._reply(job, None if self._is_aside(job) else notice)
        elif kind == "regenerate":
            self._regenerate(job, control)
        elif not message.text.strip():
            self._reply(job, Notice("empty_question"))
        elif kind == "continue":
            self._continue(job, control)
        else:
            self._read(job, control)

    def _read(self, job: Job, control: Control) -> None:
        match self._commands.read(job.event.message.text):
            case Called(command, argument):
                if command.for_admins and not self._rules.is_admin(job.event.message.sender):
                    self._reply(job, Notice("admins_only"))
                    return
                logger.info("command=%s event_id=%s", command.name, job.event.event_id)
                request = self._request(job.event.message, job.event.key, argument)
                self._do(job, command.run(request), control)
            case Misspelt(word, nearest):
                self._reply(job, None if self._is_aside(job) else _misspelt(word, nearest))
            case Question(text):
                self._answer(job, text, control)

    def _do(self, job: Job, result: Result, control: Control) -> None:
        if isinstance(result, Again):
            self._answer(job, result.turn.question, control, result)
        else:
            self._reply(job, result)

    def _continue(self, job: Job, control: Control) -> None:
        message = job.event.message
        # The conversation may have begun afresh, and then there is nothing to go on from.
        if self._conversations.load(job.event.key, message.parent_id).turns:
            self._answer(job, message.text, control)
        else:
            self._reply(job, Notice("continue_unknown"))

    def _regenerate(self, job: Job, control: Control) -> None:
        message = job.event.message
        card = str(message.action.get("card") or message.parent_id)
        turn = self._conversations.turn_of(card)
        if turn is None:
            self._reply(job, Notice("conversation_unknown"))
        else:
            again = Again(turn, str(message.action.get("model", "")))
            self._answer(job, turn.question, control, again)

    def _answer(
        self, job: Job, question: str, control: Control, again: Again | None = None
    ) -> None:
        message = job.event.message
        if self._log_messages:
            logger.info("question message_id=%s text=%r", message.message_id, question)
        if job.attempt > MOST_ATTEMPTS:
            self._answers.give_up(job, question, control, again)
            return
        with self._limits.asking(message, is_admin=self._is_admin(job)) as refusal:
            # What has begun is finished, whatever it costs.
            if job.checkpoint or not refusal:
                self._answers.answer(job, question, control, again)
                return
        self._reply(job, refusal)

    def _is_aside(self, job: Job) -> bool:
        """Whether a message is heard only because all are: what isn't understood is left alone."""
        event = job.event
        return (
            self._answers_all
            and event.message.chat_type == "group"
            and not access.is_addressed(event.message, self._conversations)
            and not self._conversations.exists(event.key)
        )

    def _note_chat(self, message: IncomingMessage, chat_id: str) -> None:
        """Remember where the sender's private chat is; whoever has one needs no greeting."""
        person = message.sender.open_id
        is_news = chat_id and self._people.get(person).private_chat != chat_id
        if message.chat_type == "p2p" and is_news:
            self._people.meet(person, chat_id)

    def _access(self, job: Job) -> Notice | None:
        message = job.event.message
        # Where a click comes from was looked at when it came in.
        is_group = message.chat_type == "group" and job.event.kind in ("message", "welcome")
        group = message.chat_id if is_group else ""
        return self._rules.refusal(message.sender, self._people, group=group)

    def _is_admin(self, job: Job) -> bool:
        return self._rules.is_admin(job.event.message.sender)

    def _request(self, message: IncomingMessage, key: ThreadKey, argument: str) -> Request:
        return Request(
            message=message,
            key=key,
            argument=argument,
            language=self._languages.of(message.sender.open_id, message.chat_id),
            is_admin=self._rules.is_admin(message.sender),
        )

    def _key_of(self, message: IncomingMessage) -> ThreadKey:
        """One running conversation for a private chat, where that is wanted; else the thread's."""
        is_topic = bool(message.thread_id)
        if message.chat_type == "p2p" and self._p2p_context == "chat" and not is_topic:
            return ThreadKey(message.chat_id, "chat")
        return self._conversations.resolve(message)

    def _key_for(
        self, called: Called, message: IncomingMessage, key: ThreadKey, *, is_new: bool
    ) -> ThreadKey:
        """The conversation a command is about, where its message would open a new one."""
        if called.command.about_newest and is_new and message.chat_type == "p2p":
            return self._conversations.newest(message.chat_id) or key
        return key

    def _opening(self, chat_id: str, root: str, message: IncomingMessage) -> ThreadKey:
        """The conversation of something that the bot sends without being written to."""
        if message.chat_type == "p2p" and self._p2p_context == "chat" and chat_id:
            return ThreadKey(chat_id, "chat")
        return ThreadKey(chat_id, root)

    def _home(self, event: Event, sent: Sent) -> ThreadKey:
        """The conversation that a sent message belongs to; one that replies to none opens one."""
        message = event.message
        if message.message_id or event.key.root != event.dedupe_id:
            return event.key
        return self._opening(sent.chat_id or message.chat_id, sent.message_ids[0], message)

    def _send(self, job: Job, result: View | Notice | File) -> Sent:
        event = job.event
        if isinstance(result, Notice):
            return self._messenger.notify(event.message, result, reference=event.dedupe_id)
        if isinstance(result, View):
            return self._messenger.show(event.message, result, reference=event.dedupe_id)
        return self._messenger.send_file(
            event.message, result.name, result.data, reference=event.dedupe_id
        )

    def _reply(self, job: Job, result: View | Notice | File | None) -> None:
        """Send what there is to say, and end the job. Raises FeishuUnavailable to try again."""
        event = job.event
        outcome: Outcome = "noticed"
        try:
            if result is not None:
                sent = self._send(job, result)
                # Before the card is known, and so before anything on it can be pressed.
                if not event.message.message_id:
                    self._note_chat(event.message, sent.chat_id)
                self._conversations.bind(self._home(event, sent), sent)
        except FeishuUnavailable:
            if job.attempt <= MOST_ATTEMPTS:
                raise
            outcome = "failed"
        except FeishuError as exc:
            logger.warning("reply refused event_id=%s error=%s", event.event_id, exc)
            if isinstance(result, File):
                # A file may fail for reasons of its own; a card says so.
                self._reply(job, _no_file(exc))
                return
            outcome = "failed"
        try:
            self._inbox.finish(job, outcome, None, None)
        except LeaseLost:
            logger.info("reply taken over event_id=%s", event.event_id)
        metrics.ANSWERS.labels(outcome=outcome).inc()
        logger.info(
            "reply event_id=%s message_id=%s conversation=%s outcome=%s notice=%s attempt=%d",
            event.event_id,
            event.message.message_id,
            event.key,
            outcome,
            result.kind if isinstance(result, Notice) else "-",
            job.attempt,
        )


def _no_file(exc: FeishuError) -> Notice:
    if isinstance(exc, PermissionMissing):
        return Notice("permission_missing", {"scope": "im:resource"})
    return Notice("file_refused")


def _misspelt(word: str, nearest: str) -> View:
    """Says that there is no such command, and offers the nearest one."""
    buttons = [Button(label=Say("button_help"), value={"act": "run", "text": "/help"})]
    if nearest not in ("", "/help"):
        run = {"act": "run", "text": nearest}
        buttons.insert(0, Button(label=nearest, value=run, style="primary"))
    return View(
        title=Say("misspelt_title"),
        icon="🤔",
        colour="orange",
        blocks=(
            Paragraph(Say("misspelt", {"word": word, "nearest": nearest})),
            Paragraph(Say("misspelt_literally", {"word": word}), is_small=True),
            Buttons(tuple(buttons)),
        ),
    )
