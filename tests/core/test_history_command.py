"""/history: who sees which conversations where, and how one is gone on with."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Buttons, Entry, Form, Text
from feishu_bot.core.commands.history import PAGE_SIZE
from feishu_bot.core.conversations import RUNNING, ConversationKey
from feishu_bot.core.people import Person
from feishu_bot.core.tasks import RunCommand
from tests.builders import ALICE, BOB, BotWorld, past, turn

PRIVATE = ConversationKey("oc_1", RUNNING)
GROUP = ConversationKey("oc_group", "om_root")
NOW = time.mktime((2026, 11, 29, 15, 0, 0, 0, 0, -1))


@pytest.fixture
def world():
    """A bot in whose private chat with Alice conversations run on."""
    world = BotWorld(p2p_context="chat", clock=lambda: NOW)
    world.people.stored[ALICE.open_id] = Person(open_id=ALICE.open_id, private_chat="oc_1")
    world.bind("om_list", key=PRIVATE)
    world.bind("om_group_list", key=GROUP)
    return world


def have(world, *conversations, of=ALICE):
    world.history.stored[of.open_id] = list(conversations)


def entries(card) -> list[Entry]:
    return [block for block in card.blocks if isinstance(block, Entry)]


def buttons(card) -> dict[str, dict]:
    rows = (block for block in card.blocks if isinstance(block, Buttons))
    return {one.label.key: dict(one.value) for row in rows for one in row.buttons}


def form(card) -> Form:
    return next(block for block in card.blocks if isinstance(block, Form))


def press(world, value, **more):
    """Press something of a card with this value."""
    return world.click(**{"on": "om_list", **value, **more})


class TestList:
    def test_somebody_who_never_asked_is_told_so(self, world):
        assert world.run("/history", key=PRIVATE).kind == "history_empty"
        in_group = world.run("/history", key=GROUP, chat_type="group", chat_id="oc_group")
        assert in_group.kind == "history_empty_group"

    @pytest.mark.parametrize("words", ["/history", "历史", "/历史", "对话列表", "/对话列表"])
    def test_every_conversation_has_a_line_with_its_button(self, world, words):
        have(world, past(3, PRIVATE, question="# 周报怎么写"), past(1, PRIVATE, title="Named"))

        first, second = entries(world.run(words, key=PRIVATE))

        assert (first.title, second.title) == ("周报怎么写", "Named")
        assert first.button.value == {
            "act": "history_go_on",
            "of": "ou_alice",
            "chat": "p2p",
            "origin": "3",
        }

    def test_a_question_that_begins_with_the_word_is_a_question(self, world):
        world.model.enqueue_text("1949")

        world.say("历史 上的今天")

        assert world.messenger.answers[0].text == "1949"

    @pytest.mark.parametrize(
        ("at", "when"),
        [
            ((2026, 11, 29, 14, 5), Text("history_today", {"time": "14:05"})),
            ((2026, 11, 29, 0, 0), Text("history_today", {"time": "00:00"})),
            ((2026, 11, 28, 23, 59), Text("history_yesterday", {"time": "23:59"})),
            ((2026, 11, 27, 9, 0), "11-27 09:00"),
            ((2025, 12, 31, 9, 0), "2025-12-31"),
        ],
    )
    def test_times_are_told_as_people_tell_them(self, world, at, when):
        have(world, past(1, PRIVATE, asked_at=time.mktime((*at, 0, 0, 0, -1))))

        (entry,) = entries(world.run("/history", key=PRIVATE))

        assert entry.notes[0] == when

    def test_the_number_of_turns_is_told(self, world):
        have(world, past(1, PRIVATE), past(2, PRIVATE, count=3))

        one, three = entries(world.run("/history", key=PRIVATE))

        assert one.notes[1].key == "history_turn"
        assert three.notes[1] == Text("history_turns", {"count": "3"})

    def test_in_the_private_chat_all_are_shown_with_their_place(self, world):
        have(world, past(2, GROUP), past(1, PRIVATE))

        elsewhere, here = entries(world.run("/history", key=PRIVATE))

        assert elsewhere.notes[2:] == (Text("history_elsewhere"),)
        assert here.notes[2:] == ()

    def test_in_a_group_only_those_of_this_group_are_shown_and_the_card_says_so(self, world):
        other = ConversationKey("oc_other", "om_1")
        have(world, past(3, other), past(2, GROUP), past(1, PRIVATE))

        card = world.run("/history", key=GROUP, chat_type="group", chat_id="oc_group")

        assert [one.button.value["origin"] for one in entries(card)] == ["2"]
        assert card.blocks[0].words == Text("history_group")

    def test_where_the_kind_of_chat_is_not_known_others_may_be_reading(self, world):
        have(world, past(2, GROUP), past(1, PRIVATE))
        del world.people.stored[ALICE.open_id]

        card = press(world, {"act": "history_page", "of": "ou_alice"}).card

        assert [one.button.value["origin"] for one in entries(card)] == ["1"]

    def test_a_question_without_words_is_named_all_the_same(self, world):
        only = "<attachments>\n[image]\n</attachments>\n\n"
        have(world, past(1, PRIVATE, question=only))

        (entry,) = entries(world.run("/history", key=PRIVATE))

        assert entry.title == Text("history_untitled")

    def test_it_is_turned_page_by_page(self, world):
        have(world, *(past(n, PRIVATE) for n in range(1, PAGE_SIZE + 3)))

        newest = world.run("/history", key=PRIVATE)
        older = press(world, buttons(newest)["button_older"]).card
        again = press(world, buttons(older)["button_newer"]).card

        assert len(entries(newest)) == PAGE_SIZE
        assert "button_newer" not in buttons(newest)
        assert [one.button.value["origin"] for one in entries(older)] == ["9", "10"]
        assert "button_older" not in buttons(older)
        assert again == newest

    @pytest.mark.parametrize("page", ["-1", "x", "", "9" * 5000, "٣", "²"])
    def test_a_forged_page_is_some_page(self, world, page):
        have(world, past(1, PRIVATE))

        response = press(world, {"act": "history_page", "of": "ou_alice", "page": page})

        assert response.card is not None


class TestSearch:
    @pytest.fixture
    def world(self, world):
        have(
            world,
            past(3, PRIVATE, question="cats and dogs"),
            past(2, PRIVATE, question="dogs"),
            past(1, GROUP, question="dogs, too"),
        )
        return world

    def found(self, card) -> list[str]:
        return [one.button.value["origin"] for one in entries(card)]

    def test_words_behind_the_command_are_searched_for(self, world):
        card = world.run("/history dogs  cats", key=PRIVATE)

        assert self.found(card) == ["3"]
        assert card.title == Text("history_found", {"words": "dogs cats"})
        assert world.history.searched == [("dogs", "cats")]
        assert form(card).fields[0].text == "dogs cats"

    def test_the_form_searches_as_well_and_there_is_a_way_back(self, world):
        value = form(world.run("/history", key=PRIVATE)).submit.value

        found = press(world, value, form={"words": "cats"}).card
        everything = press(world, buttons(found)["button_history_all"]).card

        assert self.found(found) == ["3"]
        assert self.found(everything) == ["3", "2", "1"]

    def test_the_next_page_searches_for_the_same(self, world):
        have(world, *(past(n, PRIVATE, question=f"dogs {n}") for n in range(1, 12)))

        card = world.run("/history dogs", key=PRIVATE)
        older = press(world, buttons(card)["button_older"]).card

        assert self.found(older) == ["9", "10", "11"]
        assert older.title == card.title

    def test_nothing_found_is_said_with_the_form_for_another_word(self, world):
        card = world.run("/history horses", key=PRIVATE)

        assert card.blocks[0].words == Text("history_none", {"words": "horses"})
        assert form(card)

    def test_blank_words_list_everything(self, world):
        value = form(world.run("/history", key=PRIVATE)).submit.value

        assert self.found(press(world, value, form={"words": "  　"}).card) == ["3", "2", "1"]

    def test_no_more_is_searched_for_than_the_card_takes(self, world):
        world.run("/history " + "a b c d e f g " + "x" * 5000, key=PRIVATE)

        assert world.history.searched == [("a", "b", "c", "d", "e")]

    def test_the_place_is_shown_where_the_title_does_not_have_the_word(self, world):
        long = "A question. " * 20 + "Then a **needle**, and more after it. " * 5
        have(world, past(1, PRIVATE, question=long), past(2, GROUP, question=long))

        here, elsewhere = entries(world.run("/history needle", key=PRIVATE))

        assert "a needle, and more" in here.quote
        assert here.quote.startswith("…")
        assert elsewhere.quote == ""


class TestOthers:
    """A list belongs to who asked for it, and a conversation to who asked in it."""

    @pytest.mark.parametrize("act", ["history_page", "history_go_on"])
    def test_nobody_else_may_press_on_it(self, world, act):
        have(world, past(1, GROUP))
        have(world, past(2, GROUP), of=BOB)
        value = {"act": act, "of": "ou_alice", "origin": "1"}

        response = press(world, value, on="om_group_list", operator=BOB)

        assert response.toast.notice.kind == "history_not_yours"
        assert response.card is None

    @pytest.mark.parametrize("origin", ["1", "0", "-1", "x", "", "9" * 18, "9" * 5000, "٣"])
    def test_a_forged_click_with_another_ones_conversation_does_nothing(self, world, origin):
        have(world, past(1, PRIVATE), of=ALICE)
        have(world, past(2, GROUP), of=BOB)
        world.people.stored[BOB.open_id] = Person(open_id=BOB.open_id, private_chat="oc_bob")
        value = {"act": "history_go_on", "of": "ou_bob", "origin": origin}

        response = press(world, value, operator=BOB)

        assert response.toast.notice.kind == "history_gone"
        assert world.conversations.heads == {}
        assert world.inbox.tasks == []

    def test_in_a_group_no_conversation_of_another_chat_is_gone_on_with(self, world):
        have(world, past(1, PRIVATE))
        value = {"act": "history_go_on", "of": "ou_alice", "origin": "1"}

        response = press(world, value, on="om_group_list")

        assert response.toast.notice.kind == "history_gone"

    def test_a_blocked_person_is_refused(self, world):
        have(world, past(1, PRIVATE))
        world.people.block(ALICE.open_id, blocked=True)

        value = {"act": "history_go_on", "of": "ou_alice", "origin": "1"}
        assert press(world, value).toast.notice.kind == "access_blocked"
        world.say("/history")
        assert world.messenger.cards == []


class TestGoingOn:
    def go_on(self, world, origin="1", **more):
        value = {"act": "history_go_on", "of": "ou_alice", "origin": origin, "chat": "p2p"}
        return press(world, value, **more)

    def test_the_running_chat_goes_on_from_the_newest_turn_of_it(self, world):
        last = turn(5, 1, answer="**First** line\n\nSecond")
        world.remember(turn(1), last, key=PRIVATE)
        have(world, past(1, PRIVATE, last=last, title="Named"))

        response = self.go_on(world)

        assert world.conversations.heads == {PRIVATE: 5}
        assert response.toast.notice.kind == "history_told"
        name, line, how = response.card.blocks[:3]
        assert name.words == "Named"
        assert line.words == Text("history_last", {"line": "First line"})
        assert how.words == Text("history_how_here")
        assert world.inbox.tasks == []

    def test_one_that_was_forgotten_meanwhile_is_not_gone_on_with(self, world):
        have(world, past(1, PRIVATE))

        assert self.go_on(world).toast.notice.kind == "history_gone"

    def test_in_a_group_the_bot_replies_to_the_last_answer_in_its_place(self, world):
        last = turn(5, 1, answer_ids=("om_a5", "om_a5b"))
        world.remember(turn(1), last, key=GROUP)
        have(world, past(1, GROUP, last=last, title="Named"))

        response = self.go_on(world)

        assert response.toast.notice.kind == "history_sent"
        assert response.card.blocks[1].words == Text("history_sent_group")
        (task,) = world.inbox.tasks
        assert (task.key, task.target.message_id, task.target.chat_type) == (
            GROUP,
            "om_a5b",
            "group",
        )
        world.work()
        (to, card, _) = world.messenger.cards[0]
        assert to == "om_a5b"
        assert card.title == Text("history_from_here")
        assert card.blocks[0].words == "Named"
        assert world.conversations.heads == {GROUP: 5}
        # Replies to that card go on there.
        assert world.conversations.key_of("om_card") == GROUP

    def test_an_old_thread_of_the_private_chat_comes_up_there(self, world):
        thread = ConversationKey("oc_1", "om_thread")
        world.remember(turn(1), key=thread)
        have(world, past(1, thread))

        response = self.go_on(world)

        assert response.card.blocks[1].words == Text("history_sent_here")
        assert world.inbox.tasks[0].target.chat_type == "p2p"

    def test_without_a_running_chat_every_conversation_is_replied_to(self):
        world = BotWorld(p2p_context="thread")
        world.people.stored[ALICE.open_id] = Person(open_id=ALICE.open_id, private_chat="oc_1")
        world.bind("om_list", key=PRIVATE)
        have(world, past(1, PRIVATE))

        self.go_on(world)

        assert world.inbox.tasks[0].target.message_id == "om_a1"

    def test_it_is_replied_to_once_however_often_it_is_pressed(self, world):
        have(world, past(1, GROUP))

        self.go_on(world)
        again = self.go_on(world, event_id="ev_again")

        assert again.toast.notice.kind == "history_sent_before"
        assert len(world.inbox.tasks) == 1

    def test_nothing_is_said_where_the_conversation_went_meanwhile(self, world):
        have(world, past(1, GROUP))
        self.go_on(world)
        have(world)

        world.work()

        assert world.messenger.cards == []
        assert world.inbox.finished[1][0] == "noticed"

    def test_in_a_group_that_is_no_longer_allowed_nothing_is_said(self):
        policy = AccessPolicy(allowed_chats=frozenset({"oc_other"}))
        world = BotWorld(p2p_context="chat", policy=policy)
        world.people.stored[ALICE.open_id] = Person(open_id=ALICE.open_id, private_chat="oc_1")
        world.bind("om_list", key=PRIVATE)
        have(world, past(1, GROUP))

        response = self.go_on(world)

        assert response.toast.notice.kind == "access_chat"
        assert world.inbox.tasks == []

    def test_the_task_is_only_what_the_click_has_stored(self, world):
        have(world, past(1, GROUP))
        self.go_on(world)

        task = world.inbox.tasks[0].task

        assert task == RunCommand(name="history", data={"origin": "1"})
        assert replace(task, data={}) == world.bot.commands.parse("/history")
