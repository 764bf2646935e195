"""A bot on the SDK's own long connection; run in a process of its own, with the whole SDK."""

from __future__ import annotations

import sys

import lark_oapi as lark
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse
from lark_oapi.ws import Client


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
