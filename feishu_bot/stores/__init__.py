"""What has to be remembered: SQLAlchemy Core over SQLite or PostgreSQL, one code path.

`Database` opens connections, `SqlInbox` and `SqlConversations` implement the ports of the core,
and `SqlUsage` adds up what the answers cost.
"""

from __future__ import annotations

from feishu_bot.stores.conversations import SqlConversations
from feishu_bot.stores.database import Database
from feishu_bot.stores.inbox import SqlInbox
from feishu_bot.stores.usage import SqlUsage, UsageTotal
from feishu_bot.stores.worker import WorkerId

__all__ = ["Database", "SqlConversations", "SqlInbox", "SqlUsage", "UsageTotal", "WorkerId"]
