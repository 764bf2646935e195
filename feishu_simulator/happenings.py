"""Events that are no messages: recalls, reactions, the bot's comings and goings, menus."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from feishu_simulator.delivery import Deliveries
from feishu_simulator.events import Event, new_event_id
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.world import World, new_id


class Happenings:
    """Each changes the platform's state, pushes the event and returns it with its deliveries."""

    def __init__(self, world: World, deliveries: Deliveries) -> None:
        self.world = world
        self.deliveries = deliveries

    def emit(
        self, event_type: str, body: Mapping[str, Any], *, event_id: str = "", wait: bool = False
    ) -> Event:
        """Push any event in the v2 envelope (p2p_chat_create goes in the old one)."""
        event = Event(event_type, event_id or new_event_id(), body)
        self.deliveries.push(event, wait=wait)
        return event

    def recall(self, message: Message, *, wait: bool = False) -> Event:
        """Its author takes a message back."""
        with self.world.changing():
            message.deleted = True
            message.changed()
        body = {
            "message_id": message.message_id,
            "chat_id": message.chat.chat_id,
            "recall_time": str(int(time.time() * 1000)),
            "recall_type": "message_owner",
        }
        return self._about(message, "im.message.recalled_v1", body, wait=wait)

    def react(self, message: Message, person: Person, emoji: str, *, wait: bool = False) -> Event:
        """A person puts an emoji on a message; the event carries no reaction_id."""
        with self.world.changing():
            reaction_id = new_id("re")
            message.reactions[reaction_id] = emoji
            message.reacted_by[reaction_id] = person.open_id
            message.changed()
        body = {
            "message_id": message.message_id,
            "reaction_type": {"emoji_type": emoji},
            "operator_type": "user",
            "user_id": person.ids(),
            "action_time": str(int(time.time() * 1000)),
        }
        return self._about(message, "im.message.reaction.created_v1", body, wait=wait)

    def unreact(self, message: Message, person: Person, emoji: str, *, wait: bool = False) -> None:
        """The person takes their emoji back; nothing happens when there is none."""
        with self.world.changing():
            mine = (i for i, who in message.reacted_by.items() if who == person.open_id)
            reaction_id = next((i for i in mine if message.reactions[i] == emoji), "")
            if not reaction_id:
                return
            del message.reactions[reaction_id], message.reacted_by[reaction_id]
            message.changed()
        body = {
            "message_id": message.message_id,
            "reaction_type": {"emoji_type": emoji},
            "operator_type": "user",
            "user_id": person.ids(),
            "action_time": str(int(time.time() * 1000)),
        }
        self._about(message, "im.message.reaction.deleted_v1", body, wait=wait)

    def add_bot(self, chat: Chat, person: Person, *, wait: bool = False) -> Event:
        return self._bot_moved(chat, person, "added", wait=wait)

    def remove_bot(self, chat: Chat, person: Person, *, wait: bool = False) -> Event:
        """From now on calls for this chat are answered with 230002."""
        return self._bot_moved(chat, person, "deleted", wait=wait)

    def open_private_chat(self, person: Person, *, wait: bool = False) -> Event:
        """The person opens the chat with the bot (fires each time)."""
        chat = self.world.private_chat(person)
        body = {"chat_id": chat.chat_id, "operator_id": person.ids()}
        return self.emit("im.chat.access_event.bot_p2p_chat_entered_v1", body, wait=wait)

    def first_contact(self, person: Person, *, wait: bool = False) -> Event:
        """The very first opening of the chat with the bot: p2p_chat_create in the old envelope."""
        who = {"name": person.name, "open_id": person.open_id, "user_id": person.user_id}
        body = {"chat_id": self.world.private_chat(person).chat_id, "user": who, "operator": who}
        return self.emit("p2p_chat_create", body, wait=wait)

    def press_menu(self, person: Person, event_key: str, *, wait: bool = False) -> Event:
        """An entry of the bot's menu is pressed; the event names no chat."""
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
        with self.world.changing():
            message.happenings.append(event)
        self.deliveries.push(event, wait=wait)
        return event

    def _bot_moved(self, chat: Chat, person: Person, how: str, *, wait: bool) -> Event:
        with self.world.changing():
            chat.has_bot = how == "added"
        body = {
            "chat_id": chat.chat_id,
            "operator_id": person.ids(),
            "external": False,
            "operator_tenant_key": self.world.credentials.tenant_key,
            "name": chat.name,
            "i18n_names": {"zh_cn": chat.name, "en_us": chat.name, "ja_jp": chat.name},
        }
        return self.emit(f"im.chat.member.bot.{how}_v1", body, wait=wait)
