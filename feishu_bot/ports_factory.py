"""Hands the core its ports, and what the administrator has chosen."""

from __future__ import annotations

from feishu_bot.adapters import Adapters, language_of
from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.sessions import AdminSessions
from feishu_bot.core.attachments import MEGABYTE
from feishu_bot.core.doctor import Doctor
from feishu_bot.feishu.attachment_reader import FeishuAttachmentReader
from feishu_bot.feishu.cards.markdown.answer_parts import answer_parts
from feishu_bot.feishu.message_reader import FeishuMessageReader
from feishu_bot.feishu.paced_reads import PacedReads
from feishu_bot.feishu.user_names import FeishuUserDirectory
from feishu_bot.media.reader import FileReader
from feishu_bot.media.spreadsheets import write_spreadsheet
from feishu_bot.settings import Settings


def build_ports(settings: Settings, adapters: Adapters, doctor: Doctor) -> Ports:
    """Everything that the core needs from outside."""
    stores, client, gateway = adapters.stores, adapters.client, adapters.gateway
    files, reads = FileReader(), PacedReads(adapters.pacer)
    return Ports(
        inbox=stores.inbox,
        conversations=stores.conversations,
        chats=stores.chats,
        people=stores.people,
        usage=stores.usage,
        reservations=stores.reservations,
        feedback=stores.feedback,
        history=stores.history,
        messenger=adapters.messenger,
        signer=adapters.signer,
        names=FeishuUserDirectory(client, reads),
        reader=FeishuMessageReader(client, settings.app_id, reads),
        attachments=FeishuAttachmentReader(client, adapters.pacer),
        documents=files,
        pictures=files,
        transcriber=gateway.media.transcription,
        speech=gateway.media.speech,
        public_files=gateway.media.files,
        parse_answer=answer_parts,
        write_spreadsheet=write_spreadsheet,
        model=gateway,
        sight=gateway,
        drawing=gateway.media.pictures,
        models=gateway.models,
        balance=gateway.balance,
        roles=adapters.roles,
        own_roles=stores.own_roles,
        audit=stores.audit,
        admin_sessions=AdminSessions(
            stores.sessions,
            stores.audit,
            password=settings.admin_password,
            admins=frozenset(settings.admins),
            has_address=bool(settings.public_url),
        ),
        prices=adapters.prices,
        alerts=adapters.alerts,
        doctor=doctor,
        texts=adapters.texts,
    )


def build_options(settings: Settings, adapters: Adapters) -> BotOptions:
    """What the administrator has chosen, in the core's units."""
    return BotOptions(
        language=language_of(settings),
        p2p_context=settings.p2p_context,
        answers_all=settings.group_reply == "all",
        misses_messages=adapters.scope.is_missing,
        platform_clock=adapters.clock.now,
        log_messages=settings.log_messages,
        system_prompt=settings.system_prompt,
        context_tokens=settings.context_tokens,
        most_file_bytes=settings.max_file_mb * MEGABYTE,
        most_audio_seconds=settings.max_audio_minutes * 60.0,
        most_picture_bytes=settings.max_image_mb * MEGABYTE,
        vision_model=settings.vision_model,
        max_cards=settings.max_cards,
        max_pending=settings.max_pending,
        transcription_language=settings.transcription_language,
        voice_reply=settings.voice_reply,
        voice_long=settings.voice_long,
        voice=settings.speech_voice,
        images_in_answers=settings.images_in_answers,
        footer=frozenset(settings.footer),
        # They are put under an answer that is shown already, which takes a card that can be edited.
        suggestions=settings.suggestions and settings.streaming,
        suggestions_model=settings.suggestions_model,
        retention_days=settings.retention_days,
        title_model=settings.title_model,
        policy=AccessPolicy(
            allowed_users=frozenset(settings.allowed_users),
            allowed_chats=frozenset(settings.allowed_chats),
            blocked_users=frozenset(settings.blocked_users),
            admins=frozenset(settings.admins),
        ),
        limits=adapters.limits,
        public_url=settings.public_url,
    )
