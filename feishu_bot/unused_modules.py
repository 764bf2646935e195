"""Leaves out the parts of a library that nothing here uses: they are empty modules.

A library that imports all it has for whoever may want it costs each process tens of megabytes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

from typing_extensions import override


class Nothing:
    """What a name of an empty module stands for: a class that can be named, and made."""

    def __init__(self, *_args: object, **_more: object) -> None:
        pass

    def __class_getitem__(cls, _item: object) -> type[Nothing]:
        return cls


def nothing(name: str) -> type[Nothing]:
    """The `__getattr__` of an empty module. Raises AttributeError for the names of Python."""
    if name.startswith("__"):
        raise AttributeError(name)
    return Nothing


class EmptyModules(Loader):
    """Finds an empty module for each of `packages` and all that is in them."""

    def __init__(self, *packages: str) -> None:
        self._packages = frozenset(packages)
        self._within = tuple(f"{name}." for name in packages)

    def install(self) -> None:
        """From now on they aren't loaded; what is loaded already stays."""
        sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        is_ours = name in self._packages or name.startswith(self._within)
        return ModuleSpec(name, self, is_package=True) if is_ours else None

    @override
    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__getattr__"] = nothing
