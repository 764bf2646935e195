from __future__ import annotations

import pytest
import sqlalchemy as sa

from feishu_bot.stores import Database, SqlFeedback
from feishu_bot.stores.schema import feedback as table


class TestFeedback:
    @pytest.fixture
    def feedback(self, database: Database, clock) -> SqlFeedback:
        return SqlFeedback(database, clock=clock)

    @staticmethod
    def stored(database: Database) -> list[tuple[str, ...]]:
        columns = (table.c.message_id, table.c.open_id, table.c.verdict, table.c.comment)
        with database.read() as connection:
            rows = connection.execute(sa.select(*columns).order_by(*columns))
            return [tuple(row) for row in rows]

    def test_everybody_has_a_verdict_on_every_answer(self, feedback, database) -> None:
        feedback.save("om_1", "ou_1", "up")
        feedback.save("om_1", "ou_2", "down", "太长了 \ud83d")
        feedback.save("om_2", "ou_1", "down")

        assert self.stored(database) == [
            ("om_1", "ou_1", "up", ""),
            ("om_1", "ou_2", "down", "太长了 ?"),
            ("om_2", "ou_1", "down", ""),
        ]

    def test_the_newest_verdict_counts(self, feedback, database) -> None:
        feedback.save("om_1", "ou_1", "down", "wrong")
        feedback.save("om_1", "ou_1", "up")

        assert self.stored(database) == [("om_1", "ou_1", "up", "")]

    def test_a_repeated_click_leaves_the_comment(self, feedback, database) -> None:
        feedback.save("om_1", "ou_1", "down")
        feedback.save("om_1", "ou_1", "down", "wrong")
        feedback.save("om_1", "ou_1", "down")

        assert self.stored(database) == [("om_1", "ou_1", "down", "wrong")]

    def test_what_is_old_is_swept(self, feedback, database, clock) -> None:
        feedback.save("om_1", "ou_1", "up")
        clock.tick(100)
        feedback.save("om_2", "ou_1", "up")

        assert feedback.sweep(before=clock.now) == 1
        assert self.stored(database) == [("om_2", "ou_1", "up", "")]
