"""The Feishu side as tests and programs hold it: people talk, the bot is pushed to and answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from feishu_simulator import clicks, conversation
from feishu_simulator.access import ALL_GROUP_MESSAGES, MENTIONS, PRIVATE_MESSAGES, Access
from feishu_simulator.api import Call, PlatformApi
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.clicks import ActionResult
from feishu_simulator.credentials import Credentials
from feishu_simulator.delivery import Deliveries, post
from feishu_simulator.events import Callback, Event, envelope, new_event_id, old_envelope
from feishu_simulator.faults import Faults
from feishu_simulator.happenings import Happenings
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.sealing import seal
from feishu_simulator.world import FILES, StoredFile, World, new_id, trim

EVENT_PATH = "/webhook/event"
CARD_PATH = "/webhook/card"
CHALLENGE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Verification:
    """The console's check of a request address ("Configure the request URL": within 1 s)."""

    ok: bool
    status: int
    body: str
    seconds: float


class Feishu(Happenings):
    """Thread safe; nothing here blocks on the bot unless asked with `wait`, a click excepted."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        latency: float = 0.0,
        enforce_limits: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.credentials = credentials
        self.url = ""
        self.bot_url = ""
        self.event_path = EVENT_PATH
        self.faults = Faults()
        self.world = World(credentials, clock)
        self.access = Access(credentials, clock)
        self.api = PlatformApi(self.world, self.access, self.faults)
        self.api.latency, self.api.enforce_limits = latency, enforce_limits
        deliveries = Deliveries(self.world, lambda: self.bot_url + self.event_path, self._sealed)
        super().__init__(self.world, deliveries)

    @property
    def latency(self) -> float:
        return self.api.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.api.latency = seconds

    @property
    def enforce_limits(self) -> bool:
        return self.api.enforce_limits

    @enforce_limits.setter
    def enforce_limits(self, enforced: bool) -> None:
        self.api.enforce_limits = enforced

    @property
    def calls(self) -> list[Call]:
        """Every call, oldest first (the last 20,000)."""
        with self.world.lock:
            return list(self.api.calls)

    @property
    def over_limit(self) -> list[Call]:
        """Calls that broke a limit, refused or not."""
        with self.world.lock:
            return list(self.api.over_limit)

    @property
    def refused(self) -> list[Call]:
        """Calls answered with a code other than 0, for whatever reason."""
        with self.world.lock:
            return list(self.api.refused)

    @property
    def messages(self) -> list[Message]:
        with self.world.lock:
            return list(self.world.messages.values())

    @property
    def entities(self) -> list[CardEntity]:
        with self.world.lock:
            return list(self.world.entities.values())

    def add_person(self, name: str) -> Person:
        return self.world.add_person(name)

    def private_chat(self, person: Person, *, threads: bool = True) -> Chat:
        """The person's chat with the bot; always the same one."""
        return self.world.private_chat(person, threads=threads)

    def add_group(
        self, name: str, people: Iterable[Person], *, topic: bool = False, threads: bool = True
    ) -> Chat:
        return self.world.add_chat(name, "topic" if topic else "group", people, threads=threads)

    def add_image(self, data: bytes, name: str = "image.png", mime: str = "image/png") -> str:
        """Store an image as if someone had uploaded it; its key."""
        key = new_id("img_v3")
        with self.world.changing():
            self.world.images[key] = StoredFile(data, name, mime)
            trim(self.world.images, FILES)
        return key

    def add_file(
        self, data: bytes, name: str = "file.bin", mime: str = "application/octet-stream"
    ) -> str:
        key = new_id("file_v3")
        with self.world.changing():
            self.world.files[key] = StoredFile(data, name, mime)
            trim(self.world.files, FILES)
        return key

    def grant(self, *scopes: str) -> None:
        with self.world.changing():
            self.access.scopes.update(scopes)

    def withdraw(self, *scopes: str) -> None:
        """Calls that need one of these are answered with 99991672 from now on."""
        with self.world.changing():
            self.access.scopes.difference_update(scopes)

    def revoke_tokens(self) -> None:
        """Every token issued so far is answered with 99991663 from now on."""
        with self.world.changing():
            self.access.revoke()

    def say(
        self,
        chat: Chat,
        person: Person,
        text: str,
        *,
        mention_bot: bool = False,
        mentions: Iterable[Person] = (),
        mention_all: bool = False,
        reply_to: Message | None = None,
        in_thread: bool = False,
        wait: bool = False,
    ) -> Message:
        """Write a text message and push its event. Raises Refusal where threads are missing."""
        return self.send(
            chat,
            person,
            "text",
            {"text": text},
            mention_bot=mention_bot,
            mentions=mentions,
            mention_all=mention_all,
            reply_to=reply_to,
            in_thread=in_thread,
            wait=wait,
        )

    def post(
        self,
        chat: Chat,
        person: Person,
        content: Mapping[str, Any] | list[list[dict[str, Any]]],
        **options: Any,
    ) -> Message:
        """Write rich text: paragraphs, or {"title", "content"}; options as for `say`."""
        whole = {"title": "", "content": content} if isinstance(content, list) else dict(content)
        return self.send(chat, person, "post", whole, **options)

    def send(
        self,
        chat: Chat,
        person: Person,
        message_type: str,
        content: Mapping[str, Any],
        *,
        mention_bot: bool = False,
        mentions: Iterable[Person] = (),
        mention_all: bool = False,
        reply_to: Message | None = None,
        in_thread: bool = False,
        wait: bool = False,
    ) -> Message:
        """Write a message of any type; `content` as the event is going to carry it."""
        mentioned = conversation.mention_list(self.credentials, mentions, bot=mention_bot)
        shown = conversation.with_mentions(
            message_type, dict(content), mentioned, everyone=mention_all
        )
        with self.world.changing():
            message = self.world.add_message(
                chat,
                person,
                message_type,
                shown,
                target=reply_to,
                in_thread=in_thread,
                mentions=mentioned,
            )
            message.files = conversation.files_in(shown)
            body = conversation.received(message, self.credentials)
            message.event = Event("im.message.receive_v1", new_event_id(), body)
            message.pushed = self._reaches_bot(message)
        if message.pushed:
            self.deliveries.push(message.event, wait=wait)
        return message

    def push(
        self,
        message: Message,
        *,
        again: bool = True,
        event_id: str | None = None,
        late: bool = False,
        wait: bool = False,
    ) -> None:
        """Deliver the message's event once more, under the same event_id unless told another.

        With *late* the bot's answer comes too late for the platform, which pushes it once more.
        """
        event = message.event
        if event is None:
            raise ValueError("a message of the bot has no event")
        if event_id is not None:
            event = Event(event.event_type, event_id, event.body, event.deliveries)
        if again or not event.deliveries:
            self.deliveries.push(event, late=late, wait=wait)

    def verify_url(self, path: str = EVENT_PATH, *, encrypted: bool = True) -> Verification:
        """Ask the bot's address for the challenge, as the console does when it is saved."""
        challenge = new_event_id()
        payload = {
            "challenge": challenge,
            "token": self.credentials.verification_token,
            "type": "url_verification",
        }
        body, headers = seal(payload, self.credentials, encrypted=encrypted, signed=False)
        response = post(self.bot_url + path, body, headers, 3.0)
        try:
            answered = json.loads(response.body).get("challenge") == challenge
        except (ValueError, AttributeError):
            answered = False
        ok = answered and response.status == 200 and response.seconds <= CHALLENGE_SECONDS
        return Verification(ok, response.status, response.body, response.seconds)

    def click(
        self,
        message: Message,
        value_or_button: Any,
        person: Person,
        form_value: Mapping[str, Any] | None = None,
        *,
        old: bool = False,
        encrypted: bool = True,
        path: str = CARD_PATH,
        **extra: Any,
    ) -> ActionResult:
        """Use a component of a card and wait for the bot's answer.

        *extra* goes into `action` as it is: option, options, input_value, checked. There is no
        retry ("Card callback"); what the answer brings is checked and put on.
        """
        if not self.bot_url:
            return ActionResult(0, "", None, clicks.ADDRESS_MISSING)
        component = clicks.pressed(message, value_or_button)
        action = clicks.action_of(component, form_value, extra)
        if old:
            payload = clicks.old_callback(message, person, action, self.credentials.tenant_key)
        else:
            body = clicks.new_callback(message, person, action, self.credentials.tenant_key)
            event = Event("card.action.trigger", new_event_id(), body)
            payload = envelope(self.credentials, event, unit=1_000_000)
        raw, headers = seal(payload, self.credentials, encrypted=encrypted, old_card=old)
        response = post(self.bot_url + path, raw, headers, self.deliveries.answer_seconds)
        result = clicks.judge(self.world, message, response, old=old)
        callback = Callback(
            payload=payload,
            status=result.status,
            body=result.body,
            error_code=result.error_code,
            seconds=result.seconds,
            at=time.monotonic(),
        )
        with self.world.changing():
            message.callbacks.append(callback)
        return result

    def answers_to(self, message: Message) -> list[Message]:
        """The bot's replies to this very message, oldest first."""
        with self.world.lock:
            return [
                answer
                for answer in self.world.messages.values()
                if answer.replied_to == message.message_id and answer.is_from_bot
            ]

    def messages_in(self, chat: Chat) -> list[Message]:
        with self.world.lock:
            return [m for m in self.world.messages.values() if m.chat is chat]

    def wait_for(self, predicate: Callable[[], Any], timeout: float = 10, what: str = "") -> Any:
        """The predicate's first true value, looked at on every change and now and then.

        No lock is held around the predicate, so that it may do what it likes.
        Raises TimeoutError, which tells what was there instead.
        """
        deadline = time.monotonic() + timeout
        while True:
            with self.world.lock:
                changes = self.world.changes
            value = predicate()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(self._what_was_there(what, timeout))
            with self.world.condition:
                if self.world.changes == changes:
                    self.world.condition.wait(min(left, 0.05))

    def stop(self) -> None:
        with self.world.changing():
            self.api.stopping.set()
        self.deliveries.stop()

    def _reaches_bot(self, message: Message) -> bool:
        """Each scope decides which messages are pushed ("Receive message")."""
        scopes = self.access.scopes
        if not message.chat.has_bot or not self.bot_url:
            return False
        if message.chat.is_private:
            return bool(scopes & PRIVATE_MESSAGES)
        mentioned = any(
            mention["id"]["open_id"] == self.credentials.bot_open_id for mention in message.mentions
        )
        return ALL_GROUP_MESSAGES in scopes or (mentioned and bool(scopes & MENTIONS))

    def _sealed(self, event: Event) -> tuple[bytes, dict[str, str]]:
        wrap = old_envelope if event.event_type == "p2p_chat_create" else envelope
        return seal(wrap(self.credentials, event), self.credentials)

    def _what_was_there(self, what: str, timeout: float) -> str:
        lines = [f"not within {timeout} s: {what or 'the predicate'}"]
        for message in self.messages[-5:]:
            who = message.sender.name if message.sender else "bot"
            pushes = [d.status or d.error for d in message.deliveries]
            lines.append(f"  {who}: {message.text[:120]!r} deliveries={pushes}")
        for call in self.calls[-5:]:
            lines.append(f"  {call.api} status={call.status} code={call.code}")
        return "\n".join(lines)
