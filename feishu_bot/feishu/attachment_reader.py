"""Fetches what people attach to their messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from feishu_bot.core.messages import Attachment
from feishu_bot.errors import (
    FeishuError,
    FeishuUnavailable,
    MediaError,
    MediaErrorKind,
    PermissionMissing,
    RateLimited,
    TargetGone,
)
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.resources import DOWNLOAD_TIMEOUT, ResourceKind
from feishu_bot.feishu.message_reader import READ_SCOPE
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Seconds in which a download that got no answer is tried again: a person waits for it.
PATIENCE = 10.0
# The file isn't in this message, or this kind of message gives none out.
_ELSEWHERE = frozenset({234003, 234043})
# The codes of "Get resource of a message" that have no class of their own.
_KIND_BY_CODE: Mapping[int, MediaErrorKind] = {
    234037: "media_too_large",
    234038: "media_forbidden",
    234009: "media_forbidden",
    234004: "media_gone",
    234040: "media_gone",
}


class FeishuAttachmentReader:
    """Implements `core.attachments.AttachmentReader`. Thread safe; opens nothing by itself."""

    def __init__(
        self,
        client: FeishuClient,
        pacer: Pacer,
        *,
        timeout: float = DOWNLOAD_TIMEOUT,
        patience: float = PATIENCE,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` is that of one download, in seconds; `patience` that of repeats."""
        self._client = client
        self._pacer = pacer
        self._timeout = timeout
        self._patience = patience
        self._timer = timer

    def fetch(
        self, message_id: str, attachment: Attachment, *, most: int, inner_id: str = ""
    ) -> bytes:
        try:
            data = self._download(message_id, attachment, most)
        except FeishuError as exc:
            if not inner_id or exc.code not in _ELSEWHERE:
                raise _media_error(message_id, exc) from exc
            # By Feishu's pages forwards give nothing out; in fact they do, by the id of the
            # outermost one. In case that changes, the message itself is asked for, once.
            try:
                data = self._download(inner_id, attachment, most)
            except FeishuError as inner:
                raise _media_error(inner_id, inner) from inner
        if not data:
            raise MediaError("media_empty")
        return data

    def _download(self, message_id: str, attachment: Attachment, most: int) -> bytes:
        caller = PacedCaller(self._pacer, patience=self._patience, timer=self._timer)
        if not message_id:
            return caller.call(
                "image.get",
                lambda: self._client.resources.download_own_picture(
                    attachment.key, most=most, timeout=self._timeout
                ),
            )
        # "Get resource of a message": `file` is for recordings and videos, too.
        kind: ResourceKind = "image" if attachment.kind == "image" else "file"
        return caller.call(
            "resource.get",
            lambda: self._client.resources.download(
                message_id, attachment.key, kind=kind, most=most, timeout=self._timeout
            ),
        )


def _media_error(message_id: str, exc: FeishuError) -> MediaError:
    logger.info("attachment not fetched", id=message_id, error=str(exc))
    match exc:
        case PermissionMissing():
            return MediaError("media_scope_missing", READ_SCOPE)
        case FeishuUnavailable() | RateLimited():
            return MediaError("media_unavailable", str(exc))
        case TargetGone():
            return MediaError("media_gone", str(exc))
        case _:
            return MediaError(_KIND_BY_CODE.get(exc.code, "media_not_given"), str(exc))
