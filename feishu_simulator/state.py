"""The platform's state under one lock, and the rules of threads."""

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
from feishu_simulator.quirks import Quirks
from feishu_simulator.refusals import BAD_ID, Refusal

# Long runs drop the oldest of each; no conversation reaches back this far.
MESSAGES = 50_000
ENTITIES = 20_000
FILES = 500
UUID_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An image or file that was uploaded.

    `kind` is the file_type that the bot named, and `milliseconds` how long a recording lasts.
    `is_own` says that it was the bot that uploaded it.
    """

    data: bytes
    name: str
    mime: str
    kind: str = ""
    milliseconds: int = 0
    is_own: bool = False


class PlatformState:
    """Public attributes are read under `lock` and changed within `change()`.

    `clock` is monotonic and injectable, so that hours can pass in a test. `changes` counts the
    changes; waiting for the next one is `condition.wait()`.
    """

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self.credentials = credentials
        self.clock = clock
        self.lock = threading.RLock()
        self.condition = threading.Condition(self.lock)
        self.card_rules = CardRules()
        self.repeated_uuid_is_an_error = False
        self.quirks = Quirks()
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
    def change(self) -> Iterator[None]:
        """Hold the lock, and wake the threads that wait for a change afterwards."""
        with self.condition:
            try:
                yield
            finally:
                self.changes += 1
                self.condition.notify_all()

    def notify(self) -> None:
        """Wake the threads that wait for a change."""
        with self.change():
            pass

    def add_person(self, name: str) -> Person:
        """A new person with ids of all three kinds, in no chat yet."""
        number = len(self.people) + 1
        tail = f"{number:04d}{uuid.uuid4().hex[:12]}"
        person = Person(f"ou_{tail}", f"on_{tail}", f"u{number:04d}", name)
        with self.change():
            self.people[person.open_id] = person
        return person

    def add_chat(self, name: str, mode: str, people: Iterable[Person], *, threads: bool) -> Chat:
        """A new chat with the bot; *mode* is p2p, group or topic."""
        chat = Chat(new_id("oc"), name, mode, list(people), threads or mode == "topic")
        with self.change():
            self.chats[chat.chat_id] = chat
        return chat

    def private_chat(self, person: Person, *, threads: bool = True) -> Chat:
        """The person's chat with the bot, created by the first call."""
        with self.lock:
            chat = self.private_chats.get(person.open_id)
            if chat is None:
                # Told only then: whoever waits for a change may ask for a chat to find it.
                with self.change():
                    chat = self.add_chat(person.name, "p2p", [person], threads=threads)
                    self.private_chats[person.open_id] = chat
            return chat

    def people_known(self) -> set[str]:
        """The ids that an `at` tag may name: those of people and of the bot."""
        known = {self.credentials.bot_open_id}
        for person in self.people.values():
            known |= {person.open_id, person.union_id, person.user_id}
        return known

    def message(self, message_id: str) -> Message:
        """Raises Refusal: 99992354 for an invalid message id, 230110 for an unknown message."""
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
        """Add a message to its chat. Raises Refusal (230071) for a thread in a chat without any.

        By "Thread introduction": in a thread, root and parent are both its first message; elsewhere
        root is the first message of the chain and parent the one replied to.
        """
        with self.change():
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
            message.note_change()
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
        """Whether the message is a reply in its thread rather than the one that opened it."""
        root = self.messages.get(message.root_id)
        return root is not None and root.thread_id == message.thread_id

    def sent_before(self, key: str) -> Message | None:
        """The message already sent with this uuid within the hour ("Send message")."""
        at, message_id = self.sent_uuids.get(key, (0.0, ""))
        if not message_id or self.clock() - at >= UUID_SECONDS:
            return None
        return self.messages.get(message_id)

    def remember_sent(self, key: str, message: Message) -> None:
        """Keep the message of a uuid for `sent_before`."""
        self.sent_uuids[key] = self.clock(), message.message_id
        self.sent_uuids.move_to_end(key)
        trim(self.sent_uuids, MESSAGES)

    def note_entity_change(self, entity: CardEntity) -> None:
        """Note the change of the entity's message, if it has been sent."""
        message = self.messages.get(entity.message_id)
        if message is not None:
            message.note_change()


def new_id(prefix: str) -> str:
    """A random id in the platform's form, as `om_…`."""
    return f"{prefix}_{uuid.uuid4().hex}"


def trim(kept: OrderedDict[Any, Any], size: int) -> None:
    """Drop the oldest entries beyond *size*."""
    while len(kept) > size:
        kept.popitem(last=False)
