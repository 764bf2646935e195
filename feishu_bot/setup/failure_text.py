"""What went wrong in the set-up, in both languages."""

from __future__ import annotations

from feishu_bot.core.languages import Words
from feishu_bot.errors import SetupFailed


def failure_text(failure: SetupFailed) -> Words:
    """What happened, the code and what to do, without the link."""
    code_zh = f"（代码 {failure.code}）" if failure.code else ""
    code_en = f" (code {failure.code})" if failure.code else ""
    return Words(f"{failure.words.zh}{code_zh}", f"{failure.words.en}{code_en}")
