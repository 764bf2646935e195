"""What is pressed on the bot's cards, answered while Feishu waits."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.card_actions import CardAction, CardClick, ClickResponse, toast
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.effective_settings import Languages
from feishu_bot.core.people import People

logger = logging.getLogger(__name__)

# Binding a card that was just sent takes milliseconds; a click must be answered in three seconds.
BOUND_WITHIN = 0.5
BIND_SECONDS = 0.05


class Pressing:
    """Finds the card's conversation and the family that knows its button.

    `patience` is how many seconds a click waits for its card to be known.
    """

    def __init__(
        self,
        *,
        conversations: Conversations,
        people: People,
        commands: Commands,
        languages: Languages,
        policy: AccessPolicy,
        patience: float,
    ) -> None:
        self._conversations = conversations
        self._people = people
        self._commands = commands
        self._languages = languages
        self._policy = policy
        self._patience = patience

    def act(self, action: CardAction) -> ClickResponse:
        """Take a click on a card in; what comes back is shown to who pressed it, at once."""
        key = self._key_pressed(action.message_id)
        # The click doesn't tell what kind of chat it comes from.
        own_chat = self._people.get(action.operator.open_id).private_chat
        is_private = key is not None and own_chat == key.chat_id
        # Somebody whose private chat isn't known may be just there.
        group = key.chat_id if key and own_chat and not is_private else ""
        refusal = self._policy.refusal(action.operator, self._people, group=group)
        if refusal:
            return toast(refusal.kind, severity="warning", **refusal.params)
        handler = self._commands.actions.get(str(action.value.get("act")))
        if handler is None:
            logger.info("card action unknown message_id=%s", action.message_id)
            return toast("action_unknown", severity="warning")
        if key is None:
            return toast("conversation_unknown", severity="warning")
        response = handler(
            CardClick(
                action=action,
                key=key,
                language=self._languages.of(action.operator.open_id, key.chat_id),
                is_admin=self._policy.is_admin(action.operator),
                chat_type="p2p" if is_private else "group",
            )
        )
        return replace(response, for_many=not is_private)

    def _key_pressed(self, message_id: str) -> ConversationKey | None:
        """The conversation of a card; it may be pressed before whoever sent it has noted that."""
        deadline = time.monotonic() + self._patience
        while True:
            key = self._conversations.key_of(message_id)
            if key is not None or time.monotonic() >= deadline:
                return key
            time.sleep(BIND_SECONDS)
