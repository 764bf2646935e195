"""Which turn a command is about, and who may have it answered again."""

from __future__ import annotations

from feishu_bot.core.commands.registry import CommandContext
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.messages import Sender


def target_turn(conversations: Conversations, context: CommandContext) -> Turn | None:
    """The turn that the message replies to, else the newest one of the conversation."""
    replied_to = context.task.branch_point
    if replied_to:
        turn = conversations.turn_of(replied_to)
        if turn is not None:
            return turn
    turns = conversations.load(context.key).turns
    return turns[-1] if turns else None


def can_regenerate(turn: Turn, who: Sender, is_admin: bool) -> bool:
    """The asker and admins; anyone where it isn't known who asked."""
    return is_admin or turn.asker in ("", who.open_id)
