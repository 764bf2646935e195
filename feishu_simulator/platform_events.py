"""Events other than messages: recalls, reactions, the bot added and removed, menus."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from feishu_simulator.delivery import Deliveries
from feishu_simulator.events import Event, new_event_id
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.state import PlatformState, new_id
from feishu_simulator.user_messages import mention_list, receive_event, with_mentions


class PlatformEvents:
    """Each method changes the state, pushes the event and returns it with its deliveries."""

    def __init__(self, state: PlatformState, deliveries: Deliveries) -> None:
        self.state = state
        self.deliveries = deliveries

    def emit(
        self, event_type: str, body: Mapping[str, Any], *, event_id: str = "", wait: bool = False
    ) -> Event:
        """Push any event in the v2 envelope, p2p_chat_create in the old one."""
        event = Event(event_type, event_id or new_event_id(), body)
        self.deliveries.push(event, wait=wait)
        return event

    def backdate(self, message: Message, seconds: float) -> None:
        """Have a person's message written so much earlier, before it is pushed."""
        assert message.event is not None
        with self.state.change():
            message.created_ms -= int(seconds * 1000)
            message.event.created_at -= seconds
            body = receive_event(message, self.state.credentials, self.state.quirks)
            message.event.body = body

    def edit(
        self, message: Message, text: str, *, mention_bot: bool = False, wait: bool = False
    ) -> Event:
        """The author gives a text message another text; with *mention_bot* it names the bot now.

        No page describes the event; it has the form of a received message.
        """
        state = self.state
        with state.change():
            if mention_bot:
                message.mentions = mention_list(
                    state.credentials, (), bot=True, quirks=state.quirks
                )
            message.content = with_mentions(
                "text", {"text": text}, message.mentions, everyone=False
            )
            message.edits += 1
            message.updated_ms = max(message.created_ms + 1, int(time.time() * 1000))
            message.note_change()
            body = receive_event(message, state.credentials, state.quirks)
        return self._about(message, "im.message.updated_v1", body, wait=wait)

    def recall(self, message: Message, *, wait: bool = False) -> Event:
        """The author recalls a message."""
        with self.state.change():
            message.deleted = True
            message.note_change()
        body = {
            "message_id": message.message_id,
            "chat_id": message.chat.chat_id,
            "recall_time": str(int(time.time() * 1000)),
            "recall_type": "message_owner",
        }
        return self._about(message, "im.message.recalled_v1", body, wait=wait)

    def react(self, message: Message, person: Person, emoji: str, *, wait: bool = False) -> Event:
        """A person adds a reaction; its event has no reaction_id."""
        with self.state.change():
            reaction_id = new_id("re")
            message.reactions[reaction_id] = emoji
            message.reacted_by[reaction_id] = person.open_id
            message.note_change()
        body = {
            "message_id": message.message_id,
            "reaction_type": {"emoji_type": emoji},
            "operator_type": "user",
            "user_id": person.ids(),
            "action_time": str(int(time.time() * 1000)),
        }
        return self._about(message, "im.message.reaction.created_v1", body, wait=wait)

    def unreact(self, message: Message, person: Person, emoji: str, *, wait: bool = False) -> None:
        """The person removes their reaction; without one nothing happens."""
        with self.state.change():
            mine = (i for i, who in message.reacted_by.items() if who == person.open_id)
            reaction_id = next((i for i in mine if message.reactions[i] == emoji), "")
            if not reaction_id:
                return
            del message.reactions[reaction_id], message.reacted_by[reaction_id]
            message.note_change()
        body = {
            "message_id": message.message_id,
            "reaction_type": {"emoji_type": emoji},
            "operator_type": "user",
            "user_id": person.ids(),
            "action_time": str(int(time.time() * 1000)),
        }
        self._about(message, "im.message.reaction.deleted_v1", body, wait=wait)

    def add_bot(self, chat: Chat, person: Person, *, wait: bool = False) -> Event:
        """A person adds the bot to a group."""
        return self._emit_membership(chat, person, "added", wait=wait)

    def remove_bot(self, chat: Chat, person: Person, *, wait: bool = False) -> Event:
        """A person removes the bot: calls for this chat are answered with 230002."""
        return self._emit_membership(chat, person, "deleted", wait=wait)

    def open_private_chat(self, person: Person, *, wait: bool = False) -> Event:
        """The person opens the chat with the bot; there is an event each time."""
        chat = self.state.private_chat(person)
        body = {"chat_id": chat.chat_id, "operator_id": person.ids()}
        return self.emit("im.chat.access_event.bot_p2p_chat_entered_v1", body, wait=wait)

    def first_contact(self, person: Person, *, wait: bool = False) -> Event:
        """The first time that a person opens the chat: p2p_chat_create in the old envelope."""
        who = {"name": person.name, "open_id": person.open_id, "user_id": person.user_id}
        body = {"chat_id": self.state.private_chat(person).chat_id, "user": who, "operator": who}
        return self.emit("p2p_chat_create", body, wait=wait)

    def press_menu(self, person: Person, event_key: str, *, wait: bool = False) -> Event:
        """The person presses an entry of the bot's menu; the event names no chat."""
        body = {
            "operator": {"operator_name": person.name, "operator_id": person.ids()},
            "event_key": event_key,
            "timestamp": int(time.time()),
        }
        return self.emit("application.bot.menu_v6", body, wait=wait)

    def _about(
        self, message: Message, event_type: str, body: Mapping[str, Any], *, wait: bool
    ) -> Event:
        event = Event(event_type, new_event_id(), body)
        with self.state.change():
            message.later_events.append(event)
        self.deliveries.push(event, wait=wait)
        return event

    def _emit_membership(self, chat: Chat, person: Person, how: str, *, wait: bool) -> Event:
        with self.state.change():
            chat.has_bot = how == "added"
        body = {
            "chat_id": chat.chat_id,
            "operator_id": person.ids(),
            "external": False,
            "operator_tenant_key": self.state.credentials.tenant_key,
            "name": chat.name,
            "i18n_names": {"zh_cn": chat.name, "en_us": chat.name, "ja_jp": chat.name},
        }
        return self.emit(f"im.chat.member.bot.{how}_v1", body, wait=wait)
