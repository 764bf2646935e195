"""The platform's state and its rules of threads, behind one lock."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from feishu_simulator.card_checks import CardRules
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.credentials import Credentials
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.refusals import BAD_ID, Refusal

# Long runs forget the oldest of each; a conversation never reaches back this far.
MESSAGES = 50_000
ENTITIES = 20_000
FILES = 500
UUID_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class StoredFile:
    data: bytes
    name: str
    mime: str


class World:
    """Every public attribute is read and changed under `lock`; `changed` wakes who waits.

    `clock` is monotonic and injectable, so that hours can pass in a test.
    """

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self.credentials = credentials
        self.clock = clock
        self.lock = threading.RLock()
        self.condition = threading.Condition(self.lock)
        self.card_rules = CardRules()
        self.repeated_uuid_is_an_error = False
        self.people: dict[str, Person] = {}
        self.chats: dict[str, Chat] = {}
        self.private_chats: dict[str, Chat] = {}
        self.messages: OrderedDict[str, Message] = OrderedDict()
        self.entities: OrderedDict[str, CardEntity] = OrderedDict()
        self.images: OrderedDict[str, StoredFile] = OrderedDict()
        self.files: OrderedDict[str, StoredFile] = OrderedDict()
        self.sent_uuids: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self.last_created_ms = 0
        self.changes = 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock and tell who waits afterwards."""
        with self.condition:
            yield
            self.changes += 1
            self.condition.notify_all()

    def add_person(self, name: str) -> Person:
        number = len(self.people) + 1
        tail = f"{number:04d}{uuid.uuid4().hex[:12]}"
        person = Person(f"ou_{tail}", f"on_{tail}", f"u{number:04d}", name)
        with self.changing():
            self.people[person.open_id] = person
        return person

    def add_chat(self, name: str, mode: str, people: Iterable[Person], *, threads: bool) -> Chat:
        chat = Chat(new_id("oc"), name, mode, list(people), threads or mode == "topic")
        with self.changing():
            self.chats[chat.chat_id] = chat
        return chat

    def private_chat(self, person: Person, *, threads: bool = True) -> Chat:
        with self.changing():
            chat = self.private_chats.get(person.open_id)
            if chat is None:
                chat = self.add_chat(person.name, "p2p", [person], threads=threads)
                self.private_chats[person.open_id] = chat
            return chat

    def people_known(self) -> set[str]:
        """Ids an at tag may name: people and the bot itself."""
        known = {self.credentials.bot_open_id}
        for person in self.people.values():
            known |= {person.open_id, person.union_id, person.user_id}
        return known

    def message(self, message_id: str) -> Message:
        """Raises Refusal: 99992354 for what is no message id, 230110 for an unknown message."""
        if not message_id.startswith("om_"):
            raise Refusal(BAD_ID, f"not a valid {{message_id}}, invalid id {message_id}")
        message = self.messages.get(message_id)
        if message is None:
            raise Refusal(230110, "The message has been deleted or does not exist.")
        return message

    def add_message(
        self,
        chat: Chat,
        sender: Person | None,
        message_type: str,
        content: dict[str, Any],
        *,
        target: Message | None = None,
        in_thread: bool = False,
        mentions: list[dict[str, Any]] | None = None,
        entity: CardEntity | None = None,
    ) -> Message:
        """Put a message into its chat. Raises Refusal (230071) where there are no threads.

        By "Thread introduction": inside a topic root and parent are both the topic's first
        message; elsewhere root is the first of the chain and parent the message answered.
        """
        with self.changing():
            root, parent, thread = self._place(chat, target, in_thread=in_thread)
            self.last_created_ms = max(int(time.time() * 1000), self.last_created_ms + 1)
            message = Message(
                message_id=new_id("om"),
                chat=chat,
                sender=sender,
                message_type=message_type,
                content=content,
                created_ms=self.last_created_ms,
                said_at=time.monotonic(),
                root_id=root,
                parent_id=parent,
                thread_id=thread,
                replied_to=target.message_id if target else "",
                mentions=mentions or [],
                entity=entity,
            )
            self.messages[message.message_id] = message
            trim(self.messages, MESSAGES)
            message.changed()
            return message

    def _place(
        self, chat: Chat, target: Message | None, *, in_thread: bool
    ) -> tuple[str, str, str]:
        if target is None:
            return "", "", new_id("omt") if chat.is_topic else ""
        if not target.thread_id and in_thread:
            if not chat.threads:
                raise Refusal(230071, "The chat does not support reply in thread.")
            target.thread_id = new_id("omt")
            target.revision += 1
            return target.message_id, target.message_id, target.thread_id
        if target.thread_id:
            root = target.root_id if self._is_inside(target) else target.message_id
            return root, root, target.thread_id
        return target.root_id or target.message_id, target.message_id, ""

    def _is_inside(self, message: Message) -> bool:
        """Whether the message is an answer in its topic rather than the one that opened it."""
        root = self.messages.get(message.root_id)
        return root is not None and root.thread_id == message.thread_id

    def sent_before(self, key: str) -> Message | None:
        """The message a uuid already brought forth within the hour ("Send message")."""
        at, message_id = self.sent_uuids.get(key, (0.0, ""))
        if not message_id or self.clock() - at >= UUID_SECONDS:
            return None
        return self.messages.get(message_id)

    def remember_sent(self, key: str, message: Message) -> None:
        self.sent_uuids[key] = self.clock(), message.message_id
        self.sent_uuids.move_to_end(key)
        trim(self.sent_uuids, MESSAGES)

    def entity_changed(self, entity: CardEntity) -> None:
        message = self.messages.get(entity.message_id)
        if message is not None:
            message.changed()


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


def trim(kept: OrderedDict[Any, Any], size: int) -> None:
    while len(kept) > size:
        kept.popitem(last=False)
