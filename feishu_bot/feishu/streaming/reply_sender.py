"""Sends the messages of one answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.errors import FeishuError, ThreadUnsupported
from feishu_bot.feishu.api.client import FeishuClient, MessageReply
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class ReplySender:
    """Replies to one message, in its thread where there is one.

    Without a message it writes to the chat, and without a chat to the person. With
    `may_leave_message` it does so too where Feishu takes no reply to the message, for whatever
    reason. `reference` is the same at every try of the same answer.
    """

    client: FeishuClient
    caller: PacedCaller
    message_id: str
    chat_id: str
    open_id: str
    in_thread: bool
    reference: str
    may_leave_message: bool = False

    def send(self, message_type: str, content: Mapping[str, Any], part: str) -> MessageReply:
        """Send `content`, once for this `part` of the answer. Raises FeishuError."""
        uuid = _uuid(f"{self.reference}:{part}")
        if not self.message_id:
            return self._create(message_type, content, uuid)
        try:
            return self._reply(message_type, content, uuid)
        except ThreadUnsupported:
            self.in_thread = False
            return self.send(message_type, content, part)
        except FeishuError as exc:
            # A subclass has a reason that holds for the chat, or for the content.
            if type(exc) is not FeishuError or not self.may_leave_message:
                raise
            logger.warning("no reply taken, writing to the chat", error=str(exc))
            sent = self._create(message_type, content, uuid)
            self.message_id = ""
            return sent

    def _reply(self, message_type: str, content: Mapping[str, Any], uuid: str) -> MessageReply:
        return self.caller.call(
            "message.reply",
            lambda: self.client.reply(
                self.message_id, message_type, content, uuid=uuid, in_thread=self.in_thread
            ),
            chat=self.chat_id,
        )

    def _create(self, message_type: str, content: Mapping[str, Any], uuid: str) -> MessageReply:
        receiver = self.chat_id or self.open_id
        return self.caller.call(
            "message.create",
            lambda: self.client.create_message(receiver, message_type, content, uuid=uuid),
            chat=receiver,
        )


def _uuid(reference: str) -> str:
    """A reference as Feishu takes it for a uuid: 40 characters, the same for the same words."""
    return hashlib.sha256(reference.encode()).hexdigest()[:40]
