"""What people can send from the page besides words and files: one sample of each kind."""

from __future__ import annotations

import time
from typing import Any

from feishu_simulator.people import Chat, Person

# In the order in which the page offers them.
THINGS = (
    "sticker", "location", "vote", "todo", "calendar", "video_chat", "interactive", "share_user",
    "share_chat", "hongbao", "folder",
)  # fmt: skip
# A forward takes a message and what was said after it, up to so many.
MOST_FORWARDED = 20


def sample(kind: str, chat: Chat, person: Person) -> dict[str, Any]:
    """The content of a message of this kind ("Message content"); times are strings of ms."""
    now = int(time.time())
    hour = {"start_time": f"{now + 3600}000", "end_time": f"{now + 7200}000"}
    match kind:
        case "location":
            return {"name": "虹桥火车站", "longitude": "121.3202", "latitude": "31.1945"}
        case "vote":
            return {"topic": "周五团建去哪儿？", "options": ["爬山", "密室", "吃火锅"]}
        case "todo":
            summary = {"title": "", "content": [[{"tag": "text", "text": "周五之前交周报"}]]}
            return {"task_id": "t1", "summary": summary, "due_time": f"{now + 86400}000"}
        case "calendar":
            return {"summary": "产品周会", **hour}
        case "video_chat":
            return {
                "topic": "需求评审",
                "start_time": hour["start_time"],
                "meet_number": "123456789",
            }
        case "interactive":
            title = {"tag": "plain_text", "content": "磁盘告警"}
            words = [{"tag": "markdown", "content": "**host-7** 使用率 95%，超过阈值 90%"}]
            return {"schema": "2.0", "header": {"title": title}, "body": {"elements": words}}
        case "share_user":
            others = [member for member in chat.people if member is not person] or [person]
            return {"user_id": others[0].open_id}
        case "share_chat":
            return {"chat_id": chat.chat_id}
        case "hongbao":
            return {"text": "[红包]"}
        case "folder":
            return {"file_key": "file_v3_sample", "file_name": "项目资料"}
        case _:
            return {"file_key": "file_v3_sample"}
