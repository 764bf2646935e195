"""Values and a bot for tests, with everything that a test doesn't name filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from feishu_bot.bot_factory import build_bot
from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.content.catalog import Catalog
from feishu_bot.core.administration.sessions import AdminSessions
from feishu_bot.core.button_values import ButtonPlace
from feishu_bot.core.card_actions import CardAction, ClickResponse
from feishu_bot.core.cards import Select
from feishu_bot.core.commands.registry import CommandGroup, CommandResult
from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.history import PastConversation
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.languages import Language
from feishu_bot.core.limits import FixedLimits, Limit, Quota
from feishu_bot.core.messages import IncomingMessage, Sender, SentMessages
from feishu_bot.core.queue.running_jobs import JobControl, RunningJobs
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import AskQuestion, RunCommand, Task
from feishu_bot.core.usage import Usage
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.markdown.answer_parts import answer_parts
from feishu_bot.media.spreadsheets import write_spreadsheet
from tests.core.fakes import (
    FakeAlerts,
    FakeAuditLog,
    FakeBalance,
    FakeChats,
    FakeConversations,
    FakeDoctor,
    FakeFeedback,
    FakeHistory,
    FakeInbox,
    FakeModels,
    FakeOwnRoles,
    FakePeople,
    FakePrices,
    FakeReader,
    FakeReservations,
    FakeRoles,
    FakeSessions,
    FakeUsage,
    FakeUserDirectory,
    RecordingMessenger,
    ScriptedModel,
)
from tests.core.media_fakes import (
    FakeAttachments,
    FakeDocuments,
    FakePictureModel,
    FakePictures,
    FakePublicFiles,
    FakeSight,
    FakeSpeech,
    FakeTranscriber,
)

ALICE, BOB, BOSS = Sender("ou_alice"), Sender("ou_bob"), Sender("ou_boss")
KEY = ConversationKey("oc_1", "om_1")
TEXTS: Mapping[Language, Catalog] = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}


def message(text: str = "hello", message_id: str = "om_1", **changes: Any) -> IncomingMessage:
    """A message of Alice's in her private chat."""
    values: dict[str, Any] = {
        "message_id": message_id,
        "chat_id": "oc_1",
        "chat_type": "p2p",
        "sender": ALICE,
        "kind": "text",
        "text": text,
        "created_at": 1_000.0,
    }
    return IncomingMessage(**values | changes)


def queued(
    asked: IncomingMessage | None = None, *, task: Task | None = None, **changes: Any
) -> QueuedTask:
    """A task as it is stored for a message: its question, unless another task is named."""
    asked = asked or message()
    values: dict[str, Any] = {
        "event_id": f"ev_{asked.message_id}",
        "dedupe_id": asked.message_id,
        "key": ConversationKey(asked.chat_id, asked.root_id or asked.message_id),
        "target": ReplyTarget.of(asked),
        "task": task or AskQuestion(text=asked.text, message=asked),
        "created_at": asked.created_at,
    }
    return QueuedTask(**values | changes)


def job(asked: IncomingMessage | None = None, **changes: Any) -> Job:
    """The first attempt at such a task."""
    own: dict[str, Any] = {"id": 1, "attempt": 1, "checkpoint": {}, "progress": ""}
    own |= {"has_waiting_card": False, "is_stopped": False}
    own |= {name: changes.pop(name) for name in own if name in changes}
    return Job.of(queued(asked, **changes), **own)


def turn(number: int = 1, parent: int | None = None, **changes: Any) -> Turn:
    """A question of Alice's with its answer."""
    values: dict[str, Any] = {
        "id": number,
        "parent": parent,
        "question": f"Q{number}",
        "answer": f"A{number}",
        "question_id": f"om_q{number}",
        "answer_ids": (f"om_a{number}",),
        "asker": ALICE.open_id,
        "model": "gpt-a",
    }
    return Turn(**values | changes)


def past(
    origin: int = 1, key: ConversationKey = KEY, *, question: str = "", **changes: Any
) -> PastConversation:
    """A conversation of Alice's, of one question and its answer."""
    only = turn(origin, **({"question": question} if question else {}))
    values: dict[str, Any] = {"asked": only, "asked_at": 1_000.0, "last": only, "count": 1}
    return PastConversation(origin=origin, key=key, **values | changes)


def usage(**changes: Any) -> Usage:
    """What an answer to Alice has cost."""
    values: dict[str, Any] = {
        "open_id": ALICE.open_id,
        "chat_id": "oc_1",
        "model": "gpt-a",
        "outcome": "answered",
        "seconds": 1.0,
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "created_at": 1_000.0,
    }
    return Usage(**values | changes)


def daily(**quotas: Quota) -> tuple[Limit, ...]:
    """Limits of a day, by whose they are."""
    return tuple(
        Limit(whose=whose, period="day", quota=quota) for whose, quota in quotas.items() if quota
    )


