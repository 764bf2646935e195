"""What the developer console says about events, and why a message doesn't reach the bot."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Literal

from feishu_simulator.access import ALL_GROUP_MESSAGES, MENTIONS, PRIVATE_MESSAGES
from feishu_simulator.messages import Message

RECEIVE = "im.message.receive_v1"
# The events of this platform that an app may subscribe to.
EVENTS = (
    RECEIVE,
    "im.message.recalled_v1",
    "im.message.reaction.created_v1",
    "im.message.reaction.deleted_v1",
    "im.chat.member.bot.added_v1",
    "im.chat.member.bot.deleted_v1",
    "im.chat.access_event.bot_p2p_chat_entered_v1",
    "p2p_chat_create",
    "application.bot.menu_v6",
)

# An edited message; not every console offers it.
EDITED = "im.message.updated_v1"
KNOWN_EVENTS = (*EVENTS, EDITED)
CLICK = "card.action.trigger"

Mode = Literal["webhook", "websocket"]
Unheard = Literal[
    "",
    "bot_not_in_chat",
    "no_address",
    "not_subscribed",
    "no_private_scope",
    "no_mention",
    "no_mention_scope",
]


@dataclass(slots=True)
class Subscription:
    """What is in force, changed under the platform's lock; drafts are in `developer_app.py`.

    `event_url` and `card_url` are the request URLs, of use in the mode "webhook" alone. Where
    `event_address` is off, as when nobody has saved the address, nothing is pushed to it; without
    `card_address` clicks get 200340.
    """

    events: set[str] = field(default_factory=lambda: set(KNOWN_EVENTS))
    callbacks: set[str] = field(default_factory=lambda: {CLICK})
    subscription_type: Mode = "webhook"
    callback_type: Mode = "webhook"
    event_url: str = ""
    card_url: str = ""
    event_address: bool = True
    card_address: bool = True

    @property
    def mode(self) -> Literal["webhook", "long_connection"]:
        """The way of the events as a bot calls it; setting it sets that of the callbacks, too."""
        return "webhook" if self.subscription_type == "webhook" else "long_connection"

    @mode.setter
    def mode(self, mode: Literal["webhook", "long_connection"]) -> None:
        kind: Mode = "webhook" if mode == "webhook" else "websocket"
        self.subscription_type = self.callback_type = kind

    @property
    def is_long_connection(self) -> bool:
        """Whether the bot opens the connection that events come through."""
        return self.mode == "long_connection"

    def takes(self, event_type: str) -> bool:
        """Whether such events are pushed; of those unknown here the app is taken to want all."""
        wanted = event_type in self.events or event_type not in KNOWN_EVENTS
        return wanted and (self.event_address or self.is_long_connection)


def why_unheard(
    message: Message, subscription: Subscription, scopes: Set[str], *, has_url: bool
) -> Unheard:
    """Why the bot doesn't get a person's message; "" if it does ("Receive message")."""
    if not message.chat.has_bot:
        return "bot_not_in_chat"
    if not subscription.is_long_connection and not (has_url and subscription.event_address):
        return "no_address"
    if not subscription.takes(RECEIVE):
        return "not_subscribed"
    if message.chat.is_private:
        return "" if scopes & PRIVATE_MESSAGES else "no_private_scope"
    if ALL_GROUP_MESSAGES in scopes:
        return ""
    if all(mention.get("mentioned_type") != "bot" for mention in message.mentions):
        return "no_mention"
    return "" if scopes & MENTIONS else "no_mention_scope"
