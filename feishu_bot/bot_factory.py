"""Connects the objects of the core, in the order in which they need each other.

The application calls it with its adapters, the tests with theirs.
"""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.command_groups import command_groups
from feishu_bot.core.access import RefusalThrottle
from feishu_bot.core.answer_files import AnswerFiles
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
from feishu_bot.core.answering.model_label import ModelLabel
from feishu_bot.core.answering.question import QuestionReader
from feishu_bot.core.answering.remainder import AnswerRemainder
from feishu_bot.core.answering.sent_things import SentThings
from feishu_bot.core.answering.shown_pictures import PictureLoader
from feishu_bot.core.answering.speakers import Speakers
from feishu_bot.core.answering.spoken_question import SpokenQuestions
from feishu_bot.core.answering.usage_counter import UsageCounter
from feishu_bot.core.answering.voice_messages import VoiceMessages
from feishu_bot.core.attachments import AttachmentSource
from feishu_bot.core.background.answer_edits import AnswerEdits
from feishu_bot.core.background.background_tasks import BackgroundTasks
from feishu_bot.core.background.completion import Completer
from feishu_bot.core.background.follow_ups import FollowUps
from feishu_bot.core.background.spoken_answers import SpokenAnswers
from feishu_bot.core.background.title_maker import TitleMaker
from feishu_bot.core.bot import Bot
from feishu_bot.core.card_actions import Action, CardActionHandler
from feishu_bot.core.cards import RUN
from feishu_bot.core.commands.registry import CommandGroup, Commands
from feishu_bot.core.commands.runner import CommandRunner
from feishu_bot.core.commands.welcome import Welcome
from feishu_bot.core.conversations import KeyResolver
from feishu_bot.core.edited_questions import EditedQuestions
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.light_replies import LightReplies
from feishu_bot.core.missed_messages import MissedMessages
from feishu_bot.core.queue.cancellation import Cancellation
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.replier import Replier
from feishu_bot.core.studio.delivery import PictureDelivery
from feishu_bot.core.studio.painter import Painter
from feishu_bot.core.studio.sources import PictureSources


def build_bot(
    ports: Ports,
    options: BotOptions,
    *,
    running: RunningJobs,
    notify: Callable[[], None],
    extra: tuple[CommandGroup, ...] = (),
) -> Bot:
    """The bot, ready to receive, to be clicked and to work.

    `running` are the jobs of this process; `notify` wakes whoever works; `extra` are commands
    besides the bot's own. Raises ValueError when two commands share a word.
    """
    conversations, people, policy = ports.conversations, ports.people, options.policy
    settings = EffectiveSettings(
        options.language, conversations=conversations, chats=ports.chats, people=people
    )
    keys = KeyResolver(conversations, options.p2p_context)
    enqueuer = Enqueuer(ports.inbox, notify)
    answer_edits = AnswerEdits(
        jobs=ports.inbox,
        enqueuer=enqueuer,
        conversations=conversations,
        feedback=ports.feedback,
        messenger=ports.messenger,
        has_follow_ups=options.suggestions,
    )
    quotas = QuotaChecker(
        ports.reservations,
        limits=options.limits,
        currency=lambda: ports.prices.currency,
        clock=options.clock,
    )
    completer = Completer(
        chat_model=ports.model, prices=ports.prices, clock=options.clock, timer=options.timer
    )
    follow_ups = FollowUps(
        is_on=options.suggestions,
        model=options.suggestions_model,
        instruction=ports.texts[options.language]("follow_up_prompt"),
        jobs=ports.inbox,
        enqueuer=enqueuer,
        conversations=conversations,
        messenger=ports.messenger,
        quotas=quotas,
        completer=completer,
    )
    welcome = Welcome(
        enqueuer,
        people,
        example={language: say("welcome_example") for language, say in ports.texts.items()},
        is_running=options.p2p_context == "chat",
        answers_all=options.answers_all,
        misses_messages=options.misses_messages,
    )
    groups = command_groups(
        ports,
        options,
        settings=settings,
        keys=keys,
        enqueuer=enqueuer,
        answer_edits=answer_edits,
        quotas=quotas,
        cancellation=Cancellation(ports.inbox, running),
    )
    commands = Commands((*groups, welcome, *extra))
    runner = CommandRunner(
        commands, enqueuer=enqueuer, keys=keys, people=people, policy=policy, settings=settings
    )
    titles = TitleMaker(
        model_name=options.title_model,
        conversations=conversations,
        history=ports.history,
        jobs=ports.inbox,
        enqueuer=enqueuer,
        completer=completer,
        clock=options.clock,
    )
    counter = UsageCounter(ModelLabel(ports.models.known), ports.prices)
    spoken = SpokenAnswers(
        when=options.voice_reply,
        long_answers=options.voice_long,
        voice=options.voice,
        texts=ports.texts,
        settings=settings,
        jobs=ports.inbox,
        enqueuer=enqueuer,
        conversations=conversations,
        messenger=ports.messenger,
        speech=ports.speech,
        completer=completer,
        prices=ports.prices,
        counter=counter,
        alerts=ports.alerts,
    )
    background = BackgroundTasks(
        answer_edits=answer_edits, follow_ups=follow_ups, titles=titles, spoken=spoken
    )
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
            conversations=conversations,
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
        sources=PictureSources(conversations, ports.reader),
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
    files_of_answers = AnswerFiles(
        parse=ports.parse_answer,
        write_spreadsheet=ports.write_spreadsheet,
        texts=ports.texts,
        most_cards=options.max_cards,
    )
    file_sender = AnswerFileSender(
        files=files_of_answers, enqueuer=enqueuer, conversations=conversations, settings=settings
    )
    continue_prompt = ports.texts[options.language]("continue_prompt")
    answerer = Answerer(
        jobs=ports.inbox,
        conversations=conversations,
        people=people,
        questions=QuestionReader(
            conversations, settings, continue_prompt=continue_prompt, texts=ports.texts
        ),
        spoken=SpokenQuestions(voices, failures),
        generator=AnswerGenerator(
            model=ports.model,
            context=MissingContext(
                conversations=conversations, archive=ports.reader, files=files, things=things
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
        policy=policy,
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
    return Bot(
        inbox=ports.inbox,
        edited_questions=EditedQuestions(ports.inbox, enqueuer, conversations, clock=options.clock),
        missed=MissedMessages(options.platform_clock),
        background=background,
        enqueuer=enqueuer,
        running=running,
        conversations=conversations,
        keys=keys,
        people=people,
        policy=policy,
        identity=ports.messenger.identity,
        commands=commands,
        runner=runner,
        card_actions=CardActionHandler(
            {**commands.actions, RUN: Action(runner.press)},
            take=ports.inbox.take_click,
            signer=ports.signer,
            conversations=conversations,
            people=people,
            settings=settings,
            policy=policy,
            bind_timeout=options.bind_timeout,
        ),
        answerer=answerer,
        remainder=AnswerRemainder(
            jobs=ports.inbox,
            conversations=conversations,
            messenger=ports.messenger,
            files=files_of_answers,
        ),
        file_sender=file_sender,
        replier=Replier(
            jobs=ports.inbox,
            conversations=conversations,
            keys=keys,
            people=people,
            messenger=ports.messenger,
        ),
        welcome=welcome,
        throttle=RefusalThrottle(timer=options.timer),
        light_replies=LightReplies(
            conversations=conversations, throttle=RefusalThrottle(timer=options.timer)
        ),
        answers_all=options.answers_all,
    )
