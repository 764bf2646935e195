"""The part of an answer that comes as plain messages, where Feishu takes none of our cards."""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.feishu.cards.plain_text import split_plain_text
from feishu_bot.feishu.streaming.reply_sender import ReplySender

# "Send message": 150 KB a text message.
MESSAGE_BYTES = 100_000


class TextMessages:
    """`sent` is called after each message; `ids` are those of all so far."""

    def __init__(self, replies: ReplySender, sent: Callable[[], None]) -> None:
        self._replies = replies
        self._sent = sent
        self.ids: tuple[str, ...] = ()

    def send(self, text: str) -> None:
        """Send the text in as many messages as it needs. Raises FeishuError."""
        while text:
            head, text = split_plain_text(text, MESSAGE_BYTES)
            reply = self._replies.send("text", {"text": head}, f"text-{len(self.ids)}")
            self.ids += (reply.message_id,)
            self._sent()

    def send_picture(self, key: str) -> None:
        """Send a picture of the answer. Raises FeishuError."""
        reply = self._replies.send("image", {"image_key": key}, f"text-{len(self.ids)}")
        self.ids += (reply.message_id,)
        self._sent()
