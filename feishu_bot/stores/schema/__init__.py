"""The tables, in SQL that SQLite and PostgreSQL both understand."""

from __future__ import annotations

from feishu_bot.stores.schema.admin_tables import (
    admin_changes,
    admin_links,
    admin_sessions,
    login_tries,
    overrides,
)
from feishu_bot.stores.schema.columns import (
    HAS_FAILED,
    IS_BLOCKED,
    IS_DONE,
    IS_OPEN,
    IS_RUNNING,
    PLAYS_ROLE,
    CleanText,
    beginning_of,
    metadata,
)
from feishu_bot.stores.schema.conversation_tables import conversations, messages, threads, turns
from feishu_bot.stores.schema.inbox_table import inbox
from feishu_bot.stores.schema.people_tables import chats, feedback, own_roles, people
from feishu_bot.stores.schema.process_tables import (
    alerts,
    call_holdings,
    exclusive_leases,
    installation,
    sightings,
    waiting_reactions,
)
from feishu_bot.stores.schema.usage_tables import grants, usage

__all__ = [
    "HAS_FAILED",
    "IS_BLOCKED",
    "IS_DONE",
    "IS_OPEN",
    "IS_RUNNING",
    "PLAYS_ROLE",
    "CleanText",
    "admin_changes",
    "admin_links",
    "admin_sessions",
    "alerts",
    "beginning_of",
    "call_holdings",
    "chats",
    "conversations",
    "exclusive_leases",
    "feedback",
    "grants",
    "inbox",
    "installation",
    "login_tries",
    "messages",
    "metadata",
    "overrides",
    "own_roles",
    "people",
    "sightings",
    "threads",
    "turns",
    "usage",
    "waiting_reactions",
]
