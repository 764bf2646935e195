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
    """Changed under the platform's lock. `missing` are types that the app has not subscribed to.

    `mode` is the way that events and card callbacks take. With a webhook nothing is pushed without
    `event_address`; without `card_address` clicks get 200340.
    """

    missing: set[str] = field(default_factory=set)
    event_address: bool = True
    card_address: bool = True
    mode: Literal["webhook", "long_connection"] = "webhook"

    @property
    def is_long_connection(self) -> bool:
        """Whether the bot opens the connection that events come through."""
        return self.mode == "long_connection"

    def takes(self, event_type: str) -> bool:
        """Whether such events are pushed."""
        return (self.event_address or self.is_long_connection) and event_type not in self.missing


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
