"""What an app may read of itself, and how it asks for what it lacks."""

from __future__ import annotations

from feishu_simulator.access import Access
from feishu_simulator.api_request import ApiAnswer, ApiRequest, success
from feishu_simulator.developer_app import DeveloperApp
from feishu_simulator.refusals import Refusal
from feishu_simulator.state import PlatformState

# "Apply for scopes": so often for one version.
MOST_APPLICATIONS = 10


class AppInfoApi:
    """The handlers; each runs under the platform's lock and may raise Refusal."""

    def __init__(self, state: PlatformState, access: Access, app: DeveloperApp) -> None:
        self._state = state
        self._access = access
        self._app = app

    def app(self, request: ApiRequest) -> ApiAnswer:
        """The app as it is online ("Get app information").

        [field] `callback_info` is on no page, and comes all the same; `event` comes empty.
        """
        credentials, picture = self._state.credentials, self._app.in_force()
        if request.params["app_id"] not in ("me", credentials.app_id):
            raise Refusal(210505, "no permission to operate this app")
        online, waiting, owner = self._app.online, self._app.in_review, self._app.owner
        owner_id = owner.open_id if owner else ""
        shown = {
            "app_id": credentials.app_id,
            "app_name": credentials.bot_name,
            "avatar_url": "",
            "create_source": "developer_console",
            "creator_id": owner_id,
            "description": "",
            "event": {},
            "mobile_default_ability": "bot" if picture.has_bot else "",
            "online_version_id": online.version_id if online else "",
            "owner": {"owner_id": owner_id, "type": 2},
            "pc_default_ability": "bot" if picture.has_bot else "",
            "primary_language": "zh_cn",
            "scopes": [
                {"scope": name, "description": name, "level": 1, "token_types": ["tenant"]}
                for name in sorted(picture.scopes)
            ]
            if online
            else [],
            "status": self._app.admission.app_status,
            "unaudit_version_id": waiting.version_id if waiting else "",
        }
        if self._app.tells_callbacks:
            shown["callback_info"] = {
                "callback_type": picture.callback_type,
                "request_url": picture.card_url if picture.callback_type == "webhook" else "",
                "subscribed_callbacks": sorted(picture.callbacks),
            }
        return success({"app": shown})

    def apply_for_scopes(self, request: ApiRequest) -> ApiAnswer:
        """Ask the company's administrators for all that is declared and not granted."""
        missing = self._app.declared - self._access.scopes
        if not missing:
            raise Refusal(212002, "all scopes have been granted")
        if self._app.applications >= MOST_APPLICATIONS:
            raise Refusal(212004, "too many applications for this version")
        self._app.applications += 1
        return success({})
