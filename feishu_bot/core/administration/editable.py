"""Roles and prices as administrators edit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feishu_bot.core.languages import Language
from feishu_bot.core.roles import Role, Roles
from feishu_bot.core.usage import Prices

# `tags`, and the texts of a role (title, content, example) under `zh` and `en`, as in the file.
RoleDocument = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRole:
    """A role of the list, or one that was taken out of it; `document` is what can be edited."""

    id: str
    document: RoleDocument
    is_stored: bool
    is_hidden: bool
    is_in_file: bool


class EditableRoles(Roles, Protocol):
    """The list of roles, with what administrators have put into it."""

    def listed(self) -> tuple[ListedRole, ...]:
        """All that there are, those too that were taken out of the list."""

    def check(self, role_id: str, document: RoleDocument) -> Mapping[Language, Role]:
        """The role that this would be, in each language. Raises ChangeRefused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice:
    """A price of the table; `model` may end in *. The amounts by what they are for."""

    model: str
    amounts: Mapping[str, float]
    is_stored: bool
    is_in_file: bool


class EditablePrices(Prices, Protocol):
    """The price table, with what administrators have put into it."""

    def listed(self) -> tuple[ListedPrice, ...]:
        """All prices that hold."""

    def check(self, model: str, amounts: Mapping[str, str]) -> None:
        """Whether this can be a model's price. Raises ChangeRefused."""

    def price_of(self, model: str) -> Mapping[str, float]:
        """The price that holds for a model; empty for none."""

    @property
    def currency_is_stored(self) -> bool:
        """Whether the currency is one that an administrator has set."""
