"""The bot's menu and its panel of slash commands, as the set-up makes them in Feishu."""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Entry(NamedTuple):
    """A command with what people read of it."""

    command: str
    zh: str
    en: str


# Newest first is how Feishu lists them: the last one made stands at the top.
COMMANDS: Final = (
    Entry("new", "新话题", "New topic"),
    Entry("roles", "选一个角色", "Choose a role"),
    Entry("model", "选择模型", "Choose the model"),
    Entry("reload", "历史对话", "Earlier conversations"),
    Entry("settings", "设置", "Settings"),
    Entry("usage", "用量", "Usage"),
    Entry("help", "帮助", "Help"),
)
MENU: Final = tuple(entry for entry in COMMANDS if entry.command != "reload")
# "Bot menu": 2 sends an event, and 3 is the floating menu, five entries at a time.
EVENT_ENTRY: Final = 2
FLOATING: Final = 3


def menu() -> list[dict[str, Any]]:
    """The menu's entries, each an event that the bot takes for the command."""
    return [
        {
            "default_name": entry.zh,
            "i18n_name": {"zh_cn": entry.zh, "en_us": entry.en},
            "menu_content_type": EVENT_ENTRY,
            "event_key": entry.command,
        }
        for entry in MENU[:5]
    ]


def panel() -> list[dict[str, Any]]:
    """The commands that Feishu offers when somebody types a slash."""
    return [
        {
            "command": entry.command,
            "description": {
                "default_value": entry.zh,
                "i18n": {"zh_cn": entry.zh, "en_us": entry.en},
            },
        }
        for entry in reversed(COMMANDS)
    ]
