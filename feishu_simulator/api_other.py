"""Tokens, bot, scopes, chats, people, uploads and downloads."""

from __future__ import annotations

from feishu_simulator.access import Access
from feishu_simulator.api_request import ApiAnswer, ApiRequest, document, success
from feishu_simulator.refusals import BAD_ID, Refusal
from feishu_simulator.world import FILES, StoredFile, World, new_id, trim

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


class Others:
    """The handlers; each runs under the platform's lock and may raise Refusal."""

    def __init__(self, world: World, access: Access) -> None:
        self._world = world
        self._access = access

    def token(self, request: ApiRequest) -> ApiAnswer:
        app_id, secret = request.body.get("app_id"), request.body.get("app_secret")
        token, left = self._access.issue(app_id, secret)
        answer = {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": int(left)}
        return document(answer)

    def bot_info(self, request: ApiRequest) -> ApiAnswer:
        """Under `bot`, not under `data` ("Get bot info")."""
        bot = {
            "activate_status": 2,
            "app_name": self._world.credentials.bot_name,
            "avatar_url": "",
            "ip_white_list": [],
            "open_id": self._world.credentials.bot_open_id,
        }
        return document({"code": 0, "msg": "ok", "bot": bot})

    def scopes(self, request: ApiRequest) -> ApiAnswer:
        return success({"scopes": self._access.grants()})

    def chat(self, request: ApiRequest) -> ApiAnswer:
        chat = self._world.chats.get(request.params["chat_id"])
        if chat is None:
            raise Refusal(232006, "Your request specifies a chat_id which is invalid.")
        if not chat.has_bot:
            raise Refusal(232011, "Operator can NOT be out of the chat.")
        data = {
            "name": chat.name,
            "chat_mode": chat.mode,
            "chat_type": "private",
            "external": False,
            "user_count": str(len(chat.people)),
            "bot_count": "1",
            "tenant_key": self._world.credentials.tenant_key,
        }
        if chat.mode == "group":
            data["group_message_type"] = "chat"
        return success(data)

    def user(self, request: ApiRequest) -> ApiAnswer:
        """The name needs its own scope besides the one for the call ("Get user")."""
        kind = request.query.get("user_id_type", "open_id")
        if kind not in ("open_id", "union_id", "user_id"):
            raise Refusal(BAD_ID, "user_id_type is invalid")
        for person in self._world.people.values():
            ids = person.ids()
            if ids[kind] == request.params["user_id"]:
                if "contact:user.base:readonly" in self._access.scopes:
                    ids = {**ids, "name": person.name, "en_name": person.name}
                return success({"user": ids})
        raise Refusal(41050, "no user authority error")

    def upload_image(self, request: ApiRequest) -> ApiAnswer:
        image = request.files.get("image")
        if image is None or request.body.get("image_type") not in ("message", "avatar"):
            raise Refusal(234001, "Invalid request param.")
        _check_size(image, IMAGE_BYTES)
        mime = next((m for magic, m in _MAGIC.items() if image.data.startswith(magic)), "")
        if not mime:
            raise Refusal(234011, "Can't recognize image format.")
        key = new_id("img_v3")
        self._world.images[key] = StoredFile(image.data, image.name, mime)
        trim(self._world.images, FILES)
        return success({"image_key": key})

    def upload_file(self, request: ApiRequest) -> ApiAnswer:
        file = request.files.get("file")
        if file is None or request.body.get("file_type") not in FILE_TYPES:
            raise Refusal(234001, "Invalid request param.")
        _check_size(file, FILE_BYTES)
        key = new_id("file_v3")
        name = str(request.body.get("file_name") or file.name)
        self._world.files[key] = StoredFile(file.data, name, file.mime)
        trim(self._world.files, FILES)
        return success({"file_key": key})

    def resource(self, request: ApiRequest) -> ApiAnswer:
        kind = request.query.get("type")
        if kind not in ("image", "file"):
            raise Refusal(234001, "Invalid request param.")
        message = self._world.message(request.params["message_id"])
        if message.deleted:
            raise Refusal(230110, "The message has been deleted.")
        if not message.chat.has_bot:
            raise Refusal(234004, "The bot is not in the chat.")
        if message.message_type in ("sticker", "merge_forward", "interactive"):
            raise Refusal(234043, "Unsupported message type.")
        key = request.params["file_key"]
        stored = self._world.images.get(key) or self._world.files.get(key)
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
