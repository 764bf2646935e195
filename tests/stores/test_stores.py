from __future__ import annotations

import pytest

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.feedback import RatedAnswer
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.usage import Usage
from feishu_bot.stores import Database, Stores
from feishu_bot.stores.usage import insert_usage

KEY = ConversationKey("oc_1", "om_1")
DAY = 24 * 3600.0


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores.open(database, lease_seconds=30, conversation_ttl=3600, retention_days=90)


@pytest.fixture
def filled(stores: Stores, database: Database, make_task) -> Stores:
    """One thing in each store, and the job of it done."""
    stores.inbox.put(make_task(1))
    stores.inbox.finish(stores.inbox.claim(1)[0], "noticed", None, None)
    stores.conversations.bind(KEY, SentMessages(("om_2",)))
    stores.people.meet("ou_1")
    stores.feedback.save(RatedAnswer(message_id="om_2"), "ou_1", "up")
    usage = Usage(open_id="ou_1", chat_id="oc_1", model="m", outcome="answered", seconds=1.0)
    with database.write() as connection:
        insert_usage(connection, usage, now=0.0)
        connection.exec_driver_sql("UPDATE inbox SET done_at = 0")
        connection.exec_driver_sql("UPDATE conversations SET last_at = 0")
        connection.exec_driver_sql("UPDATE people SET seen_at = 0")
        connection.exec_driver_sql("UPDATE feedback SET created_at = 0")
    return stores


class TestStores:
    @pytest.mark.parametrize(
        ("days", "swept"),
        [
            (2.9, "events=0 conversations=0 usage=0 people=0 feedback=0"),
            (3.1, "events=1 conversations=0 usage=0 people=0 feedback=0"),
            (90.1, "events=1 conversations=1 usage=1 people=1 feedback=1"),
        ],
    )
    def test_each_store_is_swept_of_what_is_too_old(
        self, filled: Stores, caplog: pytest.LogCaptureFixture, days: float, swept: str
    ) -> None:
        with caplog.at_level("INFO"):
            filled.sweep(now=days * DAY)

        assert f"swept {swept}" in caplog.text
