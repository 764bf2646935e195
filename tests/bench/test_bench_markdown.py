from __future__ import annotations

from bench import markdown
from feishu_bot.feishu.cards.markdown import safe_markdown


def test_the_frames_end_with_what_is_shown_at_once() -> None:
    text = markdown.answer()

    assert 7_900 < len(text.encode()) <= markdown.ANSWER_SIZE
    assert markdown.stream(text) == safe_markdown(text, streaming=False)


def test_the_goal_decides_about_the_exit_code(monkeypatch, capsys) -> None:
    monkeypatch.setattr(markdown, "RUNS", 1)
    monkeypatch.setattr(markdown, "least_ms", lambda work: 19.9)
    assert markdown.main() == 0
    monkeypatch.setattr(markdown, "least_ms", lambda work: 20.1)
    assert markdown.main() == 1
    assert "20.1" in capsys.readouterr().out
