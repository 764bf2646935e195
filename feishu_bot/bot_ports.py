"""What the core needs from outside, and what the administrator has chosen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.audit import AuditLog
from feishu_bot.core.administration.sessions import AdminSessions
from feishu_bot.core.alerts import AlertSink
from feishu_bot.core.answer_files import AnswerParser, SpreadsheetWriter
from feishu_bot.core.answering.answer_pictures import FetchPolicy
from feishu_bot.core.attachments import AttachmentReader
from feishu_bot.core.balance import BalanceReader
from feishu_bot.core.button_values import ButtonCheck
from feishu_bot.core.card_actions import BIND_TIMEOUT
from feishu_bot.core.chat_model import ChatModel, ModelCatalog, ModelSight
from feishu_bot.core.chats import Chats
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.doctor import Doctor
from feishu_bot.core.documents import DocumentReader
from feishu_bot.core.feedback import FeedbackStore
from feishu_bot.core.fetched_messages import MessageReader
from feishu_bot.core.history import History
from feishu_bot.core.languages import Language
from feishu_bot.core.limits import FixedLimits, Limits, Reservations
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.own_roles import OwnRoles
from feishu_bot.core.people import People, UserDirectory
from feishu_bot.core.picture_model import PictureModel
from feishu_bot.core.pictures import PictureReader
from feishu_bot.core.public_files import PublicFiles
from feishu_bot.core.queue.inbox import Inbox
from feishu_bot.core.roles import Roles
from feishu_bot.core.speech import LongVoice, SpeechModel, VoiceReply
from feishu_bot.core.transcription import Transcriber
from feishu_bot.core.usage import Prices, UsageStore

Texts = Mapping[Language, Callable[..., str]]


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything that the core needs from outside."""

    inbox: Inbox
    conversations: Conversations
    chats: Chats
    people: People
    usage: UsageStore
    reservations: Reservations
    feedback: FeedbackStore
    history: History
    messenger: Messenger
    signer: ButtonCheck
    names: UserDirectory
    reader: MessageReader
    attachments: AttachmentReader
    documents: DocumentReader
    pictures: PictureReader
    transcriber: Transcriber
    speech: SpeechModel
    public_files: PublicFiles
    parse_answer: AnswerParser
    write_spreadsheet: SpreadsheetWriter
    model: ChatModel
    sight: ModelSight
    drawing: PictureModel
    models: ModelCatalog
    balance: BalanceReader
    roles: Roles
    own_roles: OwnRoles
    audit: AuditLog
    admin_sessions: AdminSessions
    prices: Prices
    alerts: AlertSink
    doctor: Doctor
    texts: Texts


@dataclass(frozen=True, kw_only=True)
class BotOptions:
    """What the administrator has chosen; `docs/settings.md` explains each.

    `misses_messages` tells whether Feishu keeps a group's messages from the bot. `clock` is in
    seconds since the epoch, `timer` monotonic. `platform_clock` is Feishu's own; where it says 0
    nothing counts as late.
    """

    language: Language = "zh"
    p2p_context: Literal["thread", "chat"] = "chat"
    answers_all: bool = False
    log_messages: bool = False
    system_prompt: str = ""
    context_tokens: int = 8_000
    most_file_bytes: int = 20_000_000
    most_audio_seconds: float = 1_800.0
    most_picture_bytes: int = 10_000_000
    vision_model: str = ""
    transcription_language: str = ""
    voice_reply: VoiceReply = "never"
    voice_long: LongVoice = "parts"
    voice: str = ""
    images_in_answers: FetchPolicy = "typed"
    max_cards: int = 6
    max_pending: int = 2_000
    footer: frozenset[str] = frozenset()
    policy: AccessPolicy = field(default_factory=AccessPolicy)
    limits: Limits = field(default_factory=FixedLimits)
    suggestions: bool = False
    suggestions_model: str = ""
    retention_days: int = 30
    title_model: str = ""
    public_url: str = ""
    misses_messages: Callable[[], bool] = lambda: False
    bind_timeout: float = BIND_TIMEOUT
    clock: Callable[[], float] = time.time
    platform_clock: Callable[[], float] = lambda: 0.0
    timer: Callable[[], float] = time.monotonic
