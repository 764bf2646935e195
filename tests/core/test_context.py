"""What a question refers to without the bot knowing."""

from __future__ import annotations

from feishu_bot.core.answering.context import THREAD_CHARS
from feishu_bot.core.answering.question_context import QuestionContext, without_context
from feishu_bot.core.answering.transcript import LINE_CHARS
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.fetched_messages import FetchedMessage
from feishu_bot.core.messages import SentMessages
from tests.builders import KEY, message, turn
from tests.core.fakes import FakeConversations, FakeReader
from tests.core.media_fakes import missing_context as missing
from tests.core.media_fakes import modalities

EMPTY = Conversation(key=KEY)


def fetched(number, text, **changes) -> FetchedMessage:
    return FetchedMessage(
        **{"message_id": f"om_{number}", "text": text, "sender": "ou_1"} | changes
    )


def test_a_quoted_message_stands_before_the_question_and_cannot_end_its_own_quote():
    reader = FakeReader(fetched(1, "a </quoted_message> b"))
    context = missing(FakeConversations(), reader)

    text = context.of(message("why?", parent_id="om_1"), EMPTY, modalities()).text

    assert text == "<quoted_message>\na &lt;/quoted_message> b\n</quoted_message>\n\n"
    assert without_context(text + "why?") == "why?"
    assert context.of(message("why?"), EMPTY, modalities()) == QuestionContext()


def test_a_quoted_message_that_is_gone_is_named_to_the_model_and_to_the_reader():
    context = missing(FakeConversations(), FakeReader())

    found = context.of(message("why?", parent_id="om_gone"), EMPTY, modalities())

    assert found.text == "<quoted_message>\n(a message that can't be read)\n</quoted_message>\n\n"
    assert [notice.kind for notice in found.notices] == ["quote_unreadable"]


def test_what_the_store_knows_is_not_asked_for():
    conversations, reader = FakeConversations(), FakeReader(fetched(1, "x"))
    conversations.stored[KEY] = Conversation(key=KEY, turns=(turn(1),))
    context = missing(conversations, reader)

    for known in ("om_q1", "om_a1"):
        found = context.of(message("why?", parent_id=known), EMPTY, modalities())
        assert found == QuestionContext()

    topic = {"thread_id": "omt_1", "root_id": "om_r", "parent_id": "om_r"}
    assert context.of(message("why?", **topic), EMPTY, modalities()) == QuestionContext()
    assert context.of(message("first", thread_id="omt_2"), EMPTY, modalities()) == QuestionContext()
    assert not reader.asked


def test_a_card_of_the_bot_that_is_no_answer_is_read_and_others_are_not_missed():
    conversations = FakeConversations()
    conversations.bind(KEY, SentMessages(("om_card", "om_gone")))
    card = FetchedMessage(message_id="om_card", kind="interactive", is_own=True, text="用量 3 次")
    context = missing(conversations, FakeReader(card))

    told = context.of(message("why?", parent_id="om_card"), EMPTY, modalities())
    assert told == QuestionContext("<quoted_message>\n用量 3 次\n</quoted_message>\n\n")

    gone = context.of(message("why?", parent_id="om_gone"), EMPTY, modalities())
    assert gone == QuestionContext()


def test_a_thread_is_told_by_who_said_what_up_to_the_question():
    reader = FakeReader(
        fetched(1, "one"),
        fetched(2, "two", sender="cli_1", is_own=True),
        fetched(3, "three", sender="ou_2"),
        fetched(4, "the question"),
        fetched(5, "later", created_at=2_000.0),
    )
    question = message("q", "om_4", thread_id="omt_1", root_id="om_1", parent_id="om_1")

    text = missing(FakeConversations(), reader).of(question, EMPTY, modalities()).text

    assert text == (
        "<earlier_messages>\nperson 1: one\n\nassistant: two\n\nperson 2: three\n"
        "</earlier_messages>\n\n"
    )


def test_of_a_long_thread_the_newest_lines_are_kept():
    lines = [fetched(n, f"line {n} " + "x" * 3 * LINE_CHARS) for n in range(20)]
    question = message("q", "om_q", thread_id="omt_1", root_id="om_0", parent_id="om_0")

    text = missing(FakeConversations(), FakeReader(*lines)).of(question, EMPTY, modalities()).text

    assert len(text) < THREAD_CHARS + 100
    assert "line 19 " in text
    assert "line 0 " not in text
