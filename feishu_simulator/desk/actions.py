"""What people do in the page: write, reply, upload, recall, react, press, and send again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from feishu_simulator.desk.desk import MENU, Desk
from feishu_simulator.desk.given import (
    ACTION_FIELDS,
    EMOJI_CHARS,
    NAME_CHARS,
    TEXT_CHARS,
    BadAction,
    Given,
    choice,
    component_of,
    file_name,
    flag,
    form_of,
    number,
    text,
    texts,
)
from feishu_simulator.events import new_event_id
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person

# What people may send as an image ("Upload an image"); anything else goes as a file.
IMAGE_TYPES = frozenset(
    ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"]
)
VOICE_MS = 24 * 3600 * 1000


class Actions:
    """Each takes the page's JSON and returns JSON. Raises BadAction or Refusal."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._feishu = desk.feishu
        self._world = desk.feishu.world
        self._by_name: dict[str, Callable[[Given], dict[str, Any] | None]] = {
            "say": self.say,
            "recall": self.recall,
            "react": self.react,
            "click": self.click,
            "menu": self.menu,
            "open": self.open,
            "read": self.read,
            "add_person": self.add_person,
            "add_group": self.add_group,
            "send_again": self.send_again,
            "switch": self.switch,
            "reset": self.reset,
            "kill": self.kill,
        }

    def do(self, name: str, given: Given) -> dict[str, Any]:
        action = self._by_name.get(name)
        if action is None:
            raise BadAction(f"no action {name}")
        return action(given) or {}

    def say(self, given: Given) -> dict[str, Any]:
        """text into chat_id by person; mentions are open_ids, "all" means everyone."""
        words = text(given, "text", TEXT_CHARS)
        chat, person, target = self._place(given)
        mentions = texts(given, "mentions")
        bot = self._world.credentials.bot_open_id
        people = {member.open_id: member for member in chat.people}
        if unknown := set(mentions) - {bot, "all", *people}:
            raise BadAction(f"nobody to mention: {', '.join(sorted(unknown))}")
        message = self._feishu.say(
            chat,
            person,
            words,
            mention_bot=bot in mentions,
            mentions=[people[one] for one in dict.fromkeys(mentions) if one in people],
            mention_all="all" in mentions,
            reply_to=target,
            in_thread=flag(given, "in_thread"),
        )
        return {"message_id": message.message_id}

    def upload(self, given: Given, data: bytes, name: str, mime: str) -> dict[str, Any]:
        """Send *data* as an image, a voice message or a file, by its type."""
        if not data:
            raise BadAction("empty file")
        chat, person, target = self._place(given)
        duration = number(given, "duration", 1000, VOICE_MS)
        name = file_name(name)
        content: dict[str, Any]
        if mime in IMAGE_TYPES:
            kind, content = "image", {"image_key": self._feishu.add_image(data, name, mime)}
        else:
            mime = mime or "application/octet-stream"
            key = self._feishu.add_file(data, name, mime)
            if mime.startswith("audio/"):
                kind, content = "audio", {"file_key": key, "duration": duration}
            else:
                kind, content = "file", {"file_key": key, "file_name": name}
        in_thread = flag(given, "in_thread")
        message = self._feishu.send(
            chat, person, kind, content, reply_to=target, in_thread=in_thread
        )
        return {"message_id": message.message_id}

    def recall(self, given: Given) -> None:
        message = self._message(given)
        if message.sender is not self._person(given):
            raise BadAction("only its author takes a message back")
        self._feishu.recall(message)

    def react(self, given: Given) -> None:
        """Put an emoji there or, with on false, take one's own back; again does nothing."""
        message, person = self._message(given), self._member(given)
        emoji = text(given, "emoji", EMOJI_CHARS)
        if not flag(given, "on", default=True):
            self._feishu.unreact(message, person, emoji)
            return
        with self._world.lock:
            mine = [i for i, who in message.reacted_by.items() if who == person.open_id]
            if emoji not in [message.reactions[i] for i in mine]:
                self._feishu.react(message, person, emoji)

    def click(self, given: Given) -> dict[str, Any]:
        """Use a component of a card: its JSON in `component`, what was chosen in ACTION_FIELDS."""
        message, person = self._message(given), self._member(given)
        if message.card is None:
            raise BadAction("no card")
        extra = {name: check(given, name) for name, check in ACTION_FIELDS.items() if name in given}
        result = self._feishu.click(message, component_of(given), person, form_of(given), **extra)
        return {
            "toast": result.toast,
            "error_code": result.error_code,
            "status": result.status,
            "replaced": result.card is not None and not result.error_code,
            "seconds": result.seconds,
        }

    def menu(self, given: Given) -> None:
        key = choice(given, "key", [key for key, _, _ in MENU])
        self._feishu.press_menu(self._person(given), key)

    def open(self, given: Given) -> None:
        """A person opens their chat with the bot, which is told, and told more the first time."""
        person = self._person(given)
        if self._desk.meet(person):
            self._feishu.first_contact(person)
        self._feishu.open_private_chat(person)

    def read(self, given: Given) -> None:
        self._desk.mark_read(self._person(given).open_id, self._chat(given).chat_id)

    def add_person(self, given: Given) -> dict[str, Any]:
        """A new person, in all groups there are."""
        name = text(given, "name", NAME_CHARS)
        with self._world.changing():
            person = self._feishu.add_person(name)
            self._feishu.private_chat(person)
            for chat in self._world.chats.values():
                if not chat.is_private:
                    chat.people.append(person)
        return {"open_id": person.open_id}

    def add_group(self, given: Given) -> dict[str, Any]:
        """A new group of everyone, to which the person adds the bot."""
        person, name = self._person(given), text(given, "name", NAME_CHARS)
        topic = flag(given, "topic")
        with self._world.changing():
            people = list(self._world.people.values())
            chat = self._feishu.add_group(name, people, topic=topic)
        self._feishu.add_bot(chat, person)
        return {"chat_id": chat.chat_id}

    def send_again(self, given: Given) -> None:
        """how: again, twice (at once), new_id (as another event), late (the answer is)."""
        message = self._known(given.get("message_id"))
        if message.event is None or not message.pushed:
            raise BadAction("nothing was pushed for this message")
        match choice(given, "how", ["again", "twice", "new_id", "late"]):
            case "again":
                self._feishu.push(message)
            case "twice":
                self._feishu.push(message)
                self._feishu.push(message)
            case "new_id":
                self._feishu.push(message, event_id=new_event_id())
            case "late":
                self._feishu.push(message, late=True)

    def switch(self, given: Given) -> None:
        """name and value of a fault; `on` for permissions."""
        if given.get("name") == "model" and self._desk.real_model:
            raise BadAction("a real model answers")
        try:
            self._desk.faults.switch(given.get("name"), given.get("value"), on=given.get("on"))
        except ValueError as exc:
            raise BadAction(str(exc)) from exc

    def reset(self, given: Given) -> None:
        self._desk.faults.reset()

    def kill(self, given: Given) -> dict[str, Any]:
        if self._desk.kill_worker is None:
            raise BadAction("the bot was not started from here")
        return {"killed": self._desk.kill_worker()}

    def _place(self, given: Given) -> tuple[Chat, Person, Message | None]:
        """Where someone writes: their chat, themselves, and the message replied to, if any."""
        chat, person = self._chat(given), self._person(given)
        if person not in chat.people:
            raise BadAction("not a member of the chat")
        target = self._message(given, "reply_to") if given.get("reply_to") else None
        if target and target.chat is not chat:
            raise BadAction("a reply stays in its chat")
        return chat, person, target

    def _person(self, given: Given) -> Person:
        person = self._world.people.get(str(given.get("person")))
        if person is None:
            raise BadAction("unknown person")
        return person

    def _member(self, given: Given) -> Person:
        """The person, who has to be in the message's chat."""
        person = self._person(given)
        if person not in self._message(given).chat.people:
            raise BadAction("not a member of the chat")
        return person

    def _chat(self, given: Given) -> Chat:
        chat = self._world.chats.get(str(given.get("chat_id")))
        if chat is None:
            raise BadAction("unknown chat")
        return chat

    def _message(self, given: Given, name: str = "message_id") -> Message:
        message = self._known(given.get(name))
        if message.deleted:
            raise BadAction("the message was taken back")
        return message

    def _known(self, message_id: object) -> Message:
        message = self._world.messages.get(str(message_id))
        if message is None:
            raise BadAction("unknown message")
        return message
