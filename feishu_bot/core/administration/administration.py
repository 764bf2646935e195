"""Everything that the administrator's page needs of the bot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from feishu_bot.core.administration.audit import AuditLog
from feishu_bot.core.administration.changes import AdminChanges
from feishu_bot.core.administration.editable import EditablePrices, EditableRoles
from feishu_bot.core.administration.limits_in_force import LimitsInForce
from feishu_bot.core.administration.login_throttle import LoginThrottle
from feishu_bot.core.administration.reports import Reports
from feishu_bot.core.administration.sessions import AdminSessions
from feishu_bot.core.administration.state import BotState, SettingShown
from feishu_bot.core.cards import Card, Label
from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.doctor import Doctor, Report
from feishu_bot.core.languages import Language
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.roles import Role
from feishu_bot.core.usage import UsageStore


@dataclass(frozen=True, kw_only=True)
class Administration:
    """The page's view of the bot.

    `latest_report` is what the doctor found last, in whichever process.

    `words` are what cards say, by their labels, and `titles` the titles of notices by their kinds.
    `role_card` is the card that begins a role. Browsers that were logged in are known again by
    `device_key`. `public_url` is the bot's address as people reach it, empty when it isn't set.
    """

    sessions: AdminSessions
    throttle: LoginThrottle
    changes: AdminChanges
    reports: Reports
    audit: AuditLog
    limits: LimitsInForce
    quotas: QuotaChecker
    usage: UsageStore
    names: UserDirectory
    models: ModelCatalog
    prices: EditablePrices
    roles: EditableRoles
    state: Callable[[], BotState]
    doctor: Doctor
    latest_report: Callable[[], Report | None]
    settings: Callable[[], Sequence[SettingShown]]
    words: Mapping[Language, Callable[[Label], str]]
    titles: Mapping[Language, Callable[[str], str]]
    role_card: Callable[[Role], Card]
    system_prompt: str
    days_kept: int
    public_url: str
    device_key: bytes
    clock: Callable[[], float]
