"""/balance."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.balance import KeyBalance
from feishu_bot.core.cards import Card
from tests.builders import BOSS, BotWorld
from tests.core.card_parts import field_rows, paragraphs
from tests.core.fakes import FakeBalance


def known(key: str, granted: float, used: float) -> KeyBalance:
    return KeyBalance(key=key, state="known", granted=granted, used=used)


def balance_card(*keys: KeyBalance) -> Card:
    return BotWorld(ports={"balance": FakeBalance(*keys)}).run("/balance")


def test_each_key_is_shown_and_figures_are_summed():
    card = balance_card(
        known("a", 10, 2.5),
        known("b", 5, 1),
        KeyBalance(key="c", state="used_up"),
        KeyBalance(key="d", state="unknown"),
    )

    assert field_rows(card) == [
        ("a", "balance_known", {"left": "$7.50", "granted": "$10.00", "used": "$2.50"}),
        ("b", "balance_known", {"left": "$4.00", "granted": "$5.00", "used": "$1.00"}),
        ("c", "balance_used_up", {}),
        ("d", "balance_unknown", {}),
        ("balance_total", "balance_left", {"left": "$11.50"}),
    ]


def test_keys_of_one_account_count_once_in_the_total():
    card = balance_card(
        known("a", 10, 2.5), known("b", 10, 2.5), known("c", 1, 0), known("d", 1, 0)
    )

    assert field_rows(card)[-1] == ("balance_total", "balance_left", {"left": "$9.50"})
    assert "balance_same_account" in paragraphs(card)


@pytest.mark.parametrize(
    "balances",
    [
        [known("a", 10, 2.5)],
        [known("a", 10, 2.5), known("b", 5, 1), KeyBalance(key="c", state="unlimited")],
        [KeyBalance(key="c", state="unknown"), KeyBalance(key="d", state="failed")],
    ],
)
def test_there_is_no_total_of_one_figure_or_beside_no_limit(balances):
    assert "balance_total" not in [name for name, _, _ in field_rows(balance_card(*balances))]


def test_an_admins_balance_is_not_shown_to_a_group():
    world = BotWorld(
        ports={"balance": FakeBalance(known("a", 10, 2.5))},
        policy=AccessPolicy(admins=[BOSS.open_id]),
    )

    card = world.run("/balance", sender=BOSS, chat_type="group")

    assert field_rows(card) == []
    assert card.blocks[0].words.key == "balance_in_private"


@pytest.mark.parametrize(
    ("state", "colour"),
    [("known", "blue"), ("unlimited", "blue"), ("used_up", "red"), ("unknown", "orange")],
)
def test_the_colour_tells_how_it_stands(state, colour):
    assert balance_card(KeyBalance(key="k", state=state, granted=1)).colour == colour
