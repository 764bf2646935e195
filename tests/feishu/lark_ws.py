"""A bot on the SDK's own long connection; run in a process of its own.

Of the SDK's sixty services it has the one for messages: all of them take two seconds to import.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder

from feishu_bot.feishu.api import slim_sdk


class LongConnectionFinder:
    """Finds the long connection, which the bot leaves out."""

    @staticmethod
    def find_spec(name: str, path: list[str] | None, target: object = None) -> ModuleSpec | None:
        if not name.startswith("lark_oapi.ws"):
            return None
        if found := PathFinder.find_spec(name, path):
            return found
        # What isn't there is no empty module either: it asks for its parts in C.
        raise ModuleNotFoundError(name)


slim_sdk.install(services=["im"])
sys.meta_path.insert(0, LongConnectionFinder)

import lark_oapi as lark  # noqa: E402
from lark_oapi.event.callback.model.p2_card_action_trigger import (  # noqa: E402
    P2CardActionTriggerResponse,
)
from lark_oapi.ws import Client  # noqa: E402


def main(domain: str, app_id: str, app_secret: str) -> None:
    """Serve until the process is killed."""
    handler = (
        lark.EventDispatcherHandler.builder("", "")
        .register_p2_im_message_receive_v1(lambda event: None)
        .register_p2_card_action_trigger(
            lambda event: P2CardActionTriggerResponse({"toast": {"type": "info", "content": "好"}})
        )
        .build()
    )
    Client(
        app_id, app_secret, event_handler=handler, domain=domain, log_level=lark.LogLevel.CRITICAL
    ).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
