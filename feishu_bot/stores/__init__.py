"""The stores of the bot: SQLAlchemy Core over SQLite or PostgreSQL, one code path.

`Database` opens connections, `Stores` holds one store of each kind; each implements a port of the
core.
"""

from __future__ import annotations

from feishu_bot.stores.chats import SqlChats
from feishu_bot.stores.conversations import SqlConversations
from feishu_bot.stores.database import Database
from feishu_bot.stores.feedback import SqlFeedback
from feishu_bot.stores.inbox import SqlInbox
from feishu_bot.stores.people import SqlPeople
from feishu_bot.stores.stores import Stores
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
    "Stores",
    "WorkerId",
]
