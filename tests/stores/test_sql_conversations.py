from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from feishu_bot.core.conversations import RUNNING, Conversation, ConversationKey, Turn
from feishu_bot.core.messages import IncomingMessage, Sender, SentMessages
from feishu_bot.stores import Database, SqlConversations
from feishu_bot.stores.schema import metadata
from feishu_bot.stores.turns import forget_question, insert_turn

TTL = 3600.0
KEY = ConversationKey("oc_1", "om_root")


def message(message_id: str = "om_new", **fields: str) -> IncomingMessage:
    return IncomingMessage(
        message_id=message_id,
        chat_id="oc_1",
        chat_type="group",
        sender=Sender(open_id="ou_1"),
        kind="text",
        **fields,  # type: ignore[arg-type]
    )


class ClosedDatabase:
    """Stands for a database that must not be asked."""

    @contextmanager
    def read(self) -> Iterator[Any]:
        raise AssertionError("the database was read")
        yield

    write = read


class TestConversations:
    @pytest.fixture
    def store(self, database: Database, clock) -> SqlConversations:
        return SqlConversations(database, ttl_seconds=TTL, clock=clock, timer=clock)

    @pytest.fixture
    def other(self, other_database: Database, clock) -> SqlConversations:
        """The store of a second process."""
        return SqlConversations(other_database, ttl_seconds=TTL, clock=clock, timer=clock)

    @pytest.fixture
    def add(self, database: Database, clock):
        """Stores the turn `name` (question `om_q<name>`, answer `om_a<name>`); returns its id."""

        def add(name: str, parent: int | None = None, key: ConversationKey = KEY) -> int:
            turn = Turn(
                question=f"question {name}",
                answer=f"answer {name}",
                question_id=f"om_q{name}",
                answer_ids=(f"om_a{name}",),
                parent=parent,
            )
            with database.write() as connection:
                return insert_turn(connection, key, turn, now=clock())

        return add

    @staticmethod
    def loaded(store: SqlConversations, parent_id: str = "") -> list[str]:
        turns = store.load(KEY, parent_id).turns
        return [turn.question.removeprefix("question ") for turn in turns]

    # Answers and their cards

    def test_the_answers_to_a_question_are_known_though_it_is_forgotten(
        self, store, add, database
    ) -> None:
        add("1")
        again = Turn(
            question="question 1", answer="", question_id="om_q1", answer_ids=("om_a8", "om_a9")
        )
        with database.write() as connection:
            insert_turn(connection, KEY, again, now=1.0)
            forget_question(connection, "om_q1")

        assert store.answers_to("om_q1") == ("om_a1", "om_a9")
        assert store.answers_to("om_a1") == ()

    def test_a_card_is_known_by_its_message_before_and_after_its_turn(
        self, store, other, add
    ) -> None:
        store.bind(KEY, SentMessages(("om_a1", "om_text"), card_ids={"om_a1": "card_1"}))
        assert other.card_of("om_a1") == "card_1"

        add("1")
        store.bind(KEY, SentMessages(("om_a1",)))

        assert other.card_of("om_a1") == "card_1"
        assert other.card_of("om_text") == ""
        assert other.card_of("om_unknown") == ""

    # Which conversation a message belongs to

    def test_a_message_that_names_no_other_opens_a_conversation(self, clock) -> None:
        store = SqlConversations(ClosedDatabase(), ttl_seconds=TTL, clock=clock, timer=clock)  # type: ignore[arg-type]

        assert store.resolve(message("om_1")) == ConversationKey("oc_1", "om_1")

    def test_a_reply_belongs_to_its_root(self, store) -> None:
        reply = message(root_id="om_1", parent_id="om_2")

        assert store.resolve(reply) == ConversationKey("oc_1", "om_1")

    def test_a_reply_to_a_known_message_belongs_to_its_conversation(self, store, add) -> None:
        add("1")

        reply = message(root_id="om_elsewhere", parent_id="om_a1")

        assert store.resolve(reply) == KEY

    def test_a_reply_to_a_known_question_belongs_to_its_conversation(self, store, add) -> None:
        add("1")

        assert store.resolve(message(root_id="om_q1", parent_id="om_unknown")) == KEY

    def test_the_first_post_of_a_topic_is_its_root(self, store, other) -> None:
        first = message("om_1", thread_id="omt_1")
        second = message("om_2", thread_id="omt_1")

        assert store.resolve(first) == ConversationKey("oc_1", "om_1")
        assert store.resolve(second) == ConversationKey("oc_1", "om_1")
        assert other.resolve(second) == ConversationKey("oc_1", "om_1")

    def test_the_same_thread_id_in_another_chat_is_another_thread(self, store, other) -> None:
        store.resolve(message("om_1", thread_id="omt_1", root_id="om_root"))
        store.bind(ConversationKey("oc_2", "om_9"), SentMessages(("om_a9",), "omt_1"))

        assert other.resolve(message(thread_id="omt_1")) == KEY

    def test_a_message_with_both_binds_thread_and_root(self, store, other) -> None:
        store.resolve(message("om_1", thread_id="omt_1", root_id="om_root"))

        assert store.resolve(message(thread_id="omt_1")) == KEY
        assert other.resolve(message(thread_id="omt_1")) == KEY

    def test_a_thread_opened_by_an_answer_belongs_to_its_conversation(self, store, other) -> None:
        store.bind(KEY, SentMessages(("om_a1",), "omt_1"))

        assert store.resolve(message(thread_id="omt_1")) == KEY
        assert other.resolve(message(thread_id="omt_1")) == KEY

    def test_a_message_that_shows_more_of_an_answer_is_part_of_it(self, store, other, add) -> None:
        add("1")
        first = store.turn_of("om_a1")

        store.bind(KEY, SentMessages(("om_more",)), first.id)
        store.bind(KEY, SentMessages(("om_more",)))

        assert other.turn_of("om_more") == first
        assert other.key_of("om_more") == KEY
        assert other.load(KEY, "om_more").turns[-1] == first

    def test_a_thread_keeps_its_first_root(self, store, other) -> None:
        store.resolve(message("om_1", thread_id="omt_1"))
        other.resolve(message("om_2", thread_id="omt_1", root_id="om_else"))

        assert other.resolve(message("om_3", thread_id="omt_1")) == ConversationKey("oc_1", "om_1")

    def test_what_was_found_is_not_looked_up_again(self, store, add, monkeypatch) -> None:
        add("1")
        messages = [
            message(root_id="om_q1", parent_id="om_a1"),
            message(thread_id="omt_1", root_id="om_root", parent_id="om_a1"),
        ]
        keys = [store.resolve(item) for item in messages]
        assert store.exists(KEY)

        monkeypatch.setattr(store, "_database", ClosedDatabase())

        assert [store.resolve(item) for item in messages] == keys
        assert store.key_of("om_a1") == KEY
        assert store.exists(KEY)

    def test_what_was_not_found_is_looked_up_again(self, store, other) -> None:
        assert store.key_of("om_a1") is None
        assert not store.exists(KEY)

        other.bind(KEY, SentMessages(("om_a1",)))

        assert store.key_of("om_a1") == KEY
        assert store.exists(KEY)

    def test_only_the_own_messages_name_their_conversation(self, store, add) -> None:
        add("1")

        assert store.key_of("om_a1") == KEY
        assert store.key_of("om_q1") is None

    def test_a_bound_message_becomes_part_of_its_turn(self, store, add) -> None:
        store.bind(KEY, SentMessages(("om_a1",)))
        first = add("1")
        add("2", parent=first)

        assert self.loaded(store, "om_a1") == ["1"]

    def test_an_unknown_conversation_does_not_exist(self, store) -> None:
        assert not store.exists(KEY)

    # Turns

    def test_an_unknown_conversation_is_empty(self, store) -> None:
        assert store.load(KEY) == Conversation(key=KEY)

    def test_turns_come_from_the_first_to_the_newest(self, store, add) -> None:
        first = add("1")
        second = add("2", parent=first)
        add("3", parent=second)

        assert self.loaded(store) == ["1", "2", "3"]

    def test_a_turn_comes_back_as_it_was(self, store, database) -> None:
        turn = Turn(
            question="你好",
            answer="🙂 ' \"",
            question_id="om_q1",
            answer_ids=("om_a1", "om_a2"),
            asker="ou_1",
            speaker="小明",
            model="gpt",
            finish_reason="length",
            prompt_tokens=1,
            completion_tokens=2,
            estimated_tokens=3,
            created_at=4.0,
            id=1,
        )
        with database.write() as connection:
            insert_turn(connection, KEY, turn, now=5.0)

        store = SqlConversations(database, ttl_seconds=TTL, clock=lambda: 5.0)
        assert store.load(KEY).turns == (turn,)

    def test_an_answer_that_no_database_takes_is_stored_without_the_offence(
        self, store, database, clock
    ) -> None:
        turn = Turn(question="a\0b", answer="ü\ud83d!", question_id="om_q1")
        with database.write() as connection:
            insert_turn(connection, KEY, turn, now=clock())

        (stored,) = store.load(KEY).turns
        assert (stored.question, stored.answer) == ("ab", "ü?!")

    def test_a_reply_to_an_older_answer_goes_on_from_there(self, store, add) -> None:
        first = add("1")
        second = add("2", parent=first)
        add("3", parent=second)
        add("2b", parent=first)

        assert self.loaded(store, "om_a2") == ["1", "2"]
        assert self.loaded(store, "om_a3") == ["1", "2", "3"]
        assert self.loaded(store) == ["1", "2b"]

    def test_a_continued_answer_stays_with_its_own_turn(self, store, add, database, clock) -> None:
        first = add("1")
        continued = Turn(
            question="go on",
            answer="more",
            question_id="om_a1",
            answer_ids=("om_a2",),
            parent=first,
        )
        with database.write() as connection:
            insert_turn(connection, KEY, continued, now=clock())

        assert self.loaded(store, "om_a1") == ["1"]
        assert self.loaded(store, "om_a2") == ["1", "go on"]
        assert store.key_of("om_a1") == KEY

    def test_an_unknown_parent_means_the_newest_turn(self, store, add) -> None:
        add("1", key=ConversationKey("oc_1", "om_else"))
        add("2")
        store.bind(KEY, SentMessages(("om_notice",)))

        for parent_id in ("om_unknown", "om_a1", "om_notice"):
            assert self.loaded(store, parent_id) == ["2"]

    def test_a_forgotten_turn_is_passed_over(self, store, add, database) -> None:
        first = add("1")
        second = add("2", parent=first)
        add("3", parent=second)

        with database.write() as connection:
            forget_question(connection, "om_q2")

        assert self.loaded(store) == ["1", "3"]
        assert self.loaded(store, "om_a2") == ["1"]

    def test_a_forgotten_turn_keeps_no_words(self, add, database) -> None:
        add("1")

        with database.write() as connection:
            forget_question(connection, "om_q1")
            turns = metadata.tables["turns"]
            columns = (turns.c.question, turns.c.answer, turns.c.asker, turns.c.speaker)
            (row,) = connection.execute(sa.select(*columns))

        assert tuple(row) == ("", "", "", "")

    @pytest.mark.parametrize("message_id", ["om_q1", "om_a1"])
    def test_a_message_names_its_turn(self, store, add, message_id) -> None:
        first = add("1")
        add("2", parent=first)

        turn = store.turn_of(message_id)

        assert (turn.id, turn.question, turn.answer) == (first, "question 1", "answer 1")

    def test_a_question_that_was_answered_again_names_the_newer_turn(
        self, store, add, database, clock
    ) -> None:
        add("1")
        again = Turn(question="question 1", answer="better", question_id="om_q1")
        with database.write() as connection:
            insert_turn(connection, KEY, again, now=clock())

        assert store.turn_of("om_q1").answer == "better"
        assert store.turn_of("om_a1").answer == "answer 1"

    def test_a_message_without_a_turn_names_none(self, store, add, database) -> None:
        add("1")
        store.bind(KEY, SentMessages(("om_notice",)))
        with database.write() as connection:
            forget_question(connection, "om_q1")

        assert [store.turn_of(name) for name in ("om_unknown", "om_notice", "om_a1")] == [None] * 3

    # Branches

    @staticmethod
    def begin_afresh(store: SqlConversations, clock, how: str, key: ConversationKey = KEY) -> None:
        if how == "cleared":
            store.clear(key)
        else:
            clock.tick(TTL + 1)
            store.bind(key, SentMessages(("om_notice",)))

    @staticmethod
    def names(turns: tuple[Turn, ...]) -> list[str]:
        return [turn.question.removeprefix("question ") for turn in turns]

    def test_a_tree_has_all_branches_from_the_oldest_on(self, store, add) -> None:
        first = add("1")
        add("2", parent=first)
        add("2b", parent=first)
        add("else", key=ConversationKey("oc_1", "om_else"))

        assert self.names(store.tree(KEY)) == ["1", "2", "2b"]

    def test_a_tree_has_no_forgotten_turns(self, store, add, database) -> None:
        add("2", parent=add("1"))
        with database.write() as connection:
            forget_question(connection, "om_q1")

        assert self.names(store.tree(KEY)) == self.names(store.tree(KEY, whole=True)) == ["2"]

    def test_a_tree_begins_where_the_conversation_began_afresh(self, store, add) -> None:
        add("1")
        store.clear(KEY)
        add("2")

        assert self.names(store.tree(KEY)) == ["2"]
        assert self.names(store.tree(KEY, whole=True)) == ["1", "2"]

    def test_the_tree_of_a_conversation_that_rested_too_long_is_empty(
        self, store, add, clock
    ) -> None:
        add("1")
        clock.tick(TTL + 1)

        assert store.tree(KEY) == ()
        assert self.names(store.tree(KEY, whole=True)) == ["1"]

    def test_an_unknown_conversation_has_no_tree(self, store) -> None:
        assert store.tree(KEY) == store.tree(KEY, whole=True) == ()

    def test_a_conversation_goes_on_from_the_turn_that_was_named(self, store, other, add) -> None:
        first = add("1")
        second = add("2", parent=first)
        add("3", parent=second)

        assert store.go_on_from(KEY, second)

        assert self.loaded(other) == ["1", "2"]
        assert self.loaded(other, "om_notice") == ["1", "2"]
        assert self.loaded(other, "om_a3") == ["1", "2", "3"]

    def test_after_the_next_turn_it_goes_on_from_the_newest_again(self, store, add) -> None:
        first = add("1")
        add("2", parent=first)
        store.go_on_from(KEY, first)

        second = add("2b", parent=first)
        assert self.loaded(store) == ["1", "2b"]

        add("3", parent=second)
        assert self.loaded(store) == ["1", "2b", "3"]

    def test_a_notice_or_a_setting_does_not_change_where_it_goes_on(self, store, add) -> None:
        first = add("1")
        add("2", parent=first)
        store.go_on_from(KEY, first)

        store.bind(KEY, SentMessages(("om_notice",)))
        store.save_settings(KEY, role="a poet")

        assert self.loaded(store) == ["1"]

    def test_it_does_not_go_on_from_what_is_not_there(self, store, add, database) -> None:
        elsewhere = add("else", key=ConversationKey("oc_1", "om_else"))
        forgotten = add("1")
        add("2")
        with database.write() as connection:
            forget_question(connection, "om_q1")

        refused = [store.go_on_from(KEY, turn) for turn in (elsewhere, forgotten, 99)]

        assert refused == [False] * 3
        assert not store.go_on_from(ConversationKey("oc_1", "om_unknown"), elsewhere)
        assert not store.exists(ConversationKey("oc_1", "om_unknown"))
        assert self.loaded(store) == ["2"]

    def test_the_newest_conversation_of_a_chat_is_the_one_with_its_newest_turn(
        self, store, add, database
    ) -> None:
        other = ConversationKey("oc_1", "om_else")
        assert store.newest("oc_1") is None
        add("else", key=other)
        add("1")
        store.bind(other, SentMessages(("om_notice",)))

        assert store.newest("oc_1") == KEY
        assert store.newest("oc_2") is None
        with database.write() as connection:
            forget_question(connection, "om_q1")
        assert store.newest("oc_1") == other

    @pytest.mark.parametrize("how", ["cleared", "expired"])
    def test_an_earlier_conversation_is_taken_up_again(self, store, other, add, clock, how) -> None:
        first = add("1")
        second = add("2", parent=first)
        add("3", parent=second)
        self.begin_afresh(store, clock, how)
        add("later")

        assert store.go_on_from(KEY, second)

        assert self.loaded(other) == ["1", "2"]
        assert self.names(other.tree(KEY)) == ["1", "2", "3", "later"]
        add("4", parent=second)
        assert self.loaded(other) == ["1", "2", "4"]

    def test_a_talk_is_taken_up_again_before_anything_else_was_said(
        self, store, add, clock
    ) -> None:
        first = add("1")
        clock.tick(TTL + 1)

        assert store.go_on_from(KEY, first)
        assert self.loaded(store) == ["1"]
        assert self.names(store.tree(KEY)) == ["1"]

    def test_of_many_talks_the_earlier_ones_stay_cleared(self, store, add) -> None:
        add("long ago")
        store.clear(KEY)
        second = add("1")
        store.clear(KEY)

        store.go_on_from(KEY, second)

        assert self.names(store.tree(KEY)) == ["1"]

    def test_what_was_taken_up_again_can_be_cleared_again(self, store, add, clock) -> None:
        first = add("1")
        store.clear(KEY)
        add("2")
        store.go_on_from(KEY, first)

        store.clear(KEY)

        assert store.load(KEY) == Conversation(key=KEY)
        assert store.tree(KEY) == ()
        add("3")
        assert self.loaded(store) == ["3"]

    def test_an_answer_to_what_was_taken_up_again_is_cleared_with_it(self, store, add) -> None:
        first = add("1")
        store.clear(KEY)
        store.go_on_from(KEY, first)
        store.clear(KEY)

        add("2", parent=first)

        assert self.loaded(store) == []

    @pytest.mark.parametrize("how", ["cleared", "expired"])
    def test_in_a_running_chat_a_reply_to_an_earlier_conversation_goes_on_from_there(
        self, store, add, clock, how
    ) -> None:
        key = ConversationKey("oc_1", RUNNING)
        first = add("1", key=key)
        add("2", parent=first, key=key)
        self.begin_afresh(store, clock, how, key)

        loaded = store.load(key, "om_a1")

        assert self.names(loaded.turns) == ["1"]
        assert loaded.is_resumed
        assert store.load(key).turns == ()

    @pytest.mark.parametrize("key", [KEY, ConversationKey("oc_1", RUNNING)])
    def test_a_reply_goes_on_from_what_has_just_expired(self, store, add, clock, key) -> None:
        first = add("1", key=key)
        add("2", parent=first, key=key)
        clock.tick(TTL + 1)

        loaded = store.load(key, "om_a1")

        assert self.names(loaded.turns) == ["1"]
        assert loaded.is_resumed
        assert loaded.expired_turn is None
        store.go_on_from(key, first)
        store.bind(key, SentMessages(("om_card",)))
        add("3", parent=first, key=key)
        assert self.names(store.load(key).turns) == ["1", "3"]

    def test_in_a_thread_a_reply_to_what_was_cleared_begins_afresh(self, store, add, clock) -> None:
        add("1")
        store.clear(KEY)

        assert self.loaded(store, "om_a1") == []
        clock.tick(TTL + 1)
        assert self.loaded(store, "om_a1") == []

    @pytest.mark.parametrize("turn_id", [0, -1, 2**63, 10**30])
    def test_it_does_not_go_on_from_what_is_no_id(self, store, add, turn_id) -> None:
        add("1")

        assert not store.go_on_from(KEY, turn_id)
        assert self.loaded(store) == ["1"]

    # What is said after a long rest

    def test_after_a_long_rest_it_tells_where_it_was_left_until_there_is_an_answer(
        self, store, other, add, clock
    ) -> None:
        add("2", parent=add("1"))
        clock.tick(TTL + 1)

        assert store.load(KEY).expired_turn.question == "question 2"
        # A second try of the same question is told so, too, and what was set in between.
        store.bind(KEY, SentMessages(("om_notice",)))
        assert other.load(KEY).expired_turn.question == "question 2"

        add("3")
        assert store.load(KEY).expired_turn is None

    def test_where_it_was_left_is_told_once_more_after_a_question_without_an_answer(
        self, store, database, add, clock
    ) -> None:
        add("1")
        clock.tick(TTL + 1)
        store.load(KEY)
        unanswered = Turn(question="?", answer="", question_id="om_q?")
        with database.write() as connection:
            insert_turn(connection, KEY, unanswered, now=clock())

        assert store.load(KEY).expired_turn.question == "question 1"

    def test_a_second_long_rest_keeps_where_it_was_left(self, store, add, clock) -> None:
        add("1")
        clock.tick(TTL + 1)
        store.bind(KEY, SentMessages(("om_notice",)))
        clock.tick(TTL + 1)

        assert store.load(KEY).expired_turn.question == "question 1"

    def test_it_was_left_where_somebody_had_gone_back_to(self, store, add, clock) -> None:
        first = add("1")
        add("2", parent=first)
        store.go_on_from(KEY, first)
        clock.tick(TTL + 1)

        assert store.load(KEY).expired_turn.question == "question 1"

    @pytest.mark.parametrize("what", ["cleared before", "cleared after", "forgotten", "empty"])
    def test_there_is_nothing_to_take_up(self, store, add, database, clock, what) -> None:
        store.bind(KEY, SentMessages(("om_notice",)))
        if what != "empty":
            add("1")
        if what == "cleared before":
            store.clear(KEY)
        clock.tick(TTL + 1)
        store.load(KEY)
        if what == "cleared after":
            store.clear(KEY)
        if what == "forgotten":
            with database.write() as connection:
                forget_question(connection, "om_q1")

        assert store.load(KEY).expired_turn is None

    def test_a_talk_that_was_taken_up_again_is_not_offered_any_more(
        self, store, add, clock
    ) -> None:
        first = add("1")
        clock.tick(TTL + 1)
        store.load(KEY)

        store.go_on_from(KEY, first)

        assert store.load(KEY).expired_turn is None

    def test_to_go_on_keeps_a_conversation_going(self, store, add, clock) -> None:
        first = add("1")
        clock.tick(TTL - 1)
        store.go_on_from(KEY, first)
        clock.tick(TTL - 1)

        assert self.loaded(store) == ["1"]

    @pytest.mark.parametrize("how", ["cleared", "expired"])
    def test_a_conversation_that_began_afresh_forgets_where_to_go_on(
        self, store, add, clock, how
    ) -> None:
        first = add("1")
        store.go_on_from(KEY, first)
        self.begin_afresh(store, clock, how)

        assert self.loaded(store) == []

        add("2")
        assert self.loaded(store) == ["2"]

    def test_a_head_that_is_forgotten_is_passed_over(self, store, add, database) -> None:
        second = add("2", parent=add("1"))
        add("3", parent=second)
        store.go_on_from(KEY, second)

        with database.write() as connection:
            forget_question(connection, "om_q2")

        assert self.loaded(store) == ["1"]

    # Settings

    def test_settings_are_kept_until_they_are_changed(self, store, other) -> None:
        store.save_settings(KEY, role="a poet", model="gpt", mode="creative")
        store.save_settings(KEY, model="", mode="strict")

        assert other.load(KEY) == Conversation(key=KEY, role="a poet", model="", mode="strict")

    def test_a_role_that_no_database_takes_is_stored_without_the_offence(self, store) -> None:
        store.save_settings(KEY, role="a\0 poet\ud83d")

        assert store.load(KEY).role == "a poet?"

    def test_a_conversation_that_rested_too_long_starts_anew_with_its_settings(
        self, store, add, clock
    ) -> None:
        store.save_settings(KEY, role="a poet", model="gpt", mode="creative")
        add("1")
        clock.tick(TTL + 1)

        loaded = store.load(KEY)
        assert loaded.turns == ()
        assert (loaded.role, loaded.model, loaded.mode) == ("a poet", "gpt", "creative")

        add("2")
        assert self.loaded(store) == ["2"]
        assert store.load(KEY).role == "a poet"

    def test_a_turn_within_the_time_keeps_a_conversation_going(self, store, add, clock) -> None:
        first = add("1")
        clock.tick(TTL - 1)
        add("2", parent=first)
        clock.tick(TTL - 1)

        assert self.loaded(store) == ["1", "2"]

    def test_a_setting_after_a_long_rest_does_not_bring_the_turns_back(
        self, store, add, clock
    ) -> None:
        store.save_settings(KEY, role="a poet")
        add("1")
        clock.tick(TTL + 1)

        store.save_settings(KEY, model="gpt")

        loaded = store.load(KEY)
        assert (loaded.turns, loaded.role, loaded.model) == ((), "a poet", "gpt")

    def test_a_notice_after_a_long_rest_does_not_bring_the_turns_back(
        self, store, add, clock
    ) -> None:
        add("1")
        clock.tick(TTL + 1)

        store.bind(KEY, SentMessages(("om_notice",)))

        assert self.loaded(store) == []

    def test_an_answer_that_ends_after_a_fresh_start_is_not_part_of_it(self, store, add) -> None:
        first = add("1")
        store.clear(KEY)

        add("2", parent=first)

        assert store.load(KEY).turns == ()
        add("3")
        assert self.loaded(store) == ["3"]

    def test_a_cleared_conversation_starts_anew_with_its_settings(self, store, add) -> None:
        store.save_settings(KEY, role="a poet", model="gpt", mode="creative")
        add("1")

        store.clear(KEY)

        chosen = Conversation(key=KEY, role="a poet", model="gpt", mode="creative")
        assert store.load(KEY) == chosen
        assert store.exists(KEY)

    # Sweeping

    def test_conversations_are_swept_with_all_they_have(
        self, store, other, add, database, clock
    ) -> None:
        add("old")
        store.bind(KEY, SentMessages(("om_b",), "omt_old"))
        store.resolve(message(thread_id="omt_stray", root_id="om_stray"))
        clock.tick(100)
        new = ConversationKey("oc_1", "om_new_root")
        add("new", key=new)
        store.bind(new, SentMessages(("om_c",), "omt_new"))
        clock.tick(100)

        assert store.sweep(before=clock.now - 150) == 1

        assert not store.exists(KEY)
        assert store.key_of("om_b") is None
        assert [turn.question for turn in other.load(new).turns] == ["question new"]
        with database.read() as connection:
            counts = {
                name: connection.scalar(sa.select(sa.func.count()).select_from(table))
                for name, table in metadata.tables.items()
            }
        assert {name: count for name, count in counts.items() if count} == {
            "conversations": 1,
            "turns": 1,
            "messages": 3,
            "threads": 1,
        }

    def test_a_conversation_that_goes_on_keeps_its_newer_turns(
        self, store, other, add, database, clock
    ) -> None:
        parent = None
        for number in range(250):
            parent = add(f"old{number}", parent=parent)
        store.bind(KEY, SentMessages(("om_notice",)))
        clock.tick(100)
        add("new", parent=parent)
        clock.tick(1)

        assert store.sweep(before=clock.now - 50) == 0

        assert self.loaded(other) == ["new"]
        assert self.names(other.tree(KEY, whole=True)) == ["new"]
        assert store.turn_of("om_a7") is None
        assert store.key_of("om_a7") is None
        assert store.key_of("om_notice") == store.key_of("om_anew") == KEY
        assert not store.go_on_from(KEY, parent)
        with database.read() as connection:
            kept = [
                row.message_id for row in connection.execute(sa.select(metadata.tables["messages"]))
            ]
        assert sorted(kept) == ["om_anew", "om_notice", "om_qnew"]

    def test_a_thread_lives_as_long_as_its_conversation(self, store, other, clock) -> None:
        store.bind(KEY, SentMessages(("om_a1",), "omt_1"))
        clock.tick(1000)
        store.bind(KEY, SentMessages(("om_a2",)))

        store.sweep(before=clock.now - 500)

        assert other.resolve(message(thread_id="omt_1")) == KEY
