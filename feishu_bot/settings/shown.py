"""The settings as the administrator's page shows them: from where each is, and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Literal, NamedTuple

from feishu_bot.settings import Settings
from feishu_bot.settings.setting import Setting

Source = Literal["environment", "file", "default"]
HIDDEN = "••••••"


class Shown(NamedTuple):
    """A setting by its variable. `is_hidden` says that the value isn't, or not the whole of it."""

    name: str
    value: str
    source: Source
    is_hidden: bool


def shown_settings(
    settings: Settings, environ: Mapping[str, str], file: Mapping[str, str]
) -> list[Shown]:
    """Every setting with the value that holds; `file` is what stands in `.env`."""
    return [
        Shown(
            name=setting.name,
            value=_in_words(setting, getattr(settings, entry.name)),
            source=_source(setting.name, environ, file),
            is_hidden=bool(setting.secret),
        )
        for entry in fields(Settings)
        for setting in (entry.metadata["setting"],)
    ]


def _source(name: str, environ: Mapping[str, str], file: Mapping[str, str]) -> Source:
    if environ.get(name, "").strip():
        return "environment"
    return "file" if file.get(name, "").strip() else "default"


def _in_words(setting: Setting, value: object) -> str:
    match setting.secret:
        case "all":
            return HIDDEN if value else ""
        case "password":
            return setting.masked(value)[1:-1]
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(str, value))
        case float():
            return f"{value:g}"
    return str(value)
