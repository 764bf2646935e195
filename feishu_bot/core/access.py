"""Whether a message is for the bot. Each refusal has a name, for the log and the metrics."""

from __future__ import annotations

from enum import StrEnum

from feishu_bot.core.models import BotIdentity, IncomingMessage
from feishu_bot.core.ports import Conversations


class Verdict(StrEnum):
    """What to do with a message, and why."""

    ANSWER = "answer"
    FROM_A_BOT = "from_a_bot"
    FOR_OTHERS = "for_others"
    NOT_ADDRESSED = "not_addressed"


def decide(
    message: IncomingMessage, identity: BotIdentity, conversations: Conversations
) -> Verdict:
    """Private messages are for the bot; in a group those that name it or go on with it.

    Without a mention a message goes on when it replies to one of the bot's own messages or stands
    in a thread that the bot has answered in, unless it names somebody else. (Feishu delivers such
    messages only with the scope im:message.group_msg.)
    """
    if message.sender.is_bot or message.sender.open_id == identity.open_id != "":
        return Verdict.FROM_A_BOT
    if message.chat_type == "p2p" or message.mentions_bot:
        return Verdict.ANSWER
    if message.mentions:
        return Verdict.FOR_OTHERS
    if message.parent_id and conversations.key_of(message.parent_id):
        return Verdict.ANSWER
    is_reply = message.root_id or message.thread_id
    if is_reply and conversations.exists(conversations.resolve(message)):
        return Verdict.ANSWER
    return Verdict.NOT_ADDRESSED
