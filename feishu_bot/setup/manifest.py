"""What the bot needs of its app in Feishu: scopes, events, callbacks.

The set-up asks for all of it, and the doctor compares. Names are those of the developer console.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

# What fails without a scope; the texts are in content/locales.
Feature = Literal[
    "answer",
    "private_chats",
    "groups",
    "read_messages",
    "cards",
    "files",
    "reactions",
    "greet_groups",
    "names",
    "whole_groups",
    "check",
    "configure",
    "command_panel",
]


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope and what it is for. Any one of `also` does as well.

    `is_required`: without it people get no answers. `is_asked`: the set-up asks for it; the others
    are for administrators to decide.
    """

    name: str
    feature: Feature
    also: tuple[str, ...] = ()
    is_required: bool = False
    is_asked: bool = True

    def is_in(self, granted: Collection[str]) -> bool:
        """Whether one of those that do is among the granted ones."""
        return any(name in granted for name in (self.name, *self.also))


# "Satisfied by" as Feishu's pages of each call list it, any one of several.
SCOPES: Final = (
    Scope("im:message:send_as_bot", "answer", ("im:message",), is_required=True),
    Scope(
        "im:message.p2p_msg:readonly", "private_chats", ("im:message.p2p_msg",), is_required=True
    ),
    Scope(
        "im:message.group_at_msg:readonly", "groups", ("im:message.group_at_msg",), is_required=True
    ),
    Scope("im:message:readonly", "read_messages", ("im:message",)),
    Scope("im:message:update", "cards", ("im:message", "im:message:send_as_bot")),
    Scope("cardkit:card:write", "cards"),
    Scope("im:resource", "files", ("im:resource:upload",)),
    Scope("im:message.reactions:write_only", "reactions", ("im:message",)),
    Scope("im:chat:readonly", "greet_groups", ("im:chat", "im:chat.members:bot_access")),
    Scope("contact:user.base:readonly", "names"),
    Scope("contact:contact.base:readonly", "names"),
    Scope("application:application:self_manage", "check", ("admin:app.info:readonly",)),
    Scope("application:application:patch", "configure"),
    Scope("application:app_slash_command:write", "command_panel"),
    # Sensitive: an administrator has to approve it, so nobody is asked without having wanted it.
    Scope(
        "im:message.group_msg", "whole_groups", ("im:message.group_msg:readonly",), is_asked=False
    ),
)

MESSAGE_EVENT: Final = "im.message.receive_v1"
# im.message.updated_v1 isn't among them: not every console offers it, and an unknown event may have
# Feishu refuse all of a change.
EVENTS: Final = (
    MESSAGE_EVENT,
    "im.message.recalled_v1",
    "im.chat.member.bot.added_v1",
    "im.chat.access_event.bot_p2p_chat_entered_v1",
    "application.bot.menu_v6",
)
CALLBACKS: Final = ("card.action.trigger",)

EVENT_PATH: Final = "/webhook/event"
CARD_PATH: Final = "/webhook/card"
