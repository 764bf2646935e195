"""What is read for an answer keeps within the budget, and holds nobody up."""

from __future__ import annotations

import pytest

from feishu_bot.core.call_budget.shares import NOTHING, Share
from feishu_bot.errors import RateLimited
from feishu_bot.feishu.message_reader import FeishuMessageReader
from feishu_bot.feishu.paced_reads import NoRoom, PacedReads
from feishu_bot.feishu.streaming.api_budget import PER_SECOND, SECOND
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.user_names import NO_ROOM_SECONDS, FeishuUserDirectory
from tests.polling import Clock

TWO = Share(second=2, minute=100)


class Names:
    """A client that knows everybody."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def user_name(self, open_id, *, timeout):
        self.asked.append(open_id)
        return f"name of {open_id}"

    def message(self, message_id, *, whole_cards=False):
        self.asked.append(message_id)
        return []


def test_no_more_is_read_than_feishu_takes():
    clock = Clock()
    reads, made = PacedReads(Pacer(timer=clock)), []
    for number in range(PER_SECOND):
        reads.call("message.get", lambda number=number: made.append(number), patience=0.0)

    with pytest.raises(NoRoom):
        reads.call("message.get", lambda: made.append("more"), patience=0.0)
    assert len(made) == PER_SECOND

    clock.tick(SECOND)
    reads.call("message.get", lambda: made.append("more"), patience=0.0)
    assert made[-1] == "more"


def test_a_read_waits_for_room():
    reads = PacedReads(Pacer(TWO))
    times = [reads.call("message.get", reads._pacer._timer, patience=10.0) for _ in range(3)]

    assert times[2] - times[0] > SECOND * 0.99


def test_what_feishu_refuses_slows_the_reads_down():
    pacer = Pacer()

    def refuse():
        raise RateLimited("too many", retry_after=1.0)

    with pytest.raises(RateLimited):
        PacedReads(pacer).call("user.get", refuse, patience=0.0)

    assert pacer.factor("user.get") == 0.5
    assert pacer.factor("message.get") == 1.0


def test_a_process_that_only_receives_reads_all_the_same():
    pacer = Pacer(NOTHING)
    assert PacedReads(pacer).call("user.get", lambda: "Alice", patience=0.0) == "Alice"

    pacer.take(TWO)
    pacer.take(NOTHING)

    with pytest.raises(NoRoom):
        PacedReads(pacer).call("user.get", lambda: "Alice", patience=0.0)


def test_a_name_without_room_is_left_out_and_asked_for_later():
    clock, client = Clock(), Names()
    names = FeishuUserDirectory(client, PacedReads(Pacer(TWO, timer=clock)), timer=clock)
    names.learn("ou_3", "Carol of the mention")

    found = [names.of(f"ou_{number}") for number in (1, 2, 3, 4)]

    assert found == ["name of ou_1", "name of ou_2", "Carol of the mention", ""]
    assert client.asked == ["ou_1", "ou_2"]
    clock.tick(NO_ROOM_SECONDS)
    assert [names.of("ou_3"), names.of("ou_4")] == ["name of ou_3", "name of ou_4"]


def test_quoted_messages_share_the_budget():
    client = Names()
    pacer = Pacer(TWO)
    reader = FeishuMessageReader(client, "cli_1", PacedReads(pacer))

    for number in range(2):
        reader.quoted(f"om_{number}")

    assert pacer.spent().second == 2
