from __future__ import annotations

import pytest
import sqlalchemy as sa

from feishu_bot.core.chats import ChatSettings
from feishu_bot.stores import Database, SqlChats
from feishu_bot.stores.schema import chats as table

CHAT = "oc_1"


class TestChats:
    @pytest.fixture
    def chats(self, database: Database, clock) -> SqlChats:
        return SqlChats(database, timer=clock)

    @pytest.fixture
    def other(self, other_database: Database, clock) -> SqlChats:
        """The chats of a second process."""
        return SqlChats(other_database, timer=clock)

    def test_a_chat_has_no_settings_to_begin_with(self, chats) -> None:
        assert chats.settings(CHAT) == ChatSettings()

    def test_settings_are_kept_until_they_are_changed(self, chats, other) -> None:
        chats.save(
            CHAT, role="a poet", model="gpt", mode="strict", reply_in_thread="never", language="en"
        )
        chats.save(CHAT, model="", reply_in_thread="always")

        expected = ChatSettings(
            role="a poet", mode="strict", reply_in_thread="always", language="en"
        )
        assert chats.settings(CHAT) == other.settings(CHAT) == expected
        assert chats.settings("oc_2") == ChatSettings()

    def test_a_change_is_seen_at_once_by_who_made_it(self, chats) -> None:
        chats.settings(CHAT)

        chats.save(CHAT, language="en")

        assert chats.settings(CHAT).language == "en"

    def test_a_change_is_seen_by_others_within_half_a_second(self, chats, other, clock) -> None:
        other.settings(CHAT)

        chats.save(CHAT, language="en")

        assert other.settings(CHAT).language == ""
        clock.tick(0.6)
        assert other.settings(CHAT).language == "en"

    def test_a_chat_without_settings_is_not_stored(self, chats, database) -> None:
        chats.save(CHAT, role="a poet")
        chats.save(CHAT, role="")

        with database.read() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0

    def test_a_role_that_no_database_takes_is_stored_without_the_offence(self, chats) -> None:
        chats.save(CHAT, role="a\0 poet\ud83d")

        assert chats.settings(CHAT).role == "a poet?"
