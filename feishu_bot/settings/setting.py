"""One setting: its variable, type and default, and how much of its value may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from feishu_bot.core.languages import Words
from feishu_bot.settings.values import ValueType

Secret = Literal["", "password", "all"]
T = TypeVar("T")

# A longer value may be a key that was pasted in the wrong place.
QUOTED_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable. Without a `default` it is required.

    `hint` is the place where its value is found; `secret` the part of it that is never shown.
    """

    name: str
    type: ValueType[Any]
    default: str | None
    hint: Words | None
    secret: Secret

    def quoted(self, value: str) -> str:
        """A rejected value as a fault shows it; empty if it may hold a secret."""
        # What was set as the App ID may be a secret: the two are easily swapped.
        is_hidden = self.secret or self.hint or "@" in value or len(value) > QUOTED_CHARACTERS
        return "" if is_hidden else repr(value)

    def masked(self, value: object) -> str:
        """An accepted value as it is printed, without its secret part."""
        match self.secret:
            case "all":
                return "'***'" if value else "''"
            case "password":
                url = re.sub(r"(?<=://).*@", "***@", str(value))
                return repr(re.sub(r"(?<=password=)[^&]*", "***", url))
        return repr(value)


def env(
    name: str,
    value_type: ValueType[T],
    default: str | None = None,
    *,
    hint: Words | None = None,
    secret: Secret = "",
) -> T:
    """A dataclass field that is read from the variable *name*."""
    metadata = {"setting": Setting(name, value_type, default, hint, secret)}
    if default is None:
        return field(metadata=metadata)  # type: ignore[no-any-return]
    return field(default=value_type.read(default), metadata=metadata)
