"""Of the openai client only what the bot needs: requests of plain dicts, without types.

The client loads 440 models of requests and answers, pydantic to check them, and what it needs for
asyncio: 20 MB. The bot sends and reads dicts in threads. So with `install` in force, before the
first import, these are empty modules whose names mean nothing, and of pydantic there is what holds
the options of a request. The version is pinned, and with `install` in force for all tests those of
`tests/llm` run against it.
"""

from __future__ import annotations

import copy
from typing import Self

from typing_extensions import override

from feishu_bot.unused_modules import EmptyModules

UNUSED = ("openai.types", "pydantic", "pydantic_core", "anyio", "httpcore2._async")


class Model:
    """A pydantic model as far as `openai._models.FinalRequestOptions` needs it."""

    @override
    def __init_subclass__(cls, **_settings: object) -> None:
        # Some are generic classes as well.
        super().__init_subclass__()

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: object) -> Self:
        """One with these values, unchecked, and copies of the defaults that can be changed."""
        model = cls.__new__(cls)
        for name, default in vars(cls).items():
            if isinstance(default, dict | list) and not name.startswith("_"):
                model.__dict__[name] = copy.copy(default)
        model.__dict__.update(values)
        return model

    def model_copy(self, *, deep: bool = False) -> Self:
        """Another one with the same values."""
        return copy.deepcopy(self) if deep else copy.copy(self)


class ValidationError(ValueError):
    """For `except`: nothing raises it."""


class EndOfStream(Exception):
    """For `except`, where a connection fails: only asyncio's side raises it."""


_PYDANTIC = {"VERSION": "2", "BaseModel": Model, "ValidationError": ValidationError}
_ANYIO = {"EndOfStream": EndOfStream}


def install() -> None:
    """Make later imports of the client leave the rest out."""
    EmptyModules(*UNUSED, given={"pydantic": _PYDANTIC, "anyio": _ANYIO}).install()
