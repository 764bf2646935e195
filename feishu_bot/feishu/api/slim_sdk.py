"""Feishu's SDK without its sixty services.

`import lark_oapi` loads every service of the platform: 11,000 modules, 160 MB, 2 to 4 seconds. The
bot calls the API by the SDK's generic request and reads raw events, so it needs none of them: with
`install` in force, before the first import, they are empty modules whose names mean nothing. The
version is pinned, and `tests/feishu/test_slim_sdk.py` checks what we use of it against the whole
SDK.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from typing_extensions import override

SERVICES = "lark_oapi.api."
UNUSED = ("lark_oapi.ws", "lark_oapi.scene")

# The types of events and their processors, as in P2ImMessageReceiveV1.
_EVENT_NAME = re.compile(r"\bP[12][A-Z]\w+")


class _Nothing:
    """A name of an unused service; the SDK's client makes one of each."""

    def __init__(self, config: object) -> None:
        pass


class _Finder(Loader):
    """Finds an empty module for every service but the `kept` ones."""

    def __init__(self) -> None:
        self.kept: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        is_service = name.startswith(SERVICES) and name.split(".")[2] not in self.kept
        if is_service or name.startswith(UNUSED):
            return ModuleSpec(name, self, is_package=True)
        return None

    @override
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
        own = [root / "event/callback/processor.py"]
        for service in self.kept:
            own += root.glob(f"api/{service}/*/processor.py")
        real = _EVENT_NAME.findall("".join(path.read_text() for path in own))
        return sorted(set(named) - set(real))


_finder = _Finder()


def install(*, services: Iterable[str] = ()) -> None:
    """Make later imports of the SDK leave its services out, except for these.

    May be called several times before the first import; the services add up.
    """
    _finder.kept.update(services)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def _nothing(name: str) -> type[_Nothing]:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing
