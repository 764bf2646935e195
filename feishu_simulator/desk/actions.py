"""Actions of the page: write, reply, upload, recall, react, click, push again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from feishu_simulator.desk.desk import MENU, Desk
from feishu_simulator.desk.params import (
    ACTION_FIELDS,
    EMOJI_CHARS,
    NAME_CHARS,
    TEXT_CHARS,
    BadAction,
    Params,
    choice,
    component_of,
    file_name,
    flag,
    form_of,
    number,
    text,
    texts,
)
from feishu_simulator.desk.things import MOST_FORWARDED, THINGS, sample
from feishu_simulator.events import new_event_id
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person

# Types sent as an image ("Upload an image"); others are sent as a file.
IMAGE_TYPES = frozenset(
    ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"]
)
VOICE_MS = 24 * 3600 * 1000


class Actions:
    """Each action takes the page's JSON and returns JSON. Raises BadAction or Refusal."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._feishu = desk.feishu
        self._state = desk.feishu.state
        self._by_name: dict[str, Callable[[Params], dict[str, Any] | None]] = {
            "say": self.say,
            "pass_on": self.pass_on,
            "forward": self.forward,
            "edit": self.edit,
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

    def do(self, name: str, params: Params) -> dict[str, Any]:
        """Run an action by its name. Raises BadAction for an unknown one."""
        action = self._by_name.get(name)
        if action is None:
            raise BadAction(f"no action {name}")
        return action(params) or {}

    def say(self, params: Params) -> dict[str, Any]:
        """Send a text to a chat; mentions are open_ids, "all" means everyone."""
        words = text(params, "text", TEXT_CHARS)
        chat, person, target = self._place(params)
        mentions = texts(params, "mentions")
        bot = self._state.credentials.bot_open_id
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
            in_thread=flag(params, "in_thread"),
        )
        return {"message_id": message.message_id}

    def upload(self, params: Params, data: bytes, name: str, mime: str) -> dict[str, Any]:
        """Send *data* as an image, a voice message or a file, by its type."""
        if not data:
            raise BadAction("empty file")
        chat, person, target = self._place(params)
        duration = number(params, "duration", 1000, VOICE_MS)
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
        in_thread = flag(params, "in_thread")
        message = self._feishu.send(
            chat, person, kind, content, reply_to=target, in_thread=in_thread
        )
        return {"message_id": message.message_id}

    def pass_on(self, params: Params) -> dict[str, Any]:
        """Send a sticker, a place, a poll …: the sample of its `kind`."""
        chat, person, target = self._place(params)
        kind = choice(params, "kind", THINGS)
        in_thread = flag(params, "in_thread")
        content = sample(kind, chat, person)
        message = self._feishu.send(
            chat, person, kind, content, reply_to=target, in_thread=in_thread
        )
        return {"message_id": message.message_id}

    def forward(self, params: Params) -> dict[str, Any]:
        """Forward a message, and what was said after it, to one's own chat with the bot."""
        first, person = self._message(params), self._member(params)
        said = [m for m in self._feishu.messages_in(first.chat) if not m.deleted]
        chat = self._feishu.private_chat(person)
        parts = said[said.index(first) :][:MOST_FORWARDED]
        return {"message_id": self._feishu.forward(chat, person, parts).message_id}

    def edit(self, params: Params) -> None:
        """Give a text message of one's own another text."""
        message, words = self._message(params), text(params, "text", TEXT_CHARS)
        if message.sender is not self._person(params) or message.message_type != "text":
            raise BadAction("only its author can edit a text message")
        self._feishu.edit(message, words)

    def recall(self, params: Params) -> None:
        """Recall a message of one's own."""
        message = self._message(params)
        if message.sender is not self._person(params):
            raise BadAction("only its author can recall a message")
        self._feishu.recall(message)

    def react(self, params: Params) -> None:
        """Add a reaction or, with on false, remove one's own; a second time changes nothing."""
        message, person = self._message(params), self._member(params)
        emoji = text(params, "emoji", EMOJI_CHARS)
        if not flag(params, "on", default=True):
            self._feishu.unreact(message, person, emoji)
            return
        with self._state.lock:
            mine = [i for i, who in message.reacted_by.items() if who == person.open_id]
            if emoji not in [message.reactions[i] for i in mine]:
                self._feishu.react(message, person, emoji)

    def click(self, params: Params) -> dict[str, Any]:
        """Use a component of a card: its JSON in `component`, the input in ACTION_FIELDS."""
        message, person = self._message(params), self._member(params)
        if message.card is None:
            raise BadAction("no card")
        extra = {
            name: check(params, name) for name, check in ACTION_FIELDS.items() if name in params
        }
        result = self._feishu.click(message, component_of(params), person, form_of(params), **extra)
        return {
            "toast": result.toast,
            "error_code": result.error_code,
            "status": result.status,
            "replaced": result.card is not None and not result.error_code,
            "seconds": result.seconds,
        }

    def menu(self, params: Params) -> None:
        """Press an entry of the bot's menu."""
        key = choice(params, "key", [key for key, _, _ in MENU])
        self._feishu.press_menu(self._person(params), key)

    def open(self, params: Params) -> None:
        """Open the chat with the bot; the first time there is a second event."""
        person = self._person(params)
        if self._desk.note_visit(person):
            self._feishu.first_contact(person)
        self._feishu.open_private_chat(person)

    def read(self, params: Params) -> None:
        """Mark a chat as read."""
        self._desk.mark_read(self._person(params).open_id, self._chat(params).chat_id)

    def add_person(self, params: Params) -> dict[str, Any]:
        """A new person, member of every group."""
        name = text(params, "name", NAME_CHARS)
        with self._state.change():
            person = self._feishu.add_person(name)
            self._feishu.private_chat(person)
            for chat in self._state.chats.values():
                if not chat.is_private:
                    chat.people.append(person)
        return {"open_id": person.open_id}

    def add_group(self, params: Params) -> dict[str, Any]:
        """A new group with everyone, to which the person adds the bot."""
        person, name = self._person(params), text(params, "name", NAME_CHARS)
        topic = flag(params, "topic")
        with self._state.change():
            people = list(self._state.people.values())
            chat = self._feishu.add_group(name, people, topic=topic)
        self._feishu.add_bot(chat, person)
        return {"chat_id": chat.chat_id}

    def send_again(self, params: Params) -> None:
        """Push an event again; how: again, twice at once, new_id, or late (so is the answer)."""
        message = self._known(params.get("message_id"))
        if message.event is None or not message.pushed:
            raise BadAction("nothing was pushed for this message")
        match choice(params, "how", ["again", "twice", "new_id", "late"]):
            case "again":
                self._feishu.push(message)
            case "twice":
                self._feishu.push(message)
                self._feishu.push(message)
            case "new_id":
                self._feishu.push(message, event_id=new_event_id())
            case "late":
                self._feishu.push(message, late=True)

    def switch(self, params: Params) -> None:
        """Switch a fault by name and value, a scope by `on`."""
        if params.get("name") == "model" and self._desk.real_model:
            raise BadAction("a real model answers")
        try:
            self._desk.faults.switch(params.get("name"), params.get("value"), on=params.get("on"))
        except ValueError as exc:
            raise BadAction(str(exc)) from exc

    def reset(self, params: Params) -> None:
        """Turn every fault off."""
        self._desk.faults.reset()

    def kill(self, params: Params) -> dict[str, Any]:
        """Kill the bot's worker processes; returns how many."""
        if self._desk.kill_worker is None:
            raise BadAction("the bot was not started from here")
        return {"killed": self._desk.kill_worker()}

    def _place(self, params: Params) -> tuple[Chat, Person, Message | None]:
        """Chat and sender of a message, and the message replied to, if any."""
        chat, person = self._chat(params), self._person(params)
        if person not in chat.people:
            raise BadAction("not a member of the chat")
        target = self._message(params, "reply_to") if params.get("reply_to") else None
        if target and target.chat is not chat:
            raise BadAction("a reply stays in its chat")
        return chat, person, target

    def _person(self, params: Params) -> Person:
        person = self._state.people.get(str(params.get("person")))
        if person is None:
            raise BadAction("unknown person")
        return person

    def _member(self, params: Params) -> Person:
        """The person. Raises BadAction for one outside the message's chat."""
        person = self._person(params)
        if person not in self._message(params).chat.people:
            raise BadAction("not a member of the chat")
        return person

    def _chat(self, params: Params) -> Chat:
        chat = self._state.chats.get(str(params.get("chat_id")))
        if chat is None:
            raise BadAction("unknown chat")
        return chat

    def _message(self, params: Params, name: str = "message_id") -> Message:
        message = self._known(params.get(name))
        if message.deleted:
            raise BadAction("the message was recalled")
        return message

    def _known(self, message_id: object) -> Message:
        message = self._state.messages.get(str(message_id))
        if message is None:
            raise BadAction("unknown message")
        return message
