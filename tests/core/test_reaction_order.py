"""Which of those who wait get a reaction, where not everybody can have one."""

from __future__ import annotations

from feishu_bot.core.queue.reaction_order import LEAST_WAIT, LONG, SOON, MessageRoom, in_need
from tests.core.test_waiting_indicator import waiting_task

NOW = 1_000.0
# Messages that Feishu takes in a second: of all chats, and of one.
PER_SECOND, IN_CHAT = 40, 4


def asked(count: int, *, waited: float = 1.0, **more):
    """So many people, each in a chat of their own; their ids are 0, 1, 2, …"""
    return [
        waiting_task(**{"id": one, "chat_id": f"oc_{one}", "received_at": NOW - waited} | more)
        for one in range(count)
    ]


def chosen(waiting, *, left: int = 1_000, with_card=()) -> list[int]:
    room = MessageRoom(left=left, per_second=PER_SECOND, per_second_in_chat=IN_CHAT)
    return [task.id for task in in_need(waiting, with_card, room, now=NOW)]


def test_whose_card_is_about_to_come_gets_none():
    soon = int(PER_SECOND * (SOON - 1.0))

    assert sorted(chosen(asked(soon + 20))) == list(range(soon, soon + 20))


def test_the_last_in_the_queue_come_first_since_cards_come_to_its_beginning():
    found = chosen(asked(200))

    assert found[:3] == [199, 198, 197]


def test_before_them_come_those_who_get_no_card_in_this_minute_the_oldest_first():
    found = chosen(asked(200), left=150)

    assert found[:50] == list(range(150, 200))
    assert found[50:52] == [149, 148]


def test_while_more_ask_than_there_are_messages_only_those_who_get_none_have_a_reaction():
    now = asked(200, waited=0.5)

    assert chosen(now, left=2_500) != []
    assert chosen(now, left=2_000) == []
    assert chosen(now, left=180) == list(range(180, 200))


def test_who_has_waited_long_gets_one_however_near_the_card_is():
    long = asked(1, waited=LONG)

    assert chosen([*long, *asked(200, waited=0.5)[1:]]) == [0]


def test_in_a_chat_that_is_full_they_come_at_once_and_take_nothing_from_others():
    full = asked(30, waited=0.0, chat_id="oc_same")
    other = asked(31, waited=0.0)[30:]

    found = chosen([*full, *other])

    assert found == list(range(int(IN_CHAT * SOON), 30))


def test_who_waits_behind_a_question_of_their_own_gets_one_whatever_is_in_the_queue():
    behind = asked(1, waited=LEAST_WAIT, is_behind=True)
    begun = asked(1, waited=LEAST_WAIT - 0.1, is_behind=True)

    assert chosen(behind) == [0]
    assert chosen(begun) == []


def test_who_has_a_card_or_a_reaction_or_has_pressed_something_gets_none():
    late = asked(1, waited=LONG)

    assert chosen(late, with_card={0}) == []
    assert chosen(asked(1, waited=LONG, has_reaction=True)) == []
    assert chosen(asked(1, waited=LONG, is_message=False)) == []
