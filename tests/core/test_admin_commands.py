"""/grant, /block and /unblock."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Text
from feishu_bot.core.messages import Mention
from feishu_bot.core.tasks import AskQuestion, RunCommand
from tests.builders import BOB, BOSS, BotWorld
from tests.core.fakes import FakeUserDirectory


@pytest.fixture
def world():
    """A bot with an admin, and with somebody whom the settings block."""
    world = BotWorld(
        policy=AccessPolicy(admins=["ou_boss"], blocked_users=["ou_listed"]),
        ports={"names": FakeUserDirectory(ou_alice="Alice")},
    )
    world.bind("om_card")
    return world


def admin_run(world, text, *mentions):
    return world.run(text, sender=BOSS, mentions=mentions)


def first_words(card):
    return card.blocks[0].words


def test_a_person_is_blocked_by_mention_or_id_and_unblocked(world):
    blocked = admin_run(world, "/block @Alice", Mention("ou_alice", "Alice"))
    admin_run(world, "/block ou_bob please")
    assert first_words(blocked) == Text("block_done", {"name": "Alice"})
    assert world.people.get("ou_alice").is_blocked
    assert world.people.get("ou_bob").is_blocked

    unblocked = admin_run(world, "/unblock ou_alice")

    assert first_words(unblocked) == Text("unblock_done", {"name": "Alice"})
    assert not world.people.get("ou_alice").is_blocked


def test_the_card_has_a_button_that_takes_it_back_for_admins_only(world):
    (button,) = admin_run(world, "/block ou_alice").blocks[-1].buttons

    refused = world.click(**button.value, operator=BOB)
    assert refused.toast.notice.kind == "admins_only_short"
    assert world.people.get("ou_alice").is_blocked

    done = [world.click(**button.value, operator=BOSS) for _ in range(2)]
    assert [response.card.colour for response in done] == ["green", "green"]
    assert not world.people.get("ou_alice").is_blocked


def test_the_token_of_old_cards_never_makes_anybody_an_admin(world):
    (button,) = admin_run(world, "/block ou_alice").blocks[-1].buttons

    refused = world.click(**button.value, operator=BOSS, is_legacy=True)

    assert refused.toast.notice.kind == "legacy_admin"
    assert world.people.get("ou_alice").is_blocked


def test_an_admin_cannot_be_blocked(world):
    assert admin_run(world, "/block ou_boss").kind == "block_admin"
    assert not world.people.get("ou_boss").is_blocked


@pytest.mark.parametrize("text", ["", "Alice", "ou_alice ou_bob"])
def test_one_person_must_be_named(world, text):
    assert admin_run(world, f"/block {text}").kind == "block_how"
    assert admin_run(world, f"/unblock {text}").kind == "unblock_how"
    assert not world.people.stored


def test_who_is_blocked_by_the_settings_stays_so_and_the_card_says_it(world):
    card = admin_run(world, "/unblock ou_listed")

    assert card.blocks[-1].words == Text("unblock_listed")


def test_questions_that_begin_like_admin_words_stay_questions(world):
    parse = world.bot.commands.parse

    assert parse("恢复 出厂设置怎么做") == AskQuestion(text="恢复 出厂设置怎么做")
    assert parse("/恢复 ou_alice") == RunCommand(name="unblock", argument="ou_alice")