class BotWorld:
    """The whole core, connected as in the application, with fakes on all sides.

    `ports` replace fakes by the names of `Ports`; `options` are those of `BotOptions`.
    """

    def __init__(
        self,
        *,
        extra: tuple[CommandGroup, ...] = (),
        ports: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.inbox = FakeInbox()
        self.conversations = FakeConversations()
        self.chats = FakeChats()
        self.people = FakePeople()
        self.usage = FakeUsage()
        self.feedback = FakeFeedback()
        self.history = FakeHistory()
        self.messenger = RecordingMessenger()
        self.names = FakeUserDirectory()
        self.reader = FakeReader()
        self.attachments = FakeAttachments()
        self.documents = FakeDocuments()
        self.pictures = FakePictures()
        self.public_files = FakePublicFiles()
        self.parse_answer = answer_parts
        self.write_spreadsheet = write_spreadsheet
        self.sight = FakeSight()
        self.drawing = FakePictureModel()
        self.transcriber = FakeTranscriber()
        self.speech = FakeSpeech()
        self.model = ScriptedModel()
        self.models = FakeModels()
        self.balance = FakeBalance()
        self.roles = FakeRoles()
        self.own_roles = FakeOwnRoles()
        self.audit = FakeAuditLog()
        self.admin_sessions = AdminSessions(
            FakeSessions(),
            self.audit,
            admins=options["policy"].admins if "policy" in options else (),
            has_address=bool(options.get("public_url")),
            new_token=lambda: "token",
        )
        self.prices = FakePrices()
        self.alerts = FakeAlerts()
        self.doctor = FakeDoctor()
        self.signer = ButtonSigner("secret")
        self.clicks = 0
        vars(self).update(ports or {})
        self.reservations = FakeReservations(self.usage, lambda: self.inbox.finished)
        self.running = RunningJobs()
        self.notified: list[int] = []
        names = Ports.__dataclass_fields__.keys() - {"texts"}
        limits = {"limits": FixedLimits(options["limits"])} if "limits" in options else {}
        self.bot = build_bot(
            Ports(texts=TEXTS, **{name: getattr(self, name) for name in names}),
            BotOptions(**{"bind_timeout": 0.0, "context_tokens": 1_000} | options | limits),
            running=self.running,
            notify=lambda: self.notified.append(1),
            extra=extra,
        )

    def receive(self, text: str = "hello", message_id: str = "om_1", **changes: Any) -> None:
        """A message comes in."""
        self.bot.receive(f"ev_{message_id}", message(text, message_id, **changes))

    def work(self, **changes: Any) -> None:
        """Do everything that waits; with another `attempt` as if it had failed before."""
        for claimed in self.inbox.claim(10):
            self.bot.work(replace(claimed, **changes), JobControl())

    def say(self, text: str = "hello", message_id: str = "om_say", **changes: Any) -> None:
        """A message comes in and is done."""
        self.receive(text, message_id, **changes)
        self.work()

    def run(self, text: str, *, key: ConversationKey = KEY, **changes: Any) -> CommandResult:
        """What a command that is typed has to say, before anything is sent."""
        asked = message(text, **changes)
        task = self.bot.commands.parse(text, asked)
        assert isinstance(task, RunCommand), text
        return self.bot.runner.run(job(asked, task=task, key=key), task)

    def click(self, act: str, *, on: str = "om_card", **more: Any) -> ClickResponse:
        """Click a button of the bot on one of its messages.

        `operator`, `form`, `event_id` and `is_legacy` are the click's, `chat` is the kind of chat
        that the button was made for, all else is its value.
        """
        own = ("event_id", "operator", "form", "is_legacy")
        values = {name: more.pop(name) for name in own if name in more}
        key = self.conversations.key_of(on) or KEY
        place = ButtonPlace.of(key, more.pop("chat", None))
        value = self.signer.sign({"act": act, **more}, place)
        return self.deliver_click(value, on=on, **values)

    def deliver_click(
        self, value: Mapping[str, Any], *, on: str = "om_card", **more: Any
    ) -> ClickResponse:
        """A click comes in, with this value as the client sends it."""
        self.clicks += 1
        values = {"event_id": f"ev_click_{self.clicks}", "operator": ALICE, "chat_id": "oc_1"}
        return self.bot.click(CardAction(message_id=on, value=value, **values | more))

    def choose(self, select: Select, option: str, **more: Any) -> ClickResponse:
        """Choose an option on a card."""
        return self.click(**select.value, form={"option": option}, **more)

    def bind(self, *message_ids: str, key: ConversationKey = KEY) -> None:
        """These are messages of the bot, in a conversation."""
        self.conversations.bind(key, SentMessages(message_ids))

    def remember(self, *turns: Turn, key: ConversationKey = KEY) -> None:
        """There was a conversation of these turns, and of nothing else."""
        self.conversations.stored[key] = Conversation(key=key, turns=turns)
        for one in turns:
            self.bind(*one.answer_ids, key=key)

    def conversation(self, key: ConversationKey = KEY) -> Conversation:
        """A conversation as it is stored now."""
        return self.conversations.load(key)
