"""The pictures, files, recordings and videos of messages, fetched where the platform keeps them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, Protocol

from feishu_bot.core.messages import Attachment
from feishu_bot.core.notices import Notice
from feishu_bot.core.transcription import MOST_AUDIO
from feishu_bot.errors import MediaError

# Bytes, as the platform and its limits count.
MEGABYTE: Final = 1_000_000
# So many are in memory at once; the others wait.
AT_ONCE = 2
# Bytes; five minutes as Feishu records them.
SHORT_RECORDING = 1_500_000


def failure_notice(exc: MediaError, *, most: int, **params: str) -> Notice:
    """What to say of an attachment of which at most so many bytes are taken."""
    scope = exc.detail if exc.kind == "media_scope_missing" else ""
    return Notice(exc.kind, {"limit": f"{most / MEGABYTE:g}", "scope": scope, **params})


class AttachmentReader(Protocol):
    """Fetches what is attached to messages."""

    def fetch(
        self, message_id: str, attachment: Attachment, *, most: int, inner_id: str = ""
    ) -> bytes:
        """What is attached to a message, up to `most` bytes; at least one.

        `message_id` is the message as it was received, empty for a picture that the bot itself
        has uploaded, which no message gives out. For what is inside a forwarded chat that is
        the forward, and `inner_id` the message in it. May take a minute. Raises MediaError: any
        kind about fetching, "media_too_large" or "media_empty"; with "media_scope_missing" the
        detail is the scope.
        """


class AttachmentSource:
    """Gives attachments out, a few at a time: each is in memory until it has been read."""

    def __init__(self, reader: AttachmentReader, *, at_once: int = AT_ONCE) -> None:
        self._reader = reader
        self._free = threading.BoundedSemaphore(at_once)

    @contextmanager
    def opened(self, message_id: str, attachment: Attachment, *, most: int) -> Iterator[bytes]:
        """What is attached to a message, or to one before it that belongs to it.

        Up to `most` bytes. Raises MediaError.
        """
        came_in = attachment.message_id or message_id
        with self._free:
            yield self._reader.fetch(came_in, attachment, most=most, inner_id=attachment.inner_id)

    @contextmanager
    def recording(self, message_id: str, attachment: Attachment) -> Iterator[bytes]:
        """A recording. Raises MediaError.

        A service listens to it for a minute, maybe, and a short one takes little room meanwhile:
        nobody waits for that.
        """
        with ExitStack() as stack:
            data = stack.enter_context(self.opened(message_id, attachment, most=MOST_AUDIO))
            if len(data) <= SHORT_RECORDING:
                stack.close()
            yield data
