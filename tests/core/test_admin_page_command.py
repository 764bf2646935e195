"""/admin: the link to the administrator's page, and who logs in with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.audit import Change
from feishu_bot.core.administration.sessions import (
    IDLE_SECONDS,
    LINK_SECONDS,
    LONGEST_SECONDS,
    AdminSessions,
    form_token,
)
from feishu_bot.core.cards import Buttons, Card, Link
from feishu_bot.core.messages import Sender
from tests.builders import ALICE, BOSS, BotWorld
from tests.core.fakes import FakeAuditLog, FakeSessions
from tests.polling import Clock

URL = "https://bot.example.com"
POLICY = AccessPolicy(admins=["ou_boss"])


def test_an_admin_gets_a_link_in_a_private_chat():
    world = BotWorld(policy=POLICY, public_url=URL)

    card = world.run("/admin", sender=BOSS, chat_type="p2p")
    assert isinstance(card, Card)
    ((link,),) = [block.buttons for block in card.blocks if isinstance(block, Buttons)]
    assert isinstance(link, Link)
    # Behind the #: servers and proxies never see it.
    assert link.url == f"{URL}/admin/login#token"
    assert world.admin_sessions.log_in_by_link("token")
    assert world.audit.changes == [Change(actor="ou_boss", action="login")]


def test_in_a_group_nobody_gets_a_link():
    world = BotWorld(policy=POLICY, public_url=URL)

    assert world.run("/admin", sender=BOSS, chat_type="group").kind == "admin_in_private"
    assert world.admin_sessions.store.links == {}


def test_who_is_no_admin_gets_no_link():
    world = BotWorld(policy=POLICY, public_url=URL)

    assert world.run("/admin", sender=ALICE, chat_type="p2p").kind == "admins_only"
    assert world.admin_sessions.store.links == {}


def test_without_an_address_it_says_what_to_set():
    world = BotWorld(policy=POLICY)

    assert world.run("/admin", sender=BOSS, chat_type="p2p").kind == "admin_no_address"


@pytest.fixture
def clock():
    return Clock(1_000_000.0)


@pytest.fixture
def sessions(clock):
    return AdminSessions(
        FakeSessions(),
        FakeAuditLog(),
        password="correct-horse-9",
        admins=["on_boss"],
        has_address=True,
        clock=clock,
    )


def test_a_person_is_known_by_any_of_their_ids(sessions):
    token = sessions.link_token(Sender("ou_1", union_id="on_boss"))
    session = sessions.find(sessions.log_in_by_link(token))

    assert (session.actor, session.ids) == ("ou_1", ("ou_1", "on_boss"))


def test_a_link_holds_for_ten_minutes(sessions, clock):
    tokens = [sessions.link_token(Sender("ou_1", union_id="on_boss")) for _ in range(2)]
    clock.now += LINK_SECONDS
    assert sessions.log_in_by_link(tokens[0])
    clock.now += 1
    assert sessions.log_in_by_link(tokens[1]) is None


def test_a_session_lives_while_it_is_used_but_not_for_ever(sessions, clock):
    token = sessions.log_in("correct-horse-9")
    begun = clock.now
    while clock.now < begun + LONGEST_SECONDS - IDLE_SECONDS / 2:
        clock.now += IDLE_SECONDS / 2
        assert sessions.find(token)
    clock.now += IDLE_SECONDS / 2 + 1
    assert sessions.find(token) is None

    token = sessions.log_in("correct-horse-9")
    clock.now += IDLE_SECONDS + 1
    assert sessions.find(token) is None


def test_that_somebody_is_there_is_stored_once_a_minute(sessions, clock):
    token = sessions.log_in("correct-horse-9")
    seen = []
    for _ in range(10):
        clock.now += 12
        sessions.find(token)
        (held,) = sessions.store.sessions.values()
        seen.append(held.seen_at)

    assert len(set(seen)) == 2


def test_another_password_ends_the_sessions_of_links_too(sessions):
    token = sessions.log_in_by_link(sessions.link_token(Sender("on_boss")))
    assert sessions.find(token)

    assert replace(sessions, password="another-horse-7").find(token) is None
    assert sessions.find(token) is None


def test_ending_all_takes_links_back(sessions):
    session = sessions.find(sessions.log_in("correct-horse-9"))
    token = sessions.link_token(Sender("on_boss"))
    sessions.log_out_all(session)

    assert sessions.log_in_by_link(token) is None


def test_without_a_password_nothing_is_the_password(sessions):
    open_ = replace(sessions, password="")

    assert not open_.is_password("")
    assert open_.log_in("") is None


def test_the_token_of_a_form_tells_nothing_of_the_session(sessions):
    token = sessions.log_in("correct-horse-9")

    assert token not in form_token(token)
    assert form_token(token) != form_token(token + "x")
