"""Versions of an app, and what of it waits for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from feishu_simulator.subscription import Mode

# "Get the list of app versions".
Status = Literal[1, 2, 3, 4]
APPROVED: Status = 1
REJECTED: Status = 2
IN_REVIEW: Status = 3
NOT_SUBMITTED: Status = 4

# Names of events as the console shows them.
EVENT_NAMES = {
    "im.message.receive_v1": "接收消息",
    "im.message.recalled_v1": "消息撤回",
    "im.message.updated_v1": "消息被编辑",
    "im.message.reaction.created_v1": "新增消息表情回复",
    "im.message.reaction.deleted_v1": "删除消息表情回复",
    "im.chat.member.bot.added_v1": "机器人进群",
    "im.chat.member.bot.deleted_v1": "机器人被移出群",
    "im.chat.access_event.bot_p2p_chat_entered_v1": "用户进入与机器人的会话",
    "p2p_chat_create": "首次会话",
    "application.bot.menu_v6": "机器人自定义菜单事件",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a version holds of the app: its own state when it was made, or the draft.

    `visible_to` are open_ids, None for everybody.
    """

    subscription_type: Mode
    callback_type: Mode
    event_url: str
    card_url: str
    events: frozenset[str]
    callbacks: frozenset[str]
    scopes: frozenset[str]
    has_bot: bool
    menu: tuple[Mapping[str, Any], ...] = ()
    visible_to: frozenset[str] | None = None
    encrypt_key: str = field(default="", repr=False)
    verification_token: str = field(default="", repr=False)


@dataclass(slots=True, eq=False, kw_only=True)
class Version:
    """One version; `publish_time` in seconds since 1970, 0 while it isn't published."""

    version_id: str
    number: str
    picture: Picture
    status: Status = NOT_SUBMITTED
    publish_time: int = 0
    remark: str = ""
    changelog: str = ""
    create_time: int = 0

    def as_json(self, app_id: str, creator: str) -> dict[str, Any]:
        """As "Get version info" gives it."""
        picture, visible = self.picture, self.picture.visible_to
        events = sorted(picture.events)
        return {
            "app_id": app_id,
            "version": self.number,
            "version_id": self.version_id,
            "create_time": str(self.create_time),
            "publish_time": str(self.publish_time) if self.publish_time else "",
            "status": self.status,
            "events": [EVENT_NAMES.get(name, name) for name in events],
            "event_infos": [
                {
                    "event_type": name,
                    "event_name": EVENT_NAMES.get(name, name),
                    "event_description": "",
                }
                for name in events
            ],
            "scopes": [
                {"scope": name, "level": 1, "token_types": ["tenant"]}
                for name in sorted(picture.scopes)
            ],
            "ability": {"bot": {"card_request_url": picture.card_url}} if picture.has_bot else {},
            "remark": {
                "remark": self.remark,
                "update_remark": self.changelog,
                "visibility": {
                    "is_all": visible is None,
                    "visible_list": {
                        "open_ids": [{"user_id": one} for one in sorted(visible or ())],
                        "department_ids": [],
                    },
                    "invisible_list": {"open_ids": [], "department_ids": []},
                },
            },
            "app_version_creator": creator,
        }


def number_of(version: str) -> tuple[int, ...]:
    """X.Y.Z as it is compared; empty for anything else."""
    parts = version.split(".")
    fits = len(parts) == 3 and all(part.isascii() and part.isdecimal() for part in parts)
    return tuple(int(part) for part in parts) if fits else ()
