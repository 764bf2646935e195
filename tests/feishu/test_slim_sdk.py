"""The SDK with the unused services left out is still the SDK where we use it."""

from __future__ import annotations

import subprocess
import sys

import lark_oapi
from lark_oapi.event.dispatcher_handler import EventDispatcherHandlerBuilder

from feishu_bot.feishu.api import slim_sdk


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sdk_is_imported_without_its_unused_services():
    loaded = run(
        "import feishu_bot.feishu.api.client, feishu_bot.feishu.webhook.handler, sys;"
        "print(sum(name.startswith('lark_oapi') for name in sys.modules))"
    )

    assert int(loaded) < 1500


def test_what_is_used_is_the_same_as_in_the_whole_sdk():
    names = """
import inspect, lark_oapi
from lark_oapi.api.im.v1 import ReplyMessageRequestBody, PatchMessageRequest
from lark_oapi.api.cardkit.v1 import Card, UpdateCardRequestBody
from lark_oapi.event.dispatcher_handler import EventDispatcherHandlerBuilder as Builder
client = lark_oapi.Client.builder().app_id("a").app_secret("b").build()
for item in (ReplyMessageRequestBody, PatchMessageRequest, Card, UpdateCardRequestBody, Builder,
             type(client.im.v1.message), type(client.cardkit.v1.card),
             lark_oapi.CardActionHandler):
    print(item.__module__, sorted(name for name in vars(item) if name[0] != "_"))
print(inspect.signature(Builder.register_p2_im_message_receive_v1))
print(inspect.signature(Builder.register_p2_card_action_trigger))
"""
    whole = run(names)
    slim = run("from feishu_bot.feishu import slim_sdk; slim_sdk.install()\n" + names)

    assert slim == whole


def test_the_events_of_kept_services_keep_their_types():
    builder = EventDispatcherHandlerBuilder("", "").register_p2_im_message_receive_v1(print)

    processor = builder._processorMap["p2.im.message.receive_v1"]
    assert processor.type().__module__.startswith("lark_oapi.api.im")


def test_installing_twice_changes_nothing():
    before = list(sys.meta_path)

    slim_sdk.install()

    assert sys.meta_path == before
    assert lark_oapi.Client
