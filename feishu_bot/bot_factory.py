"""Connects the objects of the core, in the order in which they need each other.

The application calls it with its adapters, the tests with theirs.
"""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.answerer_factory import build_answerer
from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.command_groups import command_groups
from feishu_bot.core.access import RefusalThrottle
from feishu_bot.core.answer_files import AnswerFiles
from feishu_bot.core.answering.file_sender import AnswerFileSender
from feishu_bot.core.answering.model_label import ModelLabel
from feishu_bot.core.answering.remainder import AnswerRemainder
from feishu_bot.core.answering.usage_counter import UsageCounter
from feishu_bot.core.answering.waiting_answers import WaitingAnswers
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
from feishu_bot.core.queue.admission import Pending
from feishu_bot.core.queue.cancellation import Cancellation
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.replier import Replier


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
    enqueuer = Enqueuer(ports.inbox, notify, Pending(options.max_pending), options.clock)
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
    files_of_answers = AnswerFiles(
        parse=ports.parse_answer,
        write_spreadsheet=ports.write_spreadsheet,
        texts=ports.texts,
        most_cards=options.max_cards,
    )
    file_sender = AnswerFileSender(
        files=files_of_answers, enqueuer=enqueuer, conversations=conversations, settings=settings
    )
    answerer = build_answerer(
        ports,
        options,
        settings=settings,
        quotas=quotas,
        counter=counter,
        file_sender=file_sender,
        background=background,
    )
    light_replies = LightReplies(
        conversations=conversations, throttle=RefusalThrottle(timer=options.timer)
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
        waiting_answers=WaitingAnswers(
            jobs=ports.inbox,
            conversations=conversations,
            people=people,
            policy=policy,
            light_replies=light_replies,
            messenger=ports.messenger,
        ),
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
        light_replies=light_replies,
        answers_all=options.answers_all,
    )
