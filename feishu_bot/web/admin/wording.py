"""The page's own texts, in the reader's language, and figures as people read them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from flask import g, request

from feishu_bot.core.formatting import format_count, format_duration
from feishu_bot.core.languages import Language

LANGUAGE = "feishu_bot_admin_language"


@cache
def page_texts() -> Mapping[str, Mapping[Language, str]]:
    """All texts by their keys, in both languages; read once."""
    found: Mapping[str, Mapping[Language, str]] = json.loads(
        (files("feishu_bot.web.admin") / "texts.json").read_text("utf-8")
    )
    return found


def language() -> Language:
    """The reader's: the one that was chosen, else the browser's first that there is."""
    if "admin_language" not in g:
        chosen = request.cookies.get(LANGUAGE)
        if chosen not in ("zh", "en"):
            chosen = request.accept_languages.best_match(["zh", "zh-CN", "zh-TW", "en"], "zh")[:2]
        g.admin_language = chosen
    return "en" if g.admin_language == "en" else "zh"


def say(key: str, /, **params: object) -> str:
    """A text of the page. Raises KeyError for an unknown one."""
    text = page_texts()[key][language()]
    return text.format_map({name: str(value) for name, value in params.items()}) if params else text


def moment(at: float) -> str:
    """A time by the server's clock."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def count(number: float) -> str:
    """A number with its digits grouped; an amount keeps what it has behind the point."""
    if float(number).is_integer():
        return format_count(int(number))
    return f"{number:,.6f}".rstrip("0")


def uptime(seconds: float) -> str:
    """In days and hours once it is long."""
    days, rest = divmod(int(seconds), 86_400)
    return say("days_and", days=days, rest=format_duration(rest)) if days else format_duration(rest)
