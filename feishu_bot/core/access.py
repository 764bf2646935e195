"""Access: which messages are for the bot, and who may ask."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from feishu_bot.core.conversations import Conversations
from feishu_bot.core.messages import BotIdentity, IncomingMessage, Sender
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People
from feishu_bot.core.reply_target import ReplyTarget

# A flood of questions gets no flood of notices: seconds between two to the same person.
REFUSAL_SECONDS = 60.0


class Decision(StrEnum):
    """What to do with a message, and why. The names are for the log and the metrics."""

    ANSWER = "answer"
    FROM_A_BOT = "from_a_bot"
    FOR_OTHERS = "for_others"
    NOT_ADDRESSED = "not_addressed"


def should_answer(
    message: IncomingMessage,
    identity: BotIdentity,
    conversations: Conversations,
    *,
    answers_all: bool = False,
) -> Decision:
    """Private messages are for the bot; in a group those that name it or go on with it.

    Without a mention a message goes on when it replies to one of the bot's own messages or stands
    in a thread that the bot has answered in, unless it names somebody else. With `answers_all`
    every message of a group is for the bot that isn't for somebody else. (Feishu delivers messages
    without a mention only with the scope im:message.group_msg.)
    """
    if message.sender.is_bot or message.sender.open_id == identity.open_id != "":
        return Decision.FROM_A_BOT
    if message.chat_type == "p2p" or message.mentions_bot:
        return Decision.ANSWER
    if message.mentions:
        return Decision.FOR_OTHERS
    if answers_all:
        return Decision.FOR_OTHERS if message.mentions_all else Decision.ANSWER
    if message.parent_id and conversations.key_of(message.parent_id):
        return Decision.ANSWER
    is_reply = message.root_id or message.thread_id
    if is_reply and conversations.exists(conversations.resolve(message)):
        return Decision.ANSWER
    return Decision.NOT_ADDRESSED


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """Who may ask, as the administrator has set it: open_ids, user_ids or union_ids, chat_ids.

    Empty lists of allowed people and groups allow all. Admins may always ask.
    """

    allowed_users: Collection[str] = ()
    allowed_chats: Collection[str] = ()
    blocked_users: Collection[str] = ()
    admins: Collection[str] = ()

    def is_admin(self, sender: Sender) -> bool:
        return _is_among(sender, self.admins)

    def lists_as_blocked(self, open_id: str) -> bool:
        """Whether the settings block this person, whatever is decided in the chat."""
        return open_id in self.blocked_users

    def refusal_for(self, target: ReplyTarget, people: People) -> Notice | None:
        """Why the sender may not ask where they wrote; None when they may."""
        group = target.chat_id if target.chat_type == "group" else ""
        return self.refusal(target.sender, people, group=group)

    def refusal(self, sender: Sender, people: People, *, group: str = "") -> Notice | None:
        """Why this person may not ask in this group (by chat_id); None when they may.

        Without a group only the person counts: private chats are on no list.
        """
        if self.is_admin(sender):
            return None
        if _is_among(sender, self.blocked_users) or people.get(sender.open_id).is_blocked:
            return Notice("access_blocked")
        if self.allowed_users and not _is_among(sender, self.allowed_users):
            return Notice("access_person", {"id": sender.open_id})
        if self.allowed_chats and group and group not in self.allowed_chats:
            return Notice("access_chat", {"id": group})
        return None


def _is_among(sender: Sender, ids: Collection[str]) -> bool:
    return any(own in ids for own in sender.ids)


class RefusalThrottle:
    """Tells a person at most once a minute that they may not ask.

    `timer` is in seconds. Thread safe.
    """

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        # By person, oldest first: what they were told about, and when.
        self._told: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def is_due(self, open_id: str, reference: str) -> bool:
        """Whether to tell this person now.

        The same again at every try of it: `reference` is its task's dedupe id.
        """
        now = self._timer()
        with self._lock:
            while self._told and next(iter(self._told.values()))[1] <= now - REFUSAL_SECONDS:
                self._told.popitem(last=False)
            if open_id not in self._told:
                self._told[open_id] = (reference, now)
            return self._told[open_id][0] == reference


def is_addressed(message: IncomingMessage, conversations: Conversations) -> bool:
    """Whether a message is meant for the bot itself, and not only heard by it."""
    if message.chat_type == "p2p" or message.mentions_bot:
        return True
    return bool(message.parent_id and conversations.key_of(message.parent_id))
