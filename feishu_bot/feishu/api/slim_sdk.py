"""Feishu's SDK without the sixty services that the bot doesn't use.

`import lark_oapi` loads every service of the platform: 11,000 modules, 160 MB, 2 to 4 seconds. With
`install` in force, before the first import, only those in `KEPT` are loaded; the others are empty
modules whose names stand for nothing. The version is pinned, and `tests/feishu/test_slim_sdk.py`
checks what we use of it against the whole SDK.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

KEPT = frozenset({"cardkit", "im"})
SERVICES = "lark_oapi.api."
UNUSED = ("lark_oapi.ws", "lark_oapi.scene")

# The types of events and their processors, as in P2ImMessageReceiveV1.
_EVENT_NAME = re.compile(r"\bP[12][A-Z]\w+")


class _Nothing:
    """What a name of an unused service stands for; the SDK's client makes one of each."""

    def __init__(self, config: object) -> None:
        pass


class _Finder(MetaPathFinder, Loader):
    """Finds an empty module for every unused service."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        is_service = name.startswith(SERVICES) and name.split(".")[2] not in KEPT
        if is_service or name.startswith(UNUSED):
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # `from … import *` takes what is named here; the dispatcher needs the types of all
        # events for the annotations of its methods.
        is_processor = module.__name__.endswith(".processor")
        module.__dict__["__all__"] = self._unused_names if is_processor else []
        module.__dict__["__getattr__"] = _nothing

    @cached_property
    def _unused_names(self) -> list[str]:
        spec = importlib.util.find_spec("lark_oapi")
        assert spec is not None
        root = Path((spec.submodule_search_locations or [])[0])
        named = _EVENT_NAME.findall((root / "event/dispatcher_handler.py").read_text())
        own = "".join(
            path.read_text()
            for service in KEPT
            for path in root.glob(f"api/{service}/*/processor.py")
        )
        callbacks = (root / "event/callback/processor.py").read_text()
        return sorted(set(named) - set(_EVENT_NAME.findall(own + callbacks)))


def install() -> None:
    """Make later imports of the SDK load only what is used; again does nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _nothing(name: str) -> type[_Nothing]:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing
