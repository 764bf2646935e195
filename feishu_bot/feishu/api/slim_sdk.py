"""Of Feishu's SDK only what the bot needs: the form of a request, and the way out.

`import lark_oapi` loads every service of the platform: 11,000 modules, 160 MB, 2 to 4 seconds. The
bot sends general requests on connections of its own and reads raw events, so with `install` in
force, before the first import, the rest are empty modules whose names mean nothing, and so are the
HTTP libraries below, which the SDK imports beside each other. The version is pinned, and
`tests/feishu/test_slim_sdk.py` checks what we use of it against the whole SDK.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

from typing_extensions import override

from feishu_bot.unused_modules import nothing

SERVICES = "lark_oapi.api."
UNUSED = ("lark_oapi.ws", "lark_oapi.scene")
# Needed by those alone who use a service.
FOR_SERVICES = ("lark_oapi.api", "lark_oapi.card", "lark_oapi.client", "lark_oapi.event")
# Imports the libraries for its own way out, in whose place the bot has another.
TRANSPORT = "lark_oapi.core.http.transport"
HTTP_LIBRARIES = ("httpx", "requests", "requests_toolbelt")

# The types of events and their processors, as in P2ImMessageReceiveV1.
_EVENT_NAME = re.compile(r"\bP[12][A-Z]\w+")


class _Finder(Loader):
    """Finds an empty module for every service but the `kept` ones."""

    def __init__(self) -> None:
        self.kept: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if not self.kept and name == TRANSPORT:
            return self._without_libraries(PathFinder.find_spec(name, path))
        if not self.kept and name.startswith(FOR_SERVICES):
            return ModuleSpec(name, self, is_package=True)
        is_service = name.startswith(SERVICES) and name.split(".")[2] not in self.kept
        if is_service or name.startswith(UNUSED):
            return ModuleSpec(name, self, is_package=True)
        return None

    def _without_libraries(self, spec: ModuleSpec | None) -> ModuleSpec | None:
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _LoaderWithoutLibraries(spec.name, spec.loader.path)
        return spec

    @override
    def exec_module(self, module: ModuleType) -> None:
        # `from … import *` takes what is named here; the dispatcher needs the types of all
        # events for the annotations of its methods.
        is_processor = module.__name__.endswith(".processor")
        module.__dict__["__all__"] = self._unused_names if is_processor else []
        module.__dict__["__getattr__"] = nothing

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


class _LoaderWithoutLibraries(SourceFileLoader):
    """Loads a module that imports libraries, and leaves those that aren't there yet unloaded."""

    @override
    def exec_module(self, module: ModuleType) -> None:
        absent = {name: ModuleType(name) for name in HTTP_LIBRARIES if name not in sys.modules}
        for empty in absent.values():
            empty.__dict__["__getattr__"] = nothing
        sys.modules.update(absent)
        try:
            super().exec_module(module)
        finally:
            for name in absent:
                del sys.modules[name]


_finder = _Finder()


def install(*, services: Iterable[str] = ()) -> None:
    """Make later imports of the SDK leave its services out, except for these.

    May be called several times before the first import; the services add up.
    """
    _finder.kept.update(services)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
