"""The simulated Feishu as tests and programs use it: people write, the bot gets the events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from feishu_simulator import clicks, user_messages
from feishu_simulator.access import Access
from feishu_simulator.administration import Administration
from feishu_simulator.api import PlatformApi
from feishu_simulator.challenge import Verification, verify
from feishu_simulator.clicks import ActionResult
from feishu_simulator.credentials import Credentials
from feishu_simulator.delivery import Deliveries
from feishu_simulator.developer_app import DeveloperApp
from feishu_simulator.events import Callback, Event, envelope, new_event_id
from feishu_simulator.faults import Faults
from feishu_simulator.long_connection.server import LongConnections
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.platform_events import PlatformEvents
from feishu_simulator.quirks import Quirks
from feishu_simulator.records import PlatformRecords
from feishu_simulator.registration import Registration
from feishu_simulator.state import PlatformState
from feishu_simulator.subscription import Subscription, why_unheard
from feishu_simulator.transmitter import Transmitter

EVENT_PATH = "/webhook/event"
CARD_PATH = "/webhook/card"


class Feishu(PlatformEvents, PlatformRecords, Administration):
    """Thread safe. Only `click`, `verify_url` and calls with `wait` wait for the bot.

    `event_url` and `card_url` are where events and card callbacks are pushed; `bot_url` sets both.
    Without an `event_url` nothing is pushed. With `subscription.mode` "long_connection" all go to
    who has opened a connection, and events wait for one.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        latency: float = 0.0,
        enforce_limits: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = self._bot_url = ""
        self.faults = Faults()
        self.subscription = Subscription()
        self.state = PlatformState(credentials, clock)
        self.access = Access(credentials, clock)
        self.app = DeveloperApp(self.state, self.access, self.subscription)
        self.registration = Registration(self.state, self.app, lambda: self.url)
        self.api = PlatformApi(self.state, self.access, self.faults, self.app)
        self.api.latency, self.api.enforce_limits = latency, enforce_limits
        deliveries = Deliveries(
            self.state,
            lambda event, seconds: self.transmitter.send_event(event, self.event_url, seconds),
            lambda event: self.subscription.takes(event.event_type),
        )
        self.long_connections = LongConnections(
            self.state, on_connect=deliveries.push_waiting, on_change=self.state.notify
        )
        self.transmitter = Transmitter(self.state, self.subscription, self.long_connections)
        super().__init__(self.state, deliveries)

    @property
    def credentials(self) -> Credentials:
        """Those in force: what the console has changed by a version counts from then on."""
        return self.state.credentials

    @property
    def bot_url(self) -> str:
        """The bot's address; setting it derives `event_url` and `card_url` from it."""
        return self._bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self._bot_url = url
        self.event_url = url and url + EVENT_PATH
        self.card_url = url and url + CARD_PATH

    @property
    def quirks(self) -> Quirks:
        """Departures of the platform from its pages."""
        return self.state.quirks

    @property
    def latency(self) -> float:
        """Seconds each API call takes at least."""
        return self.api.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.api.latency = seconds

    @property
    def enforce_limits(self) -> bool:
        """Whether calls over a rate limit are refused; they are counted anyway."""
        return self.api.enforce_limits

    @enforce_limits.setter
    def enforce_limits(self, enforced: bool) -> None:
        self.api.enforce_limits = enforced

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
        """Send a text message as *person* and push its event; with *wait* return after the push.

        Raises Refusal for a reply in a thread where the chat has no threads.
        """
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
        """Send rich text: paragraphs, or {"title", "content"}; options as for `say`."""
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
        """Send a message of any type; *content* as its event carries it."""
        quirks = self.quirks
        mentioned = user_messages.mention_list(
            self.credentials, mentions, bot=mention_bot, everyone=mention_all, quirks=quirks
        )
        everyone = mention_all and not quirks.numbered_everyone
        shown = user_messages.with_mentions(
            message_type, dict(content), mentioned, everyone=everyone
        )
        with self.state.change():
            message = self.state.add_message(
                chat,
                person,
                message_type,
                shown,
                target=reply_to,
                in_thread=in_thread,
                mentions=mentioned,
            )
            message.files = user_messages.files_in(shown)
            body = user_messages.receive_event(message, self.credentials, quirks)
            message.event = Event("im.message.receive_v1", new_event_id(), body)
            message.unheard = self._why_unheard(message)
        if message.pushed:
            self.deliveries.push(message.event, wait=wait)
        return message

    def forward(
        self, chat: Chat, person: Person, messages: Iterable[Message], **options: Any
    ) -> Message:
        """Forward messages together, as one message; options as for `say`."""
        ids = [message.message_id for message in messages]
        return self.send(chat, person, "merge_forward", {"forwarded": ids}, **options)

    def push(
        self,
        message: Message,
        *,
        again: bool = True,
        event_id: str | None = None,
        late: bool = False,
        wait: bool = False,
    ) -> None:
        """Push the message's event once more, under the same event_id unless another is given.

        With *again* false only when it was never pushed. With *late* the bot's answer counts as too
        late, so the platform retries.
        """
        event = message.event
        if event is None:
            raise ValueError("a message of the bot has no event")
        if event_id is not None:
            event = replace(event, event_id=event_id)
        if again or not event.deliveries:
            self.deliveries.push(event, late=late, wait=wait)

    def verify_url(self, path: str = "", *, encrypted: bool = True) -> Verification:
        """Send the challenge to `event_url` or a path of the bot, as the console does on saving."""
        return verify(self._url(path, self.event_url), self.credentials, encrypted=encrypted)

    def click(
        self,
        message: Message,
        value_or_button: Any,
        person: Person,
        form_value: Mapping[str, Any] | None = None,
        *,
        old: bool = False,
        encrypted: bool = True,
        path: str = "",
        **extra: Any,
    ) -> ActionResult:
        """Use a component of a card, wait for the bot's answer and apply it.

        *extra* goes into `action` as it is: option, options, input_value, checked. With *old* the
        callback has the format of the message card callback. There is no retry ("Card callback").
        """
        url = self._url(path, self.card_url)
        if not self.transmitter.takes_callbacks(url, old=old):
            return ActionResult(0, "", None, clicks.ADDRESS_MISSING)
        component = clicks.component_for(message, value_or_button)
        action = clicks.action_of(component, form_value, extra)
        if old:
            payload = clicks.old_callback(message, person, action, self.credentials.tenant_key)
        else:
            body = clicks.new_callback(message, person, action, self.credentials.tenant_key)
            event = Event("card.action.trigger", new_event_id(), body)
            payload = envelope(self.credentials, event, unit=1_000_000)
        response = self.transmitter.send_callback(
            payload, url, self.deliveries.answer_seconds, encrypted=encrypted, old=old
        )
        result = clicks.apply_response(self.state, message, response, old=old)
        callback = Callback(
            payload=payload,
            status=result.status,
            body=result.body,
            error_code=result.error_code,
            seconds=result.seconds,
            at=time.monotonic(),
        )
        with self.state.change():
            message.callbacks.append(callback)
        return result

    def stop(self) -> None:
        """End delays, streams of the page, pushes and retries."""
        with self.state.change():
            self.api.stopping.set()
        self.long_connections.stop()
        self.deliveries.stop()

    def _why_unheard(self, message: Message) -> str:
        has_url = bool(self.event_url)
        return why_unheard(message, self.subscription, self.access.scopes, has_url=has_url)

    def _url(self, path: str, default: str) -> str:
        return (self.bot_url and self.bot_url + path) if path else default
