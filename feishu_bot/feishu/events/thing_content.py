"""The text of messages that are made, not written: places, tasks, polls, events, meetings."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from feishu_bot.feishu.events.fields import as_dict, as_list, as_text, seconds
from feishu_bot.feishu.events.rich_text import RichText

MOST_OPTIONS = 100
_NAMES = re.compile(r"\{(from_user|to_chatters|name|old_name|new_name)\}")


def thing_text(kind: str, content: Mapping[str, Any]) -> str:
    """What such a message says; empty for kinds that say nothing ("Message content")."""
    return "\n".join(filter(None, _lines(kind, content)))


def _lines(kind: str, content: Mapping[str, Any]) -> Iterator[str]:
    match kind:
        case "todo":
            yield RichText(as_dict(content.get("summary"))).text or as_text(content.get("summary"))
            yield _labelled("due", _time(content.get("due_time")))
        case "vote":
            yield as_text(content.get("topic"))
            for option in as_list(content.get("options"))[:MOST_OPTIONS]:
                yield f"- {as_text(option)}"
        case "location":
            yield as_text(content.get("name"))
            for name in ("longitude", "latitude"):
                # Strings by the page; numbers cost nothing to read.
                value = content.get(name)
                is_given = isinstance(value, str | int | float) and value != ""
                yield _labelled(name, str(value)[:20] if is_given else "")
        case "share_calendar_event" | "calendar" | "general_calendar":
            yield as_text(content.get("summary"))
            yield _labelled("from", _time(content.get("start_time")))
            yield _labelled("to", _time(content.get("end_time")))
        case "video_chat":
            yield as_text(content.get("topic"))
            yield _labelled("from", _time(content.get("start_time")))
            yield _labelled("meeting number", as_text(content.get("meet_number")))
        case "system":
            yield _filled(as_text(content.get("template")), content)
            yield as_text(as_dict(content.get("divider_text")).get("text"))


def _labelled(label: str, value: str) -> str:
    return f"{label}: {value}" if value else ""


def _filled(template: str, content: Mapping[str, Any]) -> str:
    """A notice of Feishu with the names in it."""

    def names(found: re.Match[str]) -> str:
        value = content.get(found[1])
        listed = value if isinstance(value, list) else [value]
        return ", ".join(filter(None, map(as_text, listed[:MOST_OPTIONS])))

    return _NAMES.sub(names, template)


def _time(milliseconds: object) -> str:
    """A time in milliseconds, by the server's clock; empty for anything else."""
    try:
        at = seconds(milliseconds)
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at > 0 else ""
    except (OverflowError, ValueError, OSError):
        return ""
