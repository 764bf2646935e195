"""The stores of the bot: SQLAlchemy Core over SQLite or PostgreSQL, one code path.

`Database` opens connections, `Stores` holds one store of each kind; each implements a port of the
core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from feishu_bot.core.alerts import MONTH
from feishu_bot.core.days import day_start, month_start
from feishu_bot.logs import get_logger
from feishu_bot.stores.alerts import SqlAlerts
from feishu_bot.stores.audit import SqlAuditLog
from feishu_bot.stores.call_budget import SqlCallBudget
from feishu_bot.stores.chats import SqlChats
from feishu_bot.stores.conversations import SqlConversations
from feishu_bot.stores.database import Database
from feishu_bot.stores.exclusive_lease import SqlExclusiveLease
from feishu_bot.stores.feedback import SqlFeedback
from feishu_bot.stores.history import SqlHistory
from feishu_bot.stores.inbox import SqlInbox
from feishu_bot.stores.installation import SqlInstallation
from feishu_bot.stores.leases import WorkerId
from feishu_bot.stores.login_tries import SqlLoginTries
from feishu_bot.stores.overrides import SqlOverrides
from feishu_bot.stores.own_roles import SqlOwnRoles
from feishu_bot.stores.people import SqlPeople
from feishu_bot.stores.reports import SqlReports
from feishu_bot.stores.reservations import SqlReservations
from feishu_bot.stores.sessions import SqlSessions
from feishu_bot.stores.sightings import SqlSightings
from feishu_bot.stores.sweep import Rest, never_stop
from feishu_bot.stores.text_index import TextIndexUpkeep
from feishu_bot.stores.usage import SqlUsage
from feishu_bot.stores.waiting import SqlWaiting

__all__ = ["Database", "SqlFeedback", "SqlInstallation", "SqlSightings", "SqlUsage", "Stores"]

logger = get_logger(__name__)

DAY = 24 * 3600.0
# Feishu repeats an event for up to 7.1 hours. The inbox remembers longer than the webhook accepts
# anything, by more than the day that a wrong clock may be off.
INBOX_SECONDS = 3 * DAY
# What administrators have changed is asked for long after the messages of that day are gone.
AUDIT_SECONDS = 365 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """One store of each kind; what is older than `retention_days` is swept.

    While `keeps_month` the usage of this month stays, which counts against a limit.
    """

    database: Database
    inbox: SqlInbox
    conversations: SqlConversations
    chats: SqlChats
    people: SqlPeople
    usage: SqlUsage
    reservations: SqlReservations
    feedback: SqlFeedback
    waiting: SqlWaiting
    alerts: SqlAlerts
    sightings: SqlSightings
    installation: SqlInstallation
    call_budget: SqlCallBudget
    connection_lease: SqlExclusiveLease
    own_roles: SqlOwnRoles
    history: SqlHistory
    text_index: TextIndexUpkeep
    overrides: SqlOverrides
    audit: SqlAuditLog
    sessions: SqlSessions
    login_tries: SqlLoginTries
    reports: SqlReports
    retention_days: float
    keeps_month: Callable[[], bool] = lambda: False

    @classmethod
    def open(
        cls,
        database: Database,
        *,
        lease_seconds: float,
        media_wait: float = 0.0,
        conversation_ttl: float,
        retention_days: float,
        keeps_month: Callable[[], bool] = lambda: False,
        overrides: SqlOverrides | None = None,
    ) -> Stores:
        """The stores of this database; connects to nothing, so it may run before a fork.

        A lease, how long what has no words is held, and the time after which an unused
        conversation starts over are in seconds.
        """
        worker = WorkerId()
        return cls(
            database=database,
            inbox=SqlInbox(
                database, worker=worker, lease_seconds=lease_seconds, media_wait=media_wait
            ),
            conversations=SqlConversations(database, ttl_seconds=conversation_ttl),
            chats=SqlChats(database),
            people=SqlPeople(database),
            usage=SqlUsage(database),
            reservations=SqlReservations(database),
            feedback=SqlFeedback(database),
            waiting=SqlWaiting(database),
            alerts=SqlAlerts(database),
            sightings=SqlSightings(database),
            installation=SqlInstallation(database),
            call_budget=SqlCallBudget(database, worker=worker),
            connection_lease=SqlExclusiveLease(database, "long_connection", worker=worker),
            own_roles=SqlOwnRoles(database),
            history=SqlHistory(database),
            text_index=TextIndexUpkeep(database),
            overrides=overrides or SqlOverrides(database),
            audit=SqlAuditLog(database),
            sessions=SqlSessions(database),
            login_tries=SqlLoginTries(database),
            reports=SqlReports(database),
            retention_days=retention_days,
            keeps_month=keeps_month,
        )

    def sweep(self, now: float, rest: Rest = never_stop) -> None:
        """Delete what is too old at `now`, in seconds since the epoch, step by step."""
        expired, keeps_month = now - self.retention_days * DAY, self.keeps_month()
        logger.info(
            "swept",
            events=self.inbox.sweep(now - INBOX_SECONDS, rest),
            conversations=self.conversations.sweep(expired, rest),
            usage=self.usage.sweep(
                min(expired, month_start(now)) if keeps_month else expired, rest
            ),
            # Those whose usage is kept stay: after the usage.
            people=self.people.sweep(expired, rest),
            feedback=self.feedback.sweep(expired, rest),
            changes=self.audit.sweep(min(expired, now - AUDIT_SECONDS), rest),
            alerts=self.alerts.sweep(min(expired, now - MONTH)),
            forgotten=self.usage.sweep_forgotten(
                month_start(now) if keeps_month else day_start(now), rest
            ),
        )
        self.sessions.sweep(now)
        self.login_tries.sweep(now)
        self.database.clean_log()
