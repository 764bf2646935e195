"""Tenant tokens and scopes."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from feishu_simulator.credentials import Credentials
from feishu_simulator.refusals import SCOPE_MISSING, TOKEN_INVALID, Refusal

TOKEN_SECONDS = 7200.0
RENEWAL_SECONDS = 1800.0

ALL_GROUP_MESSAGES = "im:message.group_msg"
PRIVATE_MESSAGES = frozenset({"im:message.p2p_msg:readonly", "im:message.p2p_msg"})
MENTIONS = frozenset({"im:message.group_at_msg:readonly", "im:message.group_at_msg"})

GRANTED = frozenset(
    {
        "im:message:send_as_bot", "im:message:readonly", "im:message:update", "im:message:recall",
        "im:message.p2p_msg:readonly", "im:message.group_at_msg:readonly",
        "im:message.reactions:write_only", "im:message.reactions:read", "im:resource",
        "im:chat:readonly", "im:chat.members:bot_access", "cardkit:card:write",
        "contact:user.base:readonly", "contact:contact.base:readonly",
        "contact:user.employee_id:readonly", "im:message:send_sys_msg",
        "application:application:self_manage", "application:application:patch",
        "application:app_slash_command:read", "application:app_slash_command:write",
    }
)  # fmt: skip
KNOWN = GRANTED | {
    "im:message",
    ALL_GROUP_MESSAGES,
    "im:message.p2p_msg",
    "im:chat:read",
    "cardkit:card:read",
}

_SEND = ("im:message", "im:message:send_as_bot")
_READ = ("im:message", "im:message:readonly")
_UPDATE = ("im:message", "im:message:send_as_bot", "im:message:update")
_REACT = ("im:message", "im:message.reactions:write_only")
_UPLOAD = ("im:resource", "im:resource:upload")
_MANAGE = ("application:application:self_manage", "admin:app.info:readonly")
_PANEL = ("application:app_slash_command:read", "application:app_slash_command:write")

# Any one scope of a line is enough; the pages of the APIs list them under "Permission".
NEEDED: dict[str, tuple[str, ...]] = {
    "message.create": _SEND,
    "message.reply": _SEND,
    "message.get": _READ,
    "message.list": _READ,
    "message.patch": _UPDATE,
    "message.update": _UPDATE,
    "message.delete": ("im:message", "im:message:recall", "im:message:send_as_bot"),
    "reaction.create": _REACT,
    "reaction.delete": _REACT,
    "reaction.list": (*_READ, "im:message.reactions:read"),
    "image.create": _UPLOAD,
    "file.create": _UPLOAD,
    "resource.get": _READ,
    "chat.get": ("im:chat", "im:chat:readonly", "im:chat:read"),
    "user.get": ("contact:contact.base:readonly",),
    **dict.fromkeys(("app", "app.versions", "app.version"), _MANAGE),
    **dict.fromkeys(
        ("app.config", "app.ability", "app.base", "app.publish"),
        ("application:application:patch",),
    ),
    "panel.list": _PANEL,
    **dict.fromkeys(("panel.create", "panel.update", "panel.delete"), _PANEL[1:]),
    # "Convert ID": not the scope of all other calls of CardKit.
    "card.id_convert": ("cardkit:card:read",),
}
FREE = frozenset({"token", "bot.info", "scopes", "scopes.apply"})


class Access:
    """Not thread safe: the platform's lock is held around it."""

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        # The console can reset it.
        self.app_secret = credentials.app_secret
        self._clock = clock
        self._expiry_by_token: dict[str, float] = {}
        self._newest = ""
        self.scopes: set[str] = set(GRANTED)
        self.token_seconds = TOKEN_SECONDS

    def issue(self, app_id: object, app_secret: object) -> tuple[str, float]:
        """A token and its seconds left; the newest one again while it has 30 minutes or more.

        Raises Refusal: 10003 for an unknown app [field], 10015 for the wrong secret ("Get
        tenant_access_token"), both with HTTP 200 as that endpoint answers.
        """
        if not app_id or not app_secret or app_id != self._credentials.app_id:
            raise Refusal(10003, "invalid param", status=200)
        if app_secret != self.app_secret:
            raise Refusal(10015, "app secret invalid", status=200)
        left = self._expiry_by_token.get(self._newest, 0.0) - self._clock()
        if left < min(RENEWAL_SECONDS, self.token_seconds / 4):
            self._newest = f"t-{uuid.uuid4().hex}"
            left = self.token_seconds
            self._expiry_by_token[self._newest] = self._clock() + left
        return self._newest, left

    def revoke(self) -> None:
        """Invalidate every token issued so far (99991663)."""
        self._expiry_by_token.clear()
        self._newest = ""

    def reset_secret(self, secret: str) -> None:
        """What the console's button does: another secret, and no token of the old one is good."""
        self.app_secret = secret
        self.revoke()

    def check(self, api: str, authorization: str) -> None:
        """Raises Refusal for a missing, malformed or stale token and for a missing scope."""
        if not authorization:
            raise Refusal(99991661, "Missing access token for authorization.")
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            raise Refusal(99991671, "Invalid access token, wrong prefix.")
        if self._expiry_by_token.get(token, 0.0) <= self._clock():
            raise Refusal(TOKEN_INVALID, "Invalid access token for authorization.")
        self.check_scope(api)

    def check_scope(self, api: str) -> None:
        """Raises Refusal (99991672) when the app has none of the scopes the API needs."""
        if api in FREE:
            return
        needed = NEEDED.get(api, ("cardkit:card:write",))
        if not self.scopes.intersection(needed):
            names = ", ".join(needed)
            raise Refusal(
                SCOPE_MISSING,
                f"Access denied. One of the following scopes is required: [{names}]. "
                f"https://open.feishu.cn/app/{self._credentials.app_id}/auth?q={','.join(needed)}",
            )

    def grants(self) -> list[dict[str, object]]:
        """Every known scope with its grant_status, 1 for granted ("List scopes")."""
        names = sorted(KNOWN | self.scopes)
        return [{"scope_name": n, "grant_status": 1 if n in self.scopes else 2} for n in names]
