"""The commands of the bot, and what can be pressed on its cards."""

from __future__ import annotations

from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.core.background.answer_edits import AnswerEdits
from feishu_bot.core.choices import Choices
from feishu_bot.core.commands.admin import AdminCommands
from feishu_bot.core.commands.admin_page import AdminPageCommands
from feishu_bot.core.commands.balance import BalanceCommands
from feishu_bot.core.commands.doctor import DoctorCommands
from feishu_bot.core.commands.edit import EditCommands
from feishu_bot.core.commands.export import ExportCommands
from feishu_bot.core.commands.extra import ExtraActions
from feishu_bot.core.commands.favourite import FavouriteModel
from feishu_bot.core.commands.feedback import FeedbackCommands
from feishu_bot.core.commands.feedback_report import FeedbackReport
from feishu_bot.core.commands.follow_up import FollowUpActions
from feishu_bot.core.commands.forget import ForgetCommands
from feishu_bot.core.commands.help import HelpCommands
from feishu_bot.core.commands.history import HistoryCommands
from feishu_bot.core.commands.lang import LangCommands
from feishu_bot.core.commands.missed import MissedActions
from feishu_bot.core.commands.mode import ModeCommands
from feishu_bot.core.commands.model import ModelCommands
from feishu_bot.core.commands.own_roles import OwnRoleActions
from feishu_bot.core.commands.picture import PictureCommands
from feishu_bot.core.commands.regenerate import AnswerActions
from feishu_bot.core.commands.registry import CommandGroup
from feishu_bot.core.commands.reload import ReloadCommands
from feishu_bot.core.commands.report_periods import ReportPeriods
from feishu_bot.core.commands.reset import ResetCommands
from feishu_bot.core.commands.resume import ResumeActions
from feishu_bot.core.commands.roles import RoleCommands
from feishu_bot.core.commands.settings import SettingsCommands
from feishu_bot.core.commands.stop import StopCommands
from feishu_bot.core.commands.usage import UsageCommands
from feishu_bot.core.commands.vision import VisionCommands
from feishu_bot.core.conversations import KeyResolver
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.queue.cancellation import Cancellation
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.quotas import QuotaChecker


def command_groups(
    ports: Ports,
    options: BotOptions,
    *,
    settings: EffectiveSettings,
    keys: KeyResolver,
    enqueuer: Enqueuer,
    answer_edits: AnswerEdits,
    quotas: QuotaChecker,
    cancellation: Cancellation,
) -> tuple[CommandGroup, ...]:
    """In the order of help."""
    conversations, clock = ports.conversations, options.clock
    choices = Choices(conversations, ports.chats, ports.people)
    has_admins = bool(options.policy.admins)
    roles = RoleCommands(
        ports.roles,
        conversations,
        choices,
        settings,
        enqueuer,
        ports.own_roles,
        context_tokens=options.context_tokens,
    )
    favourite = FavouriteModel(ports.models, ports.people, settings)
    return (
        HelpCommands(is_running=options.p2p_context == "chat"),
        ResetCommands(conversations),
        roles,
        OwnRoleActions(ports.own_roles, roles),
        ModeCommands(choices, settings),
        PictureCommands(conversations, ports.drawing, enqueuer),
        ModelCommands(ports.models, choices, settings, favourite),
        favourite,
        SettingsCommands(
            conversations=conversations,
            choices=choices,
            chats=ports.chats,
            people=ports.people,
            settings=settings,
            models=ports.models,
            roles=ports.roles,
            has_admins=has_admins,
        ),
        LangCommands(ports.people),
        BalanceCommands(ports.balance, for_admins=has_admins),
        UsageCommands(
            ports.usage,
            quotas,
            ports.names,
            enqueuer,
            currency=lambda: ports.prices.currency,
            days_kept=options.retention_days,
            words=ports.texts,
            clock=clock,
        ),
        ForgetCommands(ports.people, quotas),
        AdminCommands(
            ports.usage,
            ports.people,
            quotas,
            options.policy,
            ports.names,
            ports.audit,
            clock=clock,
        ),
        AdminPageCommands(ports.admin_sessions, public_url=options.public_url),
        ExtraActions(
            ports.usage,
            quotas,
            options.policy,
            ports.people,
            enqueuer,
            ports.audit,
            clock=clock,
        ),
        AnswerActions(enqueuer, conversations, ports.models),
        EditCommands(conversations, enqueuer, ports.texts),
        FollowUpActions(enqueuer, ports.names),
        MissedActions(enqueuer),
        ResumeActions(enqueuer, conversations),
        StopCommands(cancellation),
        HistoryCommands(
            ports.history,
            conversations,
            keys,
            ports.people,
            enqueuer,
            options.policy,
            clock=clock,
        ),
        ReloadCommands(conversations, ports.texts, clock=clock),
        ExportCommands(conversations, ports.texts, clock=clock),
        FeedbackCommands(
            ports.feedback,
            conversations,
            enqueuer,
            answer_edits,
            FeedbackReport(
                ports.feedback,
                ports.names,
                ReportPeriods(options.retention_days, clock),
                ports.texts,
            ),
        ),
        VisionCommands(),
        DoctorCommands(ports.doctor),
    )
