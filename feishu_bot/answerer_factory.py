"""Connects what answers a question, as `bot_factory` does the whole bot."""

from __future__ import annotations

from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.core.answering.answer_pictures import AnswerPictures
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.answering.attached_files import AttachedFiles
from feishu_bot.core.answering.contact_cards import ContactCards
from feishu_bot.core.answering.context import MissingContext
from feishu_bot.core.answering.expectation import Expectation
from feishu_bot.core.answering.file_sender import AnswerFileSender
from feishu_bot.core.answering.forwarded_chat import ForwardedChats
from feishu_bot.core.answering.generation import AnswerGenerator
from feishu_bot.core.answering.model_failures import ModelFailures
from feishu_bot.core.answering.question import QuestionReader
from feishu_bot.core.answering.sent_things import SentThings
from feishu_bot.core.answering.shown_pictures import PictureLoader
from feishu_bot.core.answering.speakers import Speakers
from feishu_bot.core.answering.spoken_question import SpokenQuestions
from feishu_bot.core.answering.usage_counter import UsageCounter
from feishu_bot.core.answering.voice_messages import VoiceMessages
from feishu_bot.core.attachments import AttachmentSource
from feishu_bot.core.background.background_tasks import BackgroundTasks
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.studio.delivery import PictureDelivery
from feishu_bot.core.studio.painter import Painter
from feishu_bot.core.studio.sources import PictureSources


def build_answerer(
    ports: Ports,
    options: BotOptions,
    *,
    settings: EffectiveSettings,
    quotas: QuotaChecker,
    counter: UsageCounter,
    file_sender: AnswerFileSender,
    background: BackgroundTasks,
) -> Answerer:
    """What answers the questions of a bot."""
    attachments = AttachmentSource(ports.attachments)
    files = AttachedFiles(
        attachments,
        ports.documents,
        ports.pictures,
        most_bytes=options.most_file_bytes,
        tokens=options.context_tokens // 2,
    )
    contact_cards = ContactCards(ports.names, ports.reader)
    things = SentThings(
        archive=ports.reader,
        cards=contact_cards,
        forwards=ForwardedChats(
            conversations=ports.conversations,
            names=ports.names,
            cards=contact_cards,
            files=files,
            tokens=options.context_tokens // 3,
        ),
        files=files,
    )
    pictures = PictureLoader(
        attachments,
        ports.pictures,
        most_bytes=options.most_picture_bytes,
        most_file_bytes=options.most_file_bytes,
        tokens=options.context_tokens // 2,
    )
    failures = ModelFailures(ports.alerts, options.clock)
    voices = VoiceMessages(
        attachments,
        ports.transcriber,
        ports.prices,
        language=options.transcription_language,
        most_seconds=options.most_audio_seconds,
    )
    painter = Painter(
        model=ports.drawing,
        sources=PictureSources(ports.conversations, ports.reader),
        loader=pictures,
        delivery=PictureDelivery(ports.messenger, ports.pictures),
        failures=failures,
        prices=ports.prices,
        timer=options.timer,
    )
    answer_pictures = AnswerPictures(
        files=ports.public_files,
        pictures=ports.pictures,
        upload=ports.messenger.upload_picture,
        policy=options.images_in_answers,
        timer=options.timer,
    )
    continue_prompt = ports.texts[options.language]("continue_prompt")
    return Answerer(
        jobs=ports.inbox,
        conversations=ports.conversations,
        people=ports.people,
        questions=QuestionReader(
            ports.conversations, settings, continue_prompt=continue_prompt, texts=ports.texts
        ),
        spoken=SpokenQuestions(voices, failures),
        generator=AnswerGenerator(
            model=ports.model,
            context=MissingContext(
                conversations=ports.conversations, archive=ports.reader, files=files, things=things
            ),
            pictures=pictures,
            voices=voices,
            answer_pictures=answer_pictures,
            sight=ports.sight,
            speakers=Speakers(ports.names),
            failures=failures,
            system_prompt=options.system_prompt,
            context_tokens=options.context_tokens,
            vision_model=options.vision_model,
            continue_prompt=continue_prompt,
            prices=ports.prices,
            is_allowed=ports.models.allows,
            clock=options.clock,
            timer=options.timer,
        ),
        painter=painter,
        pictures=answer_pictures,
        file_sender=file_sender,
        messenger=ports.messenger,
        policy=options.policy,
        quotas=quotas,
        expectation=Expectation(ports.models, ports.drawing, ports.prices, options.context_tokens),
        prices=ports.prices,
        counter=counter,
        background=background,
        footer=options.footer,
        log_messages=options.log_messages,
        clock=options.clock,
        timer=options.timer,
    )
