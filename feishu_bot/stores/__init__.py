"""What has to be remembered: SQLAlchemy Core over SQLite or PostgreSQL, one code path.

`Database` opens connections; the others implement the ports of the core: `SqlInbox`,
`SqlConversations`, `SqlChats`, `SqlPeople`, `SqlFeedback`, and `SqlUsage` for `Ledger`.
"""

from __future__ import annotations

from feishu_bot.stores.chats import SqlChats
from feishu_bot.stores.conversations import SqlConversations
from feishu_bot.stores.database import Database
from feishu_bot.stores.feedback import SqlFeedback
from feishu_bot.stores.inbox import SqlInbox
from feishu_bot.stores.people import SqlPeople
from feishu_bot.stores.usage import SqlUsage
from feishu_bot.stores.worker_id import WorkerId

__all__ = [
    "Database",
    "SqlChats",
    "SqlConversations",
    "SqlFeedback",
    "SqlInbox",
    "SqlPeople",
    "SqlUsage",
    "WorkerId",
]
