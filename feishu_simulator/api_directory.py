"""Tokens, the bot, its scopes, chats and users."""

from __future__ import annotations

from feishu_simulator.access import Access
from feishu_simulator.api_request import ApiAnswer, ApiRequest, document, success
from feishu_simulator.developer_app import DeveloperApp
from feishu_simulator.refusals import BAD_ID, Refusal
from feishu_simulator.state import PlatformState


class DirectoryApi:
    """The handlers; each runs under the platform's lock and may raise Refusal."""

    def __init__(self, state: PlatformState, access: Access, app: DeveloperApp) -> None:
        self._app = app
        self._state = state
        self._access = access

    def token(self, request: ApiRequest) -> ApiAnswer:
        """tenant_access_token and the seconds it is valid."""
        app_id, secret = request.body.get("app_id"), request.body.get("app_secret")
        if not self._app.exists:
            raise Refusal(10003, "invalid param", status=200)
        self._app.admission.check_token()
        token, left = self._access.issue(app_id, secret)
        answer = {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": int(left)}
        return document(answer)

    def bot_info(self, request: ApiRequest) -> ApiAnswer:
        """Under `bot`, not under `data` ("Get bot info")."""
        if not self._app.has_bot:
            raise Refusal(11205, "app do not have bot")
        bot = {
            "activate_status": self._app.admission.activate_status,
            "app_name": self._state.credentials.bot_name,
            "avatar_url": "",
            "ip_white_list": self._app.admission.ip_white_list,
            "open_id": self._state.credentials.bot_open_id,
        }
        return document({"code": 0, "msg": "ok", "bot": bot})

    def scopes(self, request: ApiRequest) -> ApiAnswer:
        return success({"scopes": self._access.grants()})

    def chat(self, request: ApiRequest) -> ApiAnswer:
        """Name and mode of a chat the bot is in."""
        chat = self._state.chats.get(request.params["chat_id"])
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
            "tenant_key": self._state.credentials.tenant_key,
        }
        if chat.mode == "group":
            data["group_message_type"] = "chat"
        return success(data)

    def user(self, request: ApiRequest) -> ApiAnswer:
        """The name needs its own scope besides the one for the call ("Get user")."""
        kind = request.query.get("user_id_type", "open_id")
        if kind not in ("open_id", "union_id", "user_id"):
            raise Refusal(BAD_ID, "user_id_type is invalid")
        for person in self._state.people.values():
            ids = person.ids()
            if ids[kind] == request.params["user_id"]:
                if "contact:user.base:readonly" in self._access.scopes:
                    ids = {**ids, "name": person.name, "en_name": person.name}
                return success({"user": ids})
        raise Refusal(41050, "no user authority error")
