"""What comes in, and what is done about it."""

from __future__ import annotations

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.bot import Bot
from feishu_bot.core.card_actions import CardAction
from feishu_bot.core.commands.export import ExportCommands
from feishu_bot.core.commands.feedback import FeedbackCommands
from feishu_bot.core.commands.help import HelpCommands
from feishu_bot.core.commands.regenerate import AnswerActions
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.commands.reload import ReloadCommands
from feishu_bot.core.commands.reset import ResetCommands
from feishu_bot.core.commands.stop import StopCommands
from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.effective_settings import Languages
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.queue.cancellation import Cancellation
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.replier import MAX_ATTEMPTS
from feishu_bot.errors import FeishuUnavailable
from tests.core.fakes import (
    ALICE,
    FakeChats,
    FakeConversations,
    FakeFeedback,
    FakeInbox,
    FakeModels,
    FakePeople,
    RecordingMessenger,
    ScriptedModel,
    message,
)


class World:
    def __init__(self, **options) -> None:
        self.inbox = FakeInbox()
        self.conversations = FakeConversations()
        self.messenger = RecordingMessenger()
        self.model = ScriptedModel()
        self.chats = FakeChats()
        self.people = FakePeople()
        self.enqueuer = Enqueuer(self.inbox)
        self.models = FakeModels()
        self.feedback_store = FakeFeedback()
        self.cancellation = Cancellation(self.inbox)
        self.commands = commands = Commands(
            [
                ResetCommands(self.conversations),
                AnswerActions(self.enqueuer, "Go on.", self.conversations, self.models),
                StopCommands(self.cancellation),
                ReloadCommands(self.conversations),
                ExportCommands(
                    self.conversations, {"zh": Catalog.load("zh"), "en": Catalog.load("en")}
                ),
                FeedbackCommands(self.feedback_store, self.conversations, self.enqueuer),
            ]
        )
        commands.add(HelpCommands(commands, self.enqueuer))
        self.bot = Bot(
            inbox=self.inbox,
            conversations=self.conversations,
            people=self.people,
            messenger=self.messenger,
            commands=commands,
            enqueuer=self.enqueuer,
            languages=Languages("zh", self.people, self.chats),
            policy=options.pop("policy", AccessPolicy()),
            quotas=options.pop("quotas", QuotaChecker()),
            patience=0.0,
            answers=Answerer(
                inbox=self.inbox,
                conversations=self.conversations,
                chats=self.chats,
                model=self.model,
                messenger=self.messenger,
                system_prompt="",
                context_tokens=1000,
                footer=frozenset(),
            ),
            **options,
        )

    def work(self) -> None:
        for job in self.inbox.claim(10):
            self.bot.work(job, JobControl())

    def click(self, **changes):
        values = {
            "event_id": "ev_click",
            "message_id": "om_answer",
            "chat_id": "oc_1",
            "operator": ALICE,
            "value": {"act": "continue"},
        }
        return self.bot.act(CardAction(**values | changes))


@pytest.fixture
def world():
    return World()


def test_a_message_is_stored_once_and_work_is_announced(world):
    announced = []
    world.enqueuer.on_work = lambda: announced.append(1)

    world.bot.receive("ev_1", message())
    world.bot.receive("ev_2", message())

    assert [event.event_id for event in world.inbox.events] == ["ev_1"]
    assert len(announced) == 1


def test_a_message_for_others_is_not_stored(world):
    world.bot.receive("ev_1", message(chat_type="group"))

    assert not world.inbox.events


def test_a_question_is_answered(world):
    world.model.enqueue_text("Hi")
    world.bot.receive("ev_1", message())

    world.work()

    assert world.messenger.answers[0].ending.text == "Hi"


@pytest.mark.parametrize(
    ("kind", "text", "notice"),
    [("sticker", "", "unsupported_message"), ("text", "  ", "empty_question")],
)
def test_what_cannot_be_answered_gets_a_friendly_sentence(world, kind, text, notice):
    world.bot.receive("ev_1", message(text, kind=kind))

    world.work()

    assert world.messenger.notices[0][1].kind == notice
    assert world.inbox.finished[1][0] == "noticed"


def test_a_notice_that_does_not_get_through_is_tried_again(world):
    world.bot.receive("ev_1", message(kind="sticker"))
    world.messenger.failure = FeishuUnavailable("down")

    with pytest.raises(FeishuUnavailable):
        world.work()

    assert not world.inbox.finished


def test_a_recall_stops_the_answer_here_and_elsewhere(world):
    stopped = []
    world.bot.on_stop = stopped.append

    world.bot.recall("om_1")

    assert world.inbox.stopped == stopped == ["om_1"]


def test_continue_asks_the_model_to_go_on_in_the_same_conversation(world):
    key = ConversationKey("oc_1", "om_0")
    world.conversations.bind(key, SentMessages(("om_answer",)))
    turn = Turn(id=1, question="q", answer="a", question_id="om_0")
    world.conversations.stored[key] = Conversation(key=key, turns=(turn,))
    world.model.enqueue_text("More")

    clicked = world.click()
    world.work()

    assert clicked.toast.notice.kind == "continue_started"
    assert world.inbox.events[0].key == key
    assert world.model.last_messages[-1].content == "Go on."


def test_two_clicks_on_continue_are_one(world):
    world.conversations.bind(ConversationKey("oc_1", "om_0"), SentMessages(("om_answer",)))

    world.click()
    world.click(event_id="ev_other")

    assert len(world.inbox.events) == 1


def test_going_on_after_a_fresh_start_says_that_there_is_nothing(world):
    world.conversations.bind(ConversationKey("oc_1", "om_0"), SentMessages(("om_answer",)))

    world.click()
    world.work()

    assert world.messenger.notices[0][1].kind == "continue_unknown"


def test_a_click_on_a_forgotten_conversation_says_so(world):
    assert world.click().toast.notice.kind == "conversation_unknown"


def test_a_click_that_means_nothing_says_so(world):
    assert world.click(value={"act": "fly"}).toast.notice.kind == "action_unknown"
    assert world.click(value={}).toast.notice.kind == "action_unknown"


def test_a_private_chat_can_be_one_running_conversation():
    world = World(p2p_context="chat")

    world.bot.receive("ev_1", message(message_id="om_1"))
    world.bot.receive("ev_2", message(message_id="om_2"))
    world.bot.receive("ev_3", message(message_id="om_3", chat_type="group", mentions_bot=True))

    keys = [event.key.root for event in world.inbox.events]
    assert keys == ["chat", "chat", "om_3"]


@pytest.mark.parametrize("word", ["/new", "新话题"])
def test_a_new_topic_is_begun_by_name(world, word):
    world.bot.receive("ev_1", message(word))

    world.work()

    assert world.conversations.cleared == [ConversationKey("oc_1", "om_1")]
    assert world.messenger.notices[0][1].kind == "new_topic"


def test_a_job_that_failed_too_often_is_given_up_in_words(world):
    world.bot.receive("ev_1", message())
    (job,) = world.inbox.claim(1)

    world.bot.work(type(job)(id=1, event=job.event, attempt=MAX_ATTEMPTS + 1), JobControl())

    assert world.messenger.answers[0].ending.notice.kind == "gave_up"
