"""What the set-up says, in both languages."""

from __future__ import annotations

from typing import NamedTuple

from feishu_bot.errors import SetupFailed


class Text(NamedTuple):
    """The same in Chinese and in English."""

    zh: str
    en: str


def failure_text(failure: SetupFailed) -> Text:
    """What happened, the code and what to do, without the link."""
    code_zh = f"（代码 {failure.code}）" if failure.code else ""
    code_en = f" (code {failure.code})" if failure.code else ""
    return Text(f"{failure.zh}{code_zh}", f"{failure.en}{code_en}")
