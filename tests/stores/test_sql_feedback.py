from __future__ import annotations

import pytest
import sqlalchemy as sa

from feishu_bot.core.feedback import DailyRatings, RatedAnswer, Ratings
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
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "up")
        feedback.save(RatedAnswer(message_id="om_1"), "ou_2", "down", "太长了 \ud83d")
        feedback.save(RatedAnswer(message_id="om_2"), "ou_1", "down")

        assert self.stored(database) == [
            ("om_1", "ou_1", "up", ""),
            ("om_1", "ou_2", "down", "太长了 ?"),
            ("om_2", "ou_1", "down", ""),
        ]

    def test_the_newest_verdict_counts(self, feedback, database) -> None:
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "down", "wrong")
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "up")

        assert self.stored(database) == [("om_1", "ou_1", "up", "")]

    def test_a_repeated_click_leaves_the_comment(self, feedback, database) -> None:
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "down")
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "down", "wrong")
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "down")

        assert self.stored(database) == [("om_1", "ou_1", "down", "wrong")]

    def test_what_is_old_is_swept(self, feedback, database, clock) -> None:
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "up")
        clock.tick(100)
        feedback.save(RatedAnswer(message_id="om_2"), "ou_1", "up")

        assert feedback.sweep(before=clock.now) == 1
        assert self.stored(database) == [("om_2", "ou_1", "up", "")]

    def test_a_verdict_is_taken_back_with_its_comment_and_turned_into_the_other(
        self, feedback, database
    ) -> None:
        answer = RatedAnswer(message_id="om_1")

        assert feedback.toggle(answer, "ou_1", "down")
        feedback.save(answer, "ou_1", "down", "wrong")
        assert feedback.toggle(answer, "ou_2", "down")
        assert not feedback.toggle(answer, "ou_1", "down")
        assert self.stored(database) == [("om_1", "ou_2", "down", "")]
        assert feedback.toggle(answer, "ou_2", "up")
        assert self.stored(database) == [("om_1", "ou_2", "up", "")]

    def test_the_ratings_of_an_answer_count_people(self, feedback) -> None:
        for person, verdict in (("ou_1", "up"), ("ou_2", "down"), ("ou_3", "up")):
            feedback.save(RatedAnswer(message_id="om_1"), person, verdict)
        feedback.save(RatedAnswer(message_id="om_2"), "ou_1", "down")

        assert feedback.ratings("om_1") == Ratings(up=2, down=1)
        assert feedback.ratings("om_3") == Ratings()

    def test_a_verdict_keeps_the_model_of_its_answer(self, feedback, clock) -> None:
        known = RatedAnswer(message_id="om_1", model="gpt", question_id="om_q")
        feedback.save(known, "ou_1", "down")
        # The turn may be forgotten by then.
        feedback.save(RatedAnswer(message_id="om_1"), "ou_1", "down", "wrong")

        (found,) = feedback.newest(0.0, 10)
        assert (found.answer, found.comment, found.verdict) == (known, "wrong", "down")
        assert found.created_at == clock.now

    def test_ratings_are_summed_by_day_and_model(self, feedback, clock) -> None:
        start = clock.now
        for day, model, verdict in (
            (-1, "gpt", "up"), (0, "gpt", "up"), (0, "gpt", "down"), (0, "o1", "up"),
            (1, "gpt", "down"), (5, "gpt", "down"),
        ):  # fmt: skip
            clock.now = start + day * 100
            answer = RatedAnswer(message_id=f"om_{day}_{model}_{verdict}", model=model)
            feedback.save(answer, "ou_1", verdict)

        def day(number: int, model: str, up: int, down: int) -> DailyRatings:
            return DailyRatings(day=number, model=model, ratings=Ratings(up=up, down=down))

        assert feedback.by_day((start, start + 100)) == [
            day(0, "gpt", 1, 1), day(0, "o1", 1, 0), day(1, "gpt", 0, 2),
        ]  # fmt: skip
        assert feedback.by_day((start + 500,)) == [day(0, "gpt", 0, 1)]

    def test_the_newest_come_first_and_comments_may_be_asked_for_alone(
        self, feedback, clock
    ) -> None:
        since = clock.now
        for number, comment in enumerate(("", "too long", "", "wrong")):
            feedback.save(RatedAnswer(message_id=f"om_{number}"), "ou_1", "down", comment)
            clock.tick(10)

        def ids(*given, **more) -> list[str]:
            return [found.answer.message_id for found in feedback.newest(*given, **more)]

        assert ids(since, 10) == ["om_3", "om_2", "om_1", "om_0"]
        assert ids(since + 15, 1) == ["om_3"]
        assert ids(since, 10, comments_only=True) == ["om_3", "om_1"]
