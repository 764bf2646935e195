"""Uploads of images and files, and downloads of what is in messages."""

from __future__ import annotations

from feishu_simulator.api_request import ApiAnswer, ApiRequest, success
from feishu_simulator.refusals import Refusal
from feishu_simulator.state import FILES, PlatformState, StoredFile, new_id, trim

IMAGE_BYTES = 10 * 1024 * 1024
FILE_BYTES = 30 * 1024 * 1024
FILE_TYPES = frozenset(["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"])
_MAGIC = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
    b"BM": "image/bmp",
}


class FileApi:
    """The handlers; each runs under the platform's lock and may raise Refusal."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state

    def upload_image(self, request: ApiRequest) -> ApiAnswer:
        """Store an image; its format is read from its first bytes."""
        image = request.files.get("image")
        if image is None or request.body.get("image_type") not in ("message", "avatar"):
            raise Refusal(234001, "Invalid request param.")
        _check_size(image, IMAGE_BYTES)
        mime = next((m for magic, m in _MAGIC.items() if image.data.startswith(magic)), "")
        if not mime:
            raise Refusal(234011, "Can't recognize image format.")
        key = new_id("img_v3")
        self._state.images[key] = StoredFile(image.data, image.name, mime)
        trim(self._state.images, FILES)
        return success({"image_key": key})

    def upload_file(self, request: ApiRequest) -> ApiAnswer:
        """Store a file of one of FILE_TYPES."""
        file = request.files.get("file")
        if file is None or request.body.get("file_type") not in FILE_TYPES:
            raise Refusal(234001, "Invalid request param.")
        _check_size(file, FILE_BYTES)
        key = new_id("file_v3")
        name = str(request.body.get("file_name") or file.name)
        self._state.files[key] = StoredFile(file.data, name, file.mime)
        trim(self._state.files, FILES)
        return success({"file_key": key})

    def resource(self, request: ApiRequest) -> ApiAnswer:
        """Download an image or file of a message the bot can see."""
        kind = request.query.get("type")
        if kind not in ("image", "file"):
            raise Refusal(234001, "Invalid request param.")
        message = self._state.message(request.params["message_id"])
        if message.deleted:
            raise Refusal(230110, "The message has been deleted.")
        if not message.chat.has_bot:
            raise Refusal(234004, "The bot is not in the chat.")
        if message.message_type in ("sticker", "merge_forward", "interactive"):
            raise Refusal(234043, "Unsupported message type.")
        key = request.params["file_key"]
        stored = self._state.images.get(key) or self._state.files.get(key)
        if stored is None or key not in message.files:
            raise Refusal(234003, "File not in msg.")
        name = stored.name.encode().decode("latin-1")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return ApiAnswer(200, stored.data, 0, stored.mime, headers)


def _check_size(file: StoredFile, limit: int) -> None:
    if not file.data:
        raise Refusal(234010, "File's size can't be 0.")
    if len(file.data) > limit:
        raise Refusal(234006, "The file size exceeds the maximum value.")
