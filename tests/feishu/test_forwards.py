"""A forwarded chat out of the flat list in which Feishu gives it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.fetched_messages import FetchedMessage
from feishu_bot.errors import FeishuUnavailable
from feishu_bot.feishu.message_reader import MOST_DEPTH, MOST_PARTS, FeishuMessageReader
from feishu_bot.feishu.paced_reads import PacedReads
from feishu_bot.feishu.streaming.pacer import Pacer


class Items:
    """A client that gives these items out, and whole cards by their own id."""

    def __init__(self, items, cards=None) -> None:
        self.items = items
        self.cards = cards or {}
        self.asked: list[tuple[str, bool]] = []

    def message(self, message_id, *, whole_cards=False):
        self.asked.append((message_id, whole_cards))
        if not whole_cards:
            return self.items
        if message_id not in self.cards:
            raise FeishuUnavailable("Internal Error", code=2200)
        return [self.cards[message_id]]


def item(name: str, upper: str = "", kind: str = "text", at: int = 1, **more) -> dict:
    content = f'{{"text": "{name}"}}' if kind == "text" else "{}"
    tied = {"upper_message_id": upper} if upper else {}
    made = {
        "message_id": name,
        "msg_type": kind,
        "create_time": str(1_760_000_000_000 + at),
        "sender": {"id": "ou_1", "sender_type": "user", "sender_name": "Alice"},
        "body": {"content": content},
    }
    return {**made, **tied, **more}


def read(*items: dict, **more) -> FetchedMessage:
    root = item("root", kind="merge_forward")
    found = FeishuMessageReader(Items([root, *items], **more), "cli_1", PacedReads(Pacer())).quoted(
        "root"
    )
    assert found
    return found


def test_what_is_inside_of_a_forward_follows_it_in_the_order_of_time():
    forward = read(
        item("c", "root", at=3),
        item("inner", "root", "merge_forward", at=2),
        item("y", "inner", at=20),
        item("x", "inner", at=10),
        item("a", at=1),
    )

    parts = [(part.message_id, part.depth, part.name) for part in forward.parts]
    assert parts == [
        ("a", 0, "Alice"),
        ("inner", 0, "Alice"),
        ("x", 1, "Alice"),
        ("y", 1, "Alice"),
        ("c", 0, "Alice"),
    ]
    assert forward.left_out == 0


def test_what_was_recalled_is_told_and_what_was_in_it_is_not():
    forward = read(
        item("inner", "root", "merge_forward", deleted=True), item("secret", "inner", at=2)
    )

    assert [(part.kind, part.text) for part in forward.parts] == [("recalled", "")]
    assert forward.left_out == 1


def test_a_card_inside_is_asked_for_by_its_own_id():
    card = item("card", "root", "interactive")
    whole = {
        "body": {
            "content": '{"header": {"title": {"content": "95%"}}, "elements": [{"tag": "hr"}]}'
        }
    }

    assert read(card, cards={"card": {**card, **whole}}).parts[0].text == "95%"
    assert read(card).parts[0].text == ""


NAMES = ["root", "a", "b", "c", "d", "e", "f"]
ties = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from([*NAMES, "", "gone"]),
        st.sampled_from(["text", "merge_forward", "image"]),
        st.booleans(),
    ),
    max_size=20,
)


@given(ties)
def test_however_messages_are_tied_each_is_told_once_or_counted(found):
    items = [
        item(name, upper, kind, at, deleted=deleted)
        for at, (name, upper, kind, deleted) in enumerate(found)
    ]
    parsed = [one for one in items if not (one["deleted"] and not one.get("upper_message_id"))]
    others = [one for one in parsed if one["message_id"] != "root"]

    forward = read(*items)

    assert len(forward.parts) + forward.left_out == len(others)
    assert all(part.depth < MOST_DEPTH for part in forward.parts)


def test_a_thousand_messages_and_a_tower_of_forwards_are_bounded():
    tower = [
        item(f"n{depth}", f"n{depth - 1}" if depth else "root", "merge_forward", at=depth)
        for depth in range(3_000)
    ]
    assert len(read(*tower).parts) == MOST_DEPTH
    assert read(*tower).left_out == 3_000 - MOST_DEPTH

    many = read(*(item(f"m{number}", "root", at=number) for number in range(1_000)))
    assert [many.parts[0].message_id, many.parts[-1].message_id] == ["m700", "m999"]
    assert (len(many.parts), many.left_out) == (MOST_PARTS, 700)
