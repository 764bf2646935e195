"""Brings pictures that were drawn to Feishu: what is paid is never thrown away without a word."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from feishu_bot.core.jobs import Job
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.notices import Notice
from feishu_bot.core.pictures import PictureReader
from feishu_bot.errors import FeishuError, FeishuUnavailable, MediaError, PermissionMissing
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# A pixel, to be uploaded before anything is paid.
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
# "Upload a file": 30 MB.
_MOST_FILE = 30_000_000


@dataclass(frozen=True, slots=True)
class Delivered:
    """The keys of what is uploaded, and what to say of what isn't as it was drawn."""

    keys: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


class PictureDelivery:
    """Uploads. Thread safe."""

    def __init__(self, messenger: Messenger, pictures: PictureReader) -> None:
        self._messenger = messenger
        self._pictures = pictures
        self._has_worked = False

    def refusal(self) -> Notice | None:
        """Why nothing can be uploaded; asked once in each process, before anything is paid."""
        if self._has_worked:
            return None
        try:
            self._messenger.upload_picture(_PIXEL)
        except PermissionMissing:
            return Notice("permission_missing", {"scope": "im:resource"})
        except FeishuError as exc:
            # That says nothing about a real picture.
            logger.info("upload not known to work", error=str(exc))
        else:
            self._has_worked = True
        return None

    def deliver(self, job: Job, drawn: tuple[bytes, ...]) -> Delivered:
        """Upload what was drawn. What Feishu doesn't take as a picture is sent as a file."""
        keys: list[str] = []
        # One of each kind: the same is true of several pictures.
        notices: dict[str, Notice] = {}
        for number, data in enumerate(drawn, 1):
            try:
                keys.append(self._messenger.upload_picture(data))
                self._has_worked = True
            except PermissionMissing:
                notices["permission_missing"] = Notice(
                    "permission_missing", {"scope": "im:resource"}
                )
            except FeishuUnavailable as exc:
                logger.warning("picture not uploaded", error=str(exc))
                notices["picture_undelivered"] = Notice("picture_undelivered")
            except FeishuError as exc:
                logger.warning("picture refused, sending it as a file", error=str(exc))
                keys += self._smaller(data)
                kind = self._as_file(job, data, number)
                notices[kind] = Notice(kind)
        return Delivered(tuple(keys), tuple(notices.values()))

    def _smaller(self, data: bytes) -> list[str]:
        """The key of a smaller picture of the same, if there can be one."""
        try:
            return [self._messenger.upload_picture(self._pictures.picture(data).data)]
        except (FeishuError, MediaError) as exc:
            logger.info("no smaller picture", error=str(exc))
            return []

    def _as_file(self, job: Job, data: bytes, number: int) -> str:
        """Send the picture as a file; the kind of the notice that says what came of it."""
        if len(data) > _MOST_FILE:
            return "picture_reduced"
        name = f"picture-{number}.{_suffix(data)}"
        try:
            self._messenger.send_file(
                job.target, name, data, reference=f"{job.dedupe_id}:picture{number}"
            )
        except FeishuError as exc:
            logger.warning("picture not sent as a file", error=str(exc))
            return "picture_reduced"
        return "picture_as_file"


def _suffix(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"GIF8"):
        return "gif"
    return "webp" if data.startswith(b"RIFF") else "png"
