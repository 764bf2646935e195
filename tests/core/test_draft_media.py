"""What an answer took besides its own model is stored with it."""

from __future__ import annotations

import json

import pytest

from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.usage import MediaUse


def test_a_checkpoint_keeps_what_the_answer_took_besides_its_model() -> None:
    heard = MediaUse(model="whisper-1", audio_seconds=12.5, cost=0.01)
    draft = Draft(text="Hello", media=[heard])

    saved = json.loads(json.dumps(draft.as_json()))

    assert Draft.from_json(saved).media == (heard,)


@pytest.mark.parametrize("media", [[], [{"model": "m", "unknown": 1}]])
def test_a_checkpoint_of_another_version_is_read(media: list[dict[str, object]]) -> None:
    saved = {"text": "Hello", "media": media, "unknown": 1}

    assert [used.model for used in Draft.from_json(saved).media] == ["m"] * len(media)
    assert Draft.from_json({"text": "Hello"}).media == ()
