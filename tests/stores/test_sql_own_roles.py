"""The stored roles of people."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.own_roles import OwnRole
from feishu_bot.stores import Database, SqlConversations, SqlPeople
from feishu_bot.stores.own_roles import SqlOwnRoles
from feishu_bot.stores.schema import own_roles as table

TEAM, OTHER = ConversationKey("oc_team", "om_1"), ConversationKey("oc_other", "om_2")


@pytest.fixture
def roles(database: Database, clock) -> SqlOwnRoles:
    return SqlOwnRoles(database, clock=clock)


def save(roles: SqlOwnRoles, name: str, prompt: str = "x", who: str = "ou_1") -> str:
    return roles.save(who, name, prompt, most=3)


def names(roles: SqlOwnRoles, who: str = "ou_1") -> list[str]:
    return [role.name for role in roles.of(who)]


def test_they_are_found_by_their_owner_alone(roles) -> None:
    assert [save(roles, "b", "B"), save(roles, "a", "A")] == ["saved", "saved"]
    save(roles, "a", "other", "ou_2")

    first, second = roles.of("ou_1")
    assert (first.name, second.name) == ("b", "a")
    assert roles.find("ou_1", first.id) == OwnRole(id=first.id, name="b", prompt="B")
    assert roles.find("ou_2", first.id) is None
    assert roles.find("ou_1", 10**18 - 1) is None


def test_one_of_the_same_name_is_replaced(roles) -> None:
    save(roles, "a", "old")

    assert save(roles, "a", "new") == "replaced"
    assert [role.prompt for role in roles.of("ou_1")] == ["new"]


def test_there_is_room_for_so_many(roles) -> None:
    for name in "abc":
        save(roles, name)

    assert save(roles, "d") == "full"
    assert save(roles, "c", "new") == "replaced"
    assert save(roles, "d", who="ou_2") == "saved"
    assert names(roles) == ["a", "b", "c"]


def test_only_the_owner_changes_or_deletes_one(roles) -> None:
    save(roles, "a")
    save(roles, "b")
    role, other = roles.of("ou_1")

    assert not roles.change("ou_2", role.id, "stolen", "x")
    assert not roles.delete("ou_2", role.id)
    assert not roles.change("ou_1", role.id, "b", "x")
    assert roles.change("ou_1", role.id, "c", "C")
    assert roles.change("ou_1", role.id, "c", "D")
    assert roles.find("ou_1", role.id) == OwnRole(id=role.id, name="c", prompt="D")
    assert roles.delete("ou_1", role.id)
    assert not roles.delete("ou_1", role.id)
    assert roles.of("ou_1") == (other,)


def test_who_keeps_a_prompt_is_known(roles) -> None:
    save(roles, "a", "the prompt")
    save(roles, "b", "the prompt", "ou_2")
    save(roles, "c", "another", "ou_3")

    assert roles.keepers("the prompt") == {"ou_1", "ou_2"}
    assert roles.keepers("nobody's") == frozenset()


def test_what_no_database_takes_is_left_out(roles) -> None:
    assert save(roles, "a\0b", "half \ud83d\0") == "saved"
    assert save(roles, "a\0b", "half \ud83d\0") == "replaced"

    (role,) = roles.of("ou_1")
    assert (role.name, role.prompt) == ("ab", "half ?")
    assert roles.change("ou_1", role.id, "c\0", "\0d")
    assert roles.keepers("\0d") == {"ou_1"}


def test_a_forgotten_person_has_none(roles, database, clock) -> None:
    save(roles, "a")
    save(roles, "a", who="ou_2")

    report = SqlPeople(database, clock=clock).forget("ou_1", keep_usage_since=0.0)

    assert report.settings == 1
    assert names(roles) == []
    assert names(roles, "ou_2") == ["a"]


class TestWhatAConversationPlays:
    """In a group nobody else reads what somebody keeps, or kept when the group began with it."""

    PROMPT = "only mine \ud83d\0"

    @pytest.fixture
    def conversations(self, database: Database, clock) -> SqlConversations:
        return SqlConversations(database, ttl_seconds=3600.0, clock=clock)

    @pytest.fixture
    def play(self, roles, conversations):
        """Plays an own role in a group; gives its id."""

        def play(key: ConversationKey = TEAM) -> int:
            save(roles, "a", self.PROMPT)
            conversations.save_settings(key, role=self.PROMPT)
            return roles.of("ou_1")[0].id

        return play

    @pytest.mark.parametrize("gone", ["deleted", "changed", "replaced"])
    def test_it_stays_its_owners_when_it_is_kept_no_more(self, roles, conversations, play, gone):
        role = play()

        if gone == "deleted":
            roles.delete("ou_1", role)
        elif gone == "changed":
            roles.change("ou_1", role, "a", "another")
        else:
            save(roles, "a", "another")

        assert roles.keepers(conversations.load(TEAM).role) == {""}
        assert roles.of("") == ()

    def test_only_a_digest_of_it_is_left(self, roles, play, database) -> None:
        roles.delete("ou_1", play())

        with database.read() as connection:
            (row,) = connection.execute(sa.select(table)).all()
        assert (row.open_id, row.prompt) == ("", "")
        assert "mine" not in row.name

    def test_nothing_is_left_of_what_nobody_plays(self, roles, database) -> None:
        save(roles, "a", "unused")

        roles.delete("ou_1", roles.of("ou_1")[0].id)

        with database.read() as connection:
            assert connection.execute(sa.select(table)).all() == []

    def test_a_change_of_its_name_leaves_nothing(self, roles, play) -> None:
        roles.change("ou_1", play(), "b", "only mine ?")

        assert roles.keepers(self.PROMPT) == {"ou_1"}

    def test_it_can_be_given_up_once_more(self, roles, play) -> None:
        roles.delete("ou_1", play())
        roles.delete("ou_1", play())

        assert roles.keepers(self.PROMPT) == {""}

    def test_who_is_forgotten_takes_it_out_of_every_conversation(
        self, play, conversations, database, clock
    ) -> None:
        play()
        play(OTHER)

        report = SqlPeople(database, clock=clock).forget("ou_1", keep_usage_since=0.0)

        assert report.settings == 3
        assert conversations.load(TEAM).role == conversations.load(OTHER).role == ""

    def test_what_others_keep_as_well_stays(
        self, roles, play, conversations, database, clock
    ) -> None:
        play()
        save(roles, "same", self.PROMPT, "ou_2")

        SqlPeople(database, clock=clock).forget("ou_1", keep_usage_since=0.0)

        assert conversations.load(TEAM).role == "only mine ?"
