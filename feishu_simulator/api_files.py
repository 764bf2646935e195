"""Uploads of images and files ("Upload an image", "Upload a file")."""

from __future__ import annotations

from feishu_simulator.api_request import ApiAnswer, ApiRequest, success
from feishu_simulator.picture_sizes import picture_facts
from feishu_simulator.refusals import Refusal
from feishu_simulator.state import FILES, PlatformState, StoredFile, new_id, trim

IMAGE_BYTES = 10 * 1024 * 1024
FILE_BYTES = 30 * 1024 * 1024
FILE_TYPES = frozenset(["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"])
# Pixels of a side: of a GIF, of other pictures.
GIF_SIDE = 2000
IMAGE_SIDE = 12_000


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
        facts = picture_facts(image.data)
        if facts is None:
            raise Refusal(234011, "Can't recognize image format.")
        if max(facts.width, facts.height) > (GIF_SIDE if "gif" in facts.mime else IMAGE_SIDE):
            raise Refusal(234039, "Image resolution exceeds limit.")
        key = new_id("img_v3")
        self._state.images[key] = StoredFile(image.data, image.name, facts.mime, is_own=True)
        trim(self._state.images, FILES)
        return success({"image_key": key})

    def download_image(self, request: ApiRequest) -> ApiAnswer:
        """Give back an image that the bot itself has uploaded ("Download image")."""
        stored = self._state.images.get(request.params["image_key"])
        if stored is None:
            raise Refusal(234001, "Invalid request param.")
        if not stored.is_own:
            raise Refusal(234008, "The app is not the resource sender.")
        headers = {"Content-Disposition": 'attachment; filename="image"'}
        return ApiAnswer(200, stored.data, 0, stored.mime, headers)

    def upload_file(self, request: ApiRequest) -> ApiAnswer:
        """Store a file of one of FILE_TYPES."""
        file = request.files.get("file")
        if file is None or request.body.get("file_type") not in FILE_TYPES:
            raise Refusal(234001, "Invalid request param.")
        _check_size(file, FILE_BYTES)
        key = new_id("file_v3")
        name = str(request.body.get("file_name") or file.name)
        kind = str(request.body["file_type"])
        duration = str(request.body.get("duration") or "")
        if duration and not duration.isdecimal():
            raise Refusal(234001, "Invalid request param.")
        self._state.files[key] = StoredFile(
            file.data, name, file.mime, kind=kind, milliseconds=int(duration or 0)
        )
        trim(self._state.files, FILES)
        return success({"file_key": key})


def check_file(state: PlatformState, kind: str, key: str) -> None:
    """Raise Refusal where a message of this kind can't hold the file ("Send message")."""
    stored = state.files.get(key)
    if stored is None:
        raise Refusal(230017, "Bot is NOT the owner of the resource.")
    fits = {"audio": {"opus"}, "media": {"mp4"}}.get(kind, FILE_TYPES - {"opus", "mp4"})
    # What people uploaded has no type that the bot named.
    if stored.kind and stored.kind not in fits:
        raise Refusal(230055, "The type of file upload does not match the type of message.")


def _check_size(file: StoredFile, limit: int) -> None:
    if not file.data:
        raise Refusal(234010, "File's size can't be 0.")
    if len(file.data) > limit:
        raise Refusal(234006, "The file size exceeds the maximum value.")
