"""The conversations of a person: what is listed, found, and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.stores import Database, SqlConversations, SqlHistory, SqlInbox, SqlPeople, WorkerId
from feishu_bot.stores.schema import metadata
from feishu_bot.stores.text_index import TextIndexUpkeep
from feishu_bot.stores.turns import insert_turn

PRIVATE = ConversationKey("oc_private", "chat")
GROUP = ConversationKey("oc_group", "om_root")
TURNS = metadata.tables["turns"]
ALICE, BOB = "ou_alice", "ou_bob"


@pytest.fixture
def history(database: Database) -> SqlHistory:
    """It asks the index where there is one, however few turns there are."""
    return SqlHistory(database, few_turns=0)


@pytest.fixture
def upkeep(database: Database) -> Callable[[], None]:
    index = TextIndexUpkeep(database)
    return lambda: index.run_once(rest_seconds=0.0)


@pytest.fixture
def add(database: Database, clock) -> Callable[..., int]:
    """Stores a turn, a second after the one before; returns its id."""
    numbers = iter(range(1, 10_000))

    def add(
        question: str,
        answer: str = "fine",
        *,
        after: int | None = None,
        asker: str = ALICE,
        key: ConversationKey = PRIVATE,
        question_id: str = "",
    ) -> int:
        clock.tick(1)
        number = next(numbers)
        turn = Turn(
            question=question,
            answer=answer,
            question_id=question_id or f"om_q{number}",
            answer_ids=(f"om_a{number}",),
            parent=after,
            asker=asker,
        )
        with database.write() as connection:
            return insert_turn(connection, key, turn, now=clock())

    return add


def origins(found) -> list[int]:
    return [one.origin for one in found]


class TestListing:
    def test_somebody_who_never_asked_has_no_conversations(self, history) -> None:
        assert history.newest(ALICE, limit=8) == []

    def test_what_began_afresh_is_another_conversation_of_the_same_chat(self, history, add) -> None:
        first = add("first")
        add("more of the first", after=first)
        second = add("second")

        newest = history.newest(ALICE, limit=8)

        assert origins(newest) == [second, first]
        assert [one.count for one in newest] == [1, 2]
        assert {one.key for one in newest} == {PRIVATE}

    def test_branches_belong_to_the_conversation_they_began_in(self, history, add) -> None:
        first = add("first")
        left = add("left", after=first)
        add("right", after=first)
        newest_leaf = add("left again", after=left)

        (only,) = history.newest(ALICE, limit=8)

        assert (only.origin, only.count, only.last.id) == (first, 4, newest_leaf)

    def test_a_first_question_that_is_answered_again_begins_no_other_one(
        self, history, add
    ) -> None:
        first = add("first")
        again = add("first", "better", question_id="om_q1")
        add("more", after=again)

        (only,) = history.newest(ALICE, limit=8)

        assert (only.origin, only.count) == (first, 3)

    def test_the_one_asked_in_last_comes_first(self, history, add, clock) -> None:
        first = add("first")
        second = add("second")
        add("first again", after=first)

        newest = history.newest(ALICE, limit=8)

        assert origins(newest) == [first, second]
        assert newest[0].asked_at == clock()
        assert newest[0].asked.question == "first"

    def test_it_is_turned_page_by_page(self, history, add) -> None:
        ids = [add(f"question {number}") for number in range(5)]

        pages = [origins(history.newest(ALICE, limit=2, skip=skip)) for skip in (0, 2, 4, 6)]

        assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]], []]

    def test_only_where_the_person_has_asked_themselves(self, history, add) -> None:
        theirs = add("Bob's", asker=BOB, key=GROUP)
        add("Bob's own", asker=BOB, key=replace(GROUP, root="om_other"))
        add("Alice joins in", after=theirs, key=GROUP)
        last = add("Bob again", after=theirs, asker=BOB, key=GROUP)

        (only,) = history.newest(ALICE, limit=8)

        assert (only.origin, only.count, only.last.id) == (theirs, 3, last)
        assert only.asked.question == "Alice joins in"

    def test_of_one_chat_only_where_that_is_asked_for(self, history, add) -> None:
        here, there = add("here", key=GROUP), add("there")

        assert origins(history.newest(ALICE, chat_id="oc_group", limit=8)) == [here]
        assert origins(history.newest(ALICE, chat_id="oc_private", limit=8)) == [there]
        assert origins(history.newest(ALICE, limit=8)) == [there, here]

    def test_the_last_turn_is_one_with_an_answer_if_there_is_any(self, history, add) -> None:
        first = add("first")
        add("stopped", "", after=first)
        alone = add("stopped at once", "")

        unanswered, answered = history.newest(ALICE, limit=8)

        assert (answered.last.id, unanswered.last.id) == (first, alone)

    def test_one_is_found_by_its_first_turn_by_who_asked_in_it(self, history, add) -> None:
        first = add("first", key=GROUP)
        second = add("second", after=first, key=GROUP)

        assert history.find(ALICE, first).asked.id == first
        assert history.find(ALICE, first, chat_id="oc_group").key == GROUP
        assert history.find(ALICE, first, chat_id="oc_private") is None
        assert history.find(ALICE, second) is None
        assert history.find(BOB, first) is None
        assert history.find(ALICE, 10**17) is None

    def test_a_title_belongs_to_the_conversation(self, history, add) -> None:
        first = add("first")
        add("second", after=first)

        history.set_title(first, "A title \0")

        assert history.newest(ALICE, limit=8)[0].title == "A title "


class TestForgetting:
    def test_a_recalled_question_leaves_the_rest(self, database, history, add) -> None:
        first = add("first")
        add("second", after=first)
        history.set_title(first, "named after the first")

        SqlInbox(database, worker=WorkerId()).stop("om_q1")

        (only,) = history.newest(ALICE, limit=8)
        assert (only.origin, only.asked.question, only.count, only.title) == (
            first,
            "second",
            1,
            "",
        )

    def test_a_forgotten_conversation_is_not_named_any_more(self, database, history, add) -> None:
        first = add("first")
        SqlInbox(database, worker=WorkerId()).stop("om_q1")

        history.set_title(first, "too late")

        with database.read() as connection:
            assert connection.scalar(sa.select(TURNS.c.title)) == ""

    def test_of_a_person_who_wants_to_be_forgotten_nothing_is_listed(
        self, database, history, add, upkeep
    ) -> None:
        first = add("a secret word")
        add("Bob's secret word", after=first, asker=BOB)
        upkeep()

        SqlPeople(database).forget(ALICE, keep_usage_since=0.0)

        assert history.newest(ALICE, limit=8) == []
        assert history.search(ALICE, ["secret"], limit=8) == []
        assert history.find(ALICE, first) is None
        assert [one.count for one in history.search(BOB, ["secret"], limit=8)] == [1]

    def test_a_conversation_goes_on_without_its_swept_beginning(
        self, database, history, add, clock
    ) -> None:
        first = add("first")
        clock.tick(100)
        second = add("second", after=first)
        SqlConversations(database, ttl_seconds=3600.0, clock=clock).sweep(clock() - 50)
        late = add("late", after=first)

        both = history.newest(ALICE, limit=8)

        assert [(one.origin, one.asked.question, one.title) for one in both] == [
            (late, "late", ""),
            (first, "second", ""),
        ]
        assert history.find(ALICE, first).last.id == second

    def test_swept_conversations_are_gone(self, database, history, add, upkeep, clock) -> None:
        add("a secret word")
        upkeep()

        SqlConversations(database, ttl_seconds=3600.0, clock=clock).sweep(clock() + 1)

        assert history.newest(ALICE, limit=8) == []
        again = add("another secret word")
        assert origins(history.search(ALICE, ["secret"], limit=8)) == [again]
        upkeep()
        assert origins(history.search(ALICE, ["secret"], limit=8)) == [again]


@pytest.mark.parametrize("is_indexed", [False, True], ids=["unindexed", "indexed"])
class TestSearch:
    @pytest.fixture
    def search(self, history, upkeep, is_indexed) -> Callable[..., list[int]]:
        def search(*words: str, person: str = ALICE, **more) -> list[int]:
            if is_indexed:
                upkeep()
            return origins(history.search(person, words, **({"limit": 8} | more)))

        return search

    def test_it_looks_into_questions_answers_and_titles(self, history, search, add) -> None:
        asked = add("怎么写周报模板")
        answered = add("help me", "这里有一个周报模板")
        titled = add("hello")
        add("something else", "quite")
        history.set_title(titled, "周报模板讨论")

        assert search("周报模板") == [titled, answered, asked]
        assert search("周报") == [titled, answered, asked]
        assert search("报") == [titled, answered, asked]

    def test_all_words_have_to_be_in_one_turn(self, search, add) -> None:
        both = add("the quarterly budget", "of 2026")
        add("the quarterly report")
        add("a budget")

        assert search("budget", "quarterly") == [both]
        assert search("quarterly", "no-such-word") == []

    def test_capital_letters_are_as_good_as_small_ones(self, search, add) -> None:
        one = add("Deploy on Kubernetes")

        assert search("kuBERNetes") == [one]

    @pytest.mark.parametrize(
        "word",
        [
            "100%",
            "a_b",
            "\\d+",
            '"quoted"',
            "don't",
            "NOT",
            "x*",
            "(y)",
            "a:b",
            "^c",
            "--",
            "😀😀😀",
        ],
    )
    def test_what_means_something_to_a_database_is_just_text(self, search, add, word) -> None:
        add("1000 aXb d 'quoted' dont x y a b c 😀")
        one = add(f"before {word} after")

        assert search(word) == [one]

    @pytest.mark.parametrize("word", ["\0", "\ud83d", "x" * 500, '"""', "%%%%", "\\"])
    def test_no_text_is_refused(self, search, add, word) -> None:
        add("hello")

        assert search(word) == []

    def test_only_the_turns_of_the_person_are_searched(self, search, add) -> None:
        shared = add("Alice's question", key=GROUP)
        add("Bob's wisdom", after=shared, asker=BOB, key=GROUP)

        assert search("wisdom") == []
        assert search("wisdom", person=BOB) == [shared]

    def test_in_one_chat_if_that_is_asked_for(self, search, add) -> None:
        here = add("the same words", key=GROUP)
        add("the same words")

        assert search("same words", chat_id="oc_group") == [here]

    def test_the_newest_found_comes_first_page_by_page_with_what_was_found(
        self, history, search, add
    ) -> None:
        ids = [add(f"needle {number}") for number in range(3)]
        newest = add("another needle", after=ids[0])

        assert search("needle", limit=2) == [ids[0], ids[2]]
        assert search("needle", limit=2, skip=2) == [ids[1]]
        assert history.search(ALICE, ["needle"], limit=1)[0].found.id == newest

    def test_no_words_find_nothing(self, search, add) -> None:
        add("hello")

        assert search() == []
