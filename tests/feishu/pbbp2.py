"""The SDK's own code for frames, generated from the platform's definition.

The SDK's long connection is left out of what the tests import, so this is loaded on its own.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from feishu_bot.feishu.api import slim_sdk


def load_pbbp2() -> Any:
    """The module `lark_oapi.ws.pb.pbbp2_pb2`."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_ours(name)}
    finder = slim_sdk._finder
    at = sys.meta_path.index(finder)
    sys.meta_path.remove(finder)
    try:
        spec = find_spec("lark_oapi")
        assert spec is not None
        # The package without its __init__, which would import all of the SDK.
        package = ModuleType("lark_oapi.ws")
        (root,) = spec.submodule_search_locations or []
        package.__path__ = [str(Path(root) / "ws")]
        sys.modules["lark_oapi.ws"] = package
        return importlib.import_module("lark_oapi.ws.pb.pbbp2_pb2")
    finally:
        sys.meta_path.insert(at, finder)
        for name in [name for name in sys.modules if name == "lark_oapi.ws"]:
            del sys.modules[name]
        sys.modules.update(kept)


def _is_ours(name: str) -> bool:
    return name == "lark_oapi.ws" or name.startswith("lark_oapi.ws.")
