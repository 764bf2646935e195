"""Pictures, voice and files in /usage, in the report, in its table and in the limits."""

from __future__ import annotations

import csv
import io

import pytest

from feishu_bot.core.cards import Chart, Field, Joined, Text
from feishu_bot.core.formatting import format_duration
from feishu_bot.core.limits import Quota
from feishu_bot.core.tasks import RunCommand
from tests.builders import job, message
from tests.core.test_usage_and_quotas import BOSS, NOON, UsageWorld


def heard(world: UsageWorld, seconds: float, **values) -> None:
    """A voice question: what its answer took, and what hearing it took."""
    world.use(**values)
    world.use(
        outcome="noticed",
        model="whisper",
        prompt_tokens=0,
        completion_tokens=0,
        audio_seconds=seconds,
        **values,
    )


def value_of(card, name):
    """What stands behind a name on a card, with each text as its key and its numbers."""
    label = next(b.value for b in card.blocks if isinstance(b, Field) and b.name == Text(name))
    assert isinstance(label, Joined)
    return [
        part if isinstance(part, str) else (part.key, *part.params.values()) for part in label.parts
    ]


def charts_of(card) -> dict[str, list[tuple[str, float]]]:
    def named(label) -> str:
        return label.key if isinstance(label, Text) else label

    return {
        named(chart.title): [(named(point.series), point.amount) for point in chart.points]
        for chart in card.blocks
        if isinstance(chart, Chart)
    }


def test_what_was_heard_made_and_read_stands_behind_the_tokens():
    world = UsageWorld()
    heard(world, 200.4)
    world.use(outcome="noticed", model="", prompt_tokens=0, completion_tokens=0, cost=0.0, files=2)
    world.use(prompt_tokens=0, completion_tokens=0, model="drawer", pictures=3)

    assert value_of(world.card(), "usage_today") == [
        ("usage_spent", "2", "30"),
        ("usage_pictures", "3"),
        ("usage_audio", "3:21"),
        ("usage_files", "2"),
        "¥1.50",
    ]


def test_a_group_sees_its_pictures_voice_and_files():
    world = UsageWorld()
    heard(world, 61, chat_id="oc_1")
    heard(world, 61, chat_id="oc_other")

    card = world.card(sender=BOSS, chat_type="group", chat_id="oc_1")

    assert value_of(card, "usage_chat_today") == [
        ("usage_spent", "1", "30"),
        ("usage_audio", "1:01"),
        "¥1.00",
    ]


def test_the_report_draws_cost_and_media_and_leaves_models_out_that_answered_nothing():
    world = UsageWorld()
    heard(world, 90)
    world.use(outcome="noticed", model="", prompt_tokens=0, completion_tokens=0, cost=0.0, files=2)

    card = world.card(sender=BOSS)

    assert charts_of(card) == {
        "usage_chart": [("gpt", 1)],
        "usage_cost_chart": [("gpt", 0.5), ("whisper", 0.5)],
        "usage_media_chart": [("table_audio_minutes", 1.5), ("table_files", 2)],
    }


def test_without_media_and_money_only_questions_are_drawn():
    world = UsageWorld(currency="")
    world.use(cost=0.0)

    assert list(charts_of(world.card(sender=BOSS))) == ["usage_chart"]


def test_the_table_has_pictures_minutes_and_files_behind_what_it_had_before():
    world = UsageWorld()
    heard(world, 90)

    command = RunCommand(name="usage", data={"export": "yes", "days": "1"})

    file = world.bot.runner.run(job(message("/usage", sender=BOSS), task=command), command)

    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert rows[0][-4:] == ["费用", "图片", "语音（分钟）", "文件"]
    assert [row[-4:] for row in rows[1:]] == [["0.5", "0", "0.0", "0"], ["0.5", "0", "1.5", "0"]]


@pytest.mark.parametrize(
    ("quota", "is_refused"),
    [
        (Quota(questions=2), False),
        (Quota(questions=1), True),
        (Quota(cost=1.0), True),
        (Quota(cost=1.1), False),
    ],
)
def test_a_question_by_voice_counts_once_and_its_money_whole(quota, is_refused):
    world = UsageWorld(person=quota)
    heard(world, 60, created_at=NOON)

    assert (world.refusal() is not None) is is_refused


def test_tokens_that_pictures_took_count_as_tokens():
    world = UsageWorld(person=Quota(tokens=1_000))
    world.use(outcome="noticed", pictures=1, prompt_tokens=900, completion_tokens=200)

    assert world.refusal() is not None


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "0:01"), (7, "0:07"), (59.5, "1:00"), (750, "12:30"), (3_900, "1:05:00")],
)
def test_a_duration_is_shown_as_a_clock_does(seconds, shown):
    assert format_duration(seconds) == shown
