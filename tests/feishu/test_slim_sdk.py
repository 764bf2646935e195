"""The SDK without its services is still the SDK where we use it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import lark_oapi
from lark_oapi.event.dispatcher_handler import EventDispatcherHandlerBuilder

import feishu_bot
from feishu_bot.feishu.api import slim_sdk


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sdk_is_imported_without_its_services():
    loaded = run(
        "import feishu_bot.feishu.api.client, feishu_bot.feishu.webhook.handler, sys;"
        "print(sum(name.startswith('lark_oapi') for name in sys.modules))"
    )

    assert int(loaded) < 120


def test_the_bot_uses_no_service_of_the_sdk():
    """What is left out is an empty module, which would be found out at the first call only."""
    used = {
        name
        for path in (Path(feishu_bot.__file__).parent).rglob("*.py")
        if "lark_oapi" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (getattr(node, "module", None), *(alias.name for alias in node.names))
        if name and name.startswith("lark_oapi.api")
    }

    assert used == set()


def test_what_is_used_is_the_same_as_in_the_whole_sdk():
    names = """
import inspect, lark_oapi
from lark_oapi.core.http import Transport
from lark_oapi.core.http.transport import _build_header, _build_url
from lark_oapi.core.model import BaseRequest, Config, RawResponse, RequestOption
for item in (Transport, BaseRequest, Config, RawResponse, RequestOption):
    print(item.__module__, sorted(name for name in vars(item) if name[0] != "_"))
for item in (lark_oapi.HttpMethod, lark_oapi.AccessTokenType):
    print(item.__module__, list(item))
for method in (Transport.execute, _build_header, _build_url):
    print(inspect.signature(method))
"""
    whole = run(names)
    slim = run("from feishu_bot.feishu.api import slim_sdk; slim_sdk.install()\n" + names)

    assert slim == whole


def test_libraries_that_were_left_out_can_be_imported_later():
    said = run(
        "import feishu_bot.feishu.api.client, sys;"
        "print('requests' in sys.modules, 'httpx' in sys.modules);"
        "import requests, httpx;"
        "print(requests.get.__module__, httpx.Client.__module__)"
    )

    assert said.split() == ["False", "False", "requests.api", "httpx"]


def test_the_events_of_kept_services_keep_their_types():
    builder = EventDispatcherHandlerBuilder("", "").register_p2_im_message_receive_v1(print)

    processor = builder._processorMap["p2.im.message.receive_v1"]
    assert processor.type().__module__.startswith("lark_oapi.api.im")


def test_installing_twice_changes_nothing():
    before = list(sys.meta_path)

    slim_sdk.install()

    assert sys.meta_path == before
    assert lark_oapi.Client
