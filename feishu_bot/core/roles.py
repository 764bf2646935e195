"""The list of ready roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from feishu_bot.core.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A ready role in one language. `content` is the system prompt, `example` a first question."""

    id: str
    title: str
    content: str
    category: str
    example: str = ""


class Roles(Protocol):
    """The list of ready roles, as the administrator keeps it."""

    def categories(self, language: Language) -> tuple[str, ...]:
        """The names of the categories, in the list's order."""

    def of(self, category: str, language: Language) -> tuple[Role, ...]:
        """The roles of a category; none for an unknown one."""

    def find(self, role_id: str, language: Language) -> Role | None:
        """The role with this id, in this language."""
