"""How the bot is, at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feishu_bot.core.languages import Words


@dataclass(frozen=True, slots=True)
class PartState:
    """A part that the bot can't do without; None until it was looked at."""

    name: str
    title: Words
    is_up: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Tasks that wait and that run, in all processes."""

    waiting: int
    running: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BotState:
    """`started_at` is in seconds since the epoch; without a database there is no `queue`."""

    version: str
    transport: str
    started_at: float
    parts: tuple[PartState, ...]
    queue: Queue | None


@dataclass(frozen=True, slots=True)
class SettingShown:
    """A setting as it may be shown: a secret one without its value."""

    name: str
    value: str
    source: Literal["environment", "file", "default"]
    is_hidden: bool
