"""Scenes opened: checked whole before anything of what was there goes."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

from feishu_simulator import card_view
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.credentials import Credentials
from feishu_simulator.desk import scene_checks as check
from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.scene_checks import BadScene
from feishu_simulator.desk.view import message_view
from feishu_simulator.events import Delivery, Event, new_event_id
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.state import PlatformState, StoredFile
from feishu_simulator.subscription import RECEIVE
from feishu_simulator.user_messages import files_in, receive_event


def load_scene(desk: Desk, data: bytes) -> None:
    """Replace what is there by the scene in *data*. Raises BadScene, and then changes nothing."""
    scene = check.parse_scene(data)
    state = desk.feishu.state
    found = _Scene(state, scene)
    switches = check.mapping(scene, "switches", "scene")
    if desk.real_model:
        switches = {**switches, "model": "normal"}
    with state.change():
        try:
            desk.faults.restore(switches)
        except (ValueError, TypeError) as exc:
            raise BadScene(f"switches: {exc}") from exc
        found.put_into(state)
        desk.show_anew(found.read, found.visited)


class _Scene:
    """The parts of a scene, built and joined, beside the state that they are to replace."""

    def __init__(self, state: PlatformState, scene: dict[str, Any]) -> None:
        self._credentials = state.credentials
        self._clock = state.clock
        self.people: dict[str, Person] = {}
        self.chats: dict[str, Chat] = {}
        self.private_chats: dict[str, Chat] = {}
        self.messages: OrderedDict[str, Message] = OrderedDict()
        self.entities: OrderedDict[str, CardEntity] = OrderedDict()
        self.images: OrderedDict[str, StoredFile] = OrderedDict()
        self.files: OrderedDict[str, StoredFile] = OrderedDict()
        for place, row in check.rows(scene, "people", check.MOST_PEOPLE):
            self._add_person(row, place)
        for place, row in check.rows(scene, "chats", check.MOST_CHATS):
            self._add_chat(row, place)
        self._add_files(check.mapping(scene, "files", "scene"))
        for place, row in check.rows(scene, "messages", check.MOST_MESSAGES):
            self._add_message(row, place)
        self.read = self._read(check.mapping(scene, "read", "scene"))
        visited = scene.get("visited")
        if not isinstance(visited, list) or not all(isinstance(one, str) for one in visited):
            raise BadScene("visited: a list of open_ids is expected")
        self.visited = set(visited) & set(self.people)
        if not self.people or not self.chats:
            raise BadScene("a scene without people or chats")

    def put_into(self, state: PlatformState) -> None:
        """Within `change()`."""
        state.people, state.chats = self.people, self.chats
        state.private_chats = self.private_chats
        state.messages, state.entities = self.messages, self.entities
        state.images, state.files = self.images, self.files
        state.sent_uuids.clear()
        newest = max((one.created_ms for one in self.messages.values()), default=0)
        state.last_created_ms = max(state.last_created_ms, newest)

    def _add_person(self, row: dict[str, Any], place: str) -> None:
        open_id, union_id, user_id = (
            check.identifier(row, name, place) for name in ("open_id", "union_id", "user_id")
        )
        if open_id in self.people or open_id == self._credentials.bot_open_id:
            raise BadScene(f"{place}.open_id: this id is taken")
        self.people[open_id] = Person(open_id, union_id, user_id, check.text(row, "name", place))

    def _add_chat(self, row: dict[str, Any], place: str) -> None:
        chat_id, mode = check.identifier(row, "chat_id", place), row.get("mode")
        members = row.get("people")
        if chat_id in self.chats:
            raise BadScene(f"{place}.chat_id: this id is taken")
        if mode not in check.MODES:
            raise BadScene(f"{place}.mode: {', '.join(check.MODES)} are known")
        if not isinstance(members, list) or len(members) > check.MOST_PEOPLE:
            raise BadScene(f"{place}.people: a list of open_ids is expected")
        people = [
            self.people[check.known({"people": m}, "people", place, self.people)] for m in members
        ]
        if mode == "p2p" and (len(people) != 1 or people[0].open_id in self.private_chats):
            raise BadScene(f"{place}.people: one person with no other private chat is expected")
        chat = Chat(
            chat_id,
            check.text(row, "name", place),
            mode,
            people,
            check.flag(row, "threads", place),
            check.flag(row, "has_bot", place),
        )
        self.chats[chat_id] = chat
        if chat.is_private:
            self.private_chats[people[0].open_id] = chat

    def _add_files(self, files: dict[str, Any]) -> None:
        if len(files) > check.MOST_FILES:
            raise BadScene(f"files: at most {check.MOST_FILES} are kept")
        for key, row in files.items():
            place = f"files.{key[:40]}"
            check.identifier({"key": key}, "key", place)
            if not isinstance(row, dict) or row.get("kind") not in ("image", "file"):
                raise BadScene(f"{place}: an image or a file is expected")
            stored = StoredFile(
                check.data_of(row, place),
                check.text(row, "name", place),
                check.text(row, "mime", place),
            )
            (self.images if row["kind"] == "image" else self.files)[key] = stored

    def _add_message(self, row: dict[str, Any], place: str) -> None:
        message_id = check.identifier(row, "message_id", place)
        if message_id in self.messages:
            raise BadScene(f"{place}.message_id: this id is taken")
        sender = row.get("sender")
        if sender is not None:
            sender = self.people[check.known(row, "sender", place, self.people)]
        message = Message(
            message_id=message_id,
            chat=self.chats[check.known(row, "chat_id", place, self.chats)],
            sender=sender,
            message_type=check.identifier(row, "type", place),
            content=check.mapping(row, "content", place),
            created_ms=check.count(row, "created_ms", place),
            said_at=time.monotonic(),
            mentions=[dict(one) for _, one in check.rows(row, "mentions", check.MOST_PEOPLE)],
            deleted=check.flag(row, "deleted", place),
            unheard=check.text(row, "unheard", place),
            updated_ms=check.count(row, "updated_ms", place),
            edits=check.count(row, "edits", place),
            root_id=check.identifier(row, "root_id", place, optional=True),
            parent_id=check.identifier(row, "parent_id", place, optional=True),
            thread_id=check.identifier(row, "thread_id", place, optional=True),
            replied_to=check.identifier(row, "replied_to", place, optional=True),
        )
        self._add_reactions(message, row, place)
        if row.get("entity") is not None:
            message.entity = self._entity(check.mapping(row, "entity", place), message_id, place)
        self._draw(message, row, place)
        self.messages[message_id] = message

    def _draw(self, message: Message, row: dict[str, Any], place: str) -> None:
        """Read the content once in every way: what fails now would fail on the page."""
        try:
            message.files = files_in(message.content)
            if message.sender:
                message.event = self._event(message, row, place, self._credentials)
            message.note_change()
            view = message_view(message, self.images, self.files)
            _ = view, message.panels, [*card_view.walk(message.card)]
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise BadScene(f"{place}: its content can't be shown ({exc})") from exc

    @staticmethod
    def _event(
        message: Message, row: dict[str, Any], place: str, credentials: Credentials
    ) -> Event:
        event_id = check.identifier(row, "event_id", place, optional=True) or new_event_id()
        event = Event(RECEIVE, event_id, receive_event(message, credentials))
        for where, one in check.rows(row, "deliveries", check.MOST_PEOPLE):
            status, error = check.count(one, "status", where), check.text(one, "error", where)
            at = time.monotonic()
            event.deliveries.append(Delivery(status, "", 0.0, at, event_id, error))
        return event

    def _entity(self, row: dict[str, Any], message_id: str, place: str) -> CardEntity:
        card_id = check.identifier(row, "card_id", f"{place}.entity")
        if card_id in self.entities:
            raise BadScene(f"{place}.entity.card_id: this id is taken")
        entity = CardEntity(
            card_id=card_id,
            card=check.mapping(row, "card", f"{place}.entity"),
            clock=self._clock,
            created=self._clock(),
            sequence=check.count(row, "sequence", f"{place}.entity"),
            message_id=message_id,
        )
        if check.flag(row, "streaming", f"{place}.entity"):
            entity.open_streaming()
        self.entities[card_id] = entity
        return entity

    def _add_reactions(self, message: Message, row: dict[str, Any], place: str) -> None:
        for where, one in check.rows(row, "reactions", check.MOST_PEOPLE):
            reaction_id = check.identifier(one, "id", f"{place}.{where}")
            message.reactions[reaction_id] = check.identifier(one, "emoji", f"{place}.{where}")
            if one.get("person") is not None:
                person = check.known(one, "person", f"{place}.{where}", self.people)
                message.reacted_by[reaction_id] = person

    def _read(self, read: dict[str, Any]) -> dict[str, dict[str, int]]:
        marks: dict[str, dict[str, int]] = {}
        for person in read:
            chats = check.mapping(read, person, "read")
            if person in self.people:
                marks[person] = {
                    chat: check.count(chats, chat, f"read.{person}")
                    for chat in chats
                    if chat in self.chats
                }
        return marks
