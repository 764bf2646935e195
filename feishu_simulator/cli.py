"""The command line: a Feishu and a model gateway to develop any bot against."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from feishu_simulator.credentials import Credentials
from feishu_simulator.desk.scene_checks import BadScene
from feishu_simulator.desk.scene_load import load_scene
from feishu_simulator.feishu import CARD_PATH, EVENT_PATH
from feishu_simulator.simulator import Simulator

PAGE_PORT = 9001
GATEWAY_PORT = 9002
ENVIRONMENT_PREFIX = "FEISHU_SIMULATOR_"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit code."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    simulator = Simulator(
        Credentials(
            app_id=options.app_id,
            app_secret=options.app_secret,
            encrypt_key=options.encrypt_key,
            verification_token=options.verification_token,
            bot_name=options.bot_name,
        ),
        feishu_port=options.port,
        gateway_port=options.gateway_port,
    )
    simulator.gateway.keys = [options.gateway_key]
    simulator.desk.seed()
    if options.fresh:
        simulator.feishu.app.forget()
    if options.scene:
        try:
            load_scene(simulator.desk, Path(options.scene).read_bytes())
        except (OSError, BadScene) as exc:
            print(f"{options.scene}: {exc}", file=sys.stderr)
            return 2
    simulator.feishu.bot_url = options.bot.rstrip("/")
    simulator.feishu.event_url = options.event_url or simulator.feishu.event_url
    simulator.feishu.card_url = options.card_url or simulator.feishu.card_url
    simulator.feishu.subscription.mode = options.transport
    with simulator:
        print(_summary(simulator), flush=True)
        # A timeout, because Windows delivers no signal during an endless wait.
        while not stopped.wait(1.0):
            pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m feishu_simulator",
        description="A simulated Feishu open platform and a simulated OpenAI-compatible gateway on "
        "127.0.0.1, with a chat page, to develop and test a bot without an account.",
        epilog=f"The environment can set every option too: {ENVIRONMENT_PREFIX}PORT, "
        f"{ENVIRONMENT_PREFIX}APP_ID and so on.",
    )
    # A page that a browser has open could guess what is the same for everybody.
    credentials = Credentials.random()

    def add(name: str, default: Any, text: str, **options: Any) -> None:
        variable = ENVIRONMENT_PREFIX + name.upper().replace("-", "_")
        is_random = options.pop("is_random", False)
        shown = " (default: %(default)s)" if default != "" else ""
        shown = " (default: another one at each start)" if is_random else shown
        default = os.environ.get(variable, default)
        parser.add_argument(f"--{name}", default=default, help=f"{text}{shown}", **options)

    add("port", PAGE_PORT, "port of the page and the API, 0 for any", type=int)
    add("gateway-port", GATEWAY_PORT, "port of the model gateway, 0 for any", type=int)
    add("bot", "", f"the bot: events go to URL{EVENT_PATH}, cards to URL{CARD_PATH}", metavar="URL")
    add("event-url", "", "where events are pushed, if not there", metavar="URL")
    add("card-url", "", "where card callbacks are pushed, if not there", metavar="URL")
    ways = ("webhook", "long_connection")
    text = "how events and card callbacks go to the bot"
    add("transport", ways[0], text, choices=ways)
    add("app-id", credentials.app_id, "App ID")
    add("app-secret", credentials.app_secret, "App Secret", is_random=True)
    parser.add_argument(
        "--fresh", action="store_true", help="without an app: a set-up registers it by its link"
    )
    text = "Encrypt Key; '' for plain, unsigned events"
    add("encrypt-key", credentials.encrypt_key, text, is_random=True)
    add("verification-token", credentials.verification_token, "Verification Token", is_random=True)
    add("bot-name", credentials.bot_name, "name of the bot")
    add("scene", "", "a scene that was saved on the page, to begin with", metavar="FILE")
    add("gateway-key", f"sk-{secrets.token_hex(24)}", "API key of the gateway", is_random=True)
    return parser


def _summary(simulator: Simulator) -> str:
    """What a bot has to be told, a line each."""
    feishu, credentials = simulator.feishu, simulator.credentials
    events = feishu.event_url or "nowhere yet: pass --bot URL or --event-url URL"
    callbacks = feishu.card_url or "nowhere yet: pass --bot URL or --card-url URL"
    if feishu.subscription.is_long_connection:
        events = callbacks = "the long connection that the bot opens"
    lines = {
        "Page": simulator.page_url,
        "API base URL": f"{feishu.url} (in place of https://open.feishu.cn)",
        "App ID": credentials.app_id,
        "App Secret": credentials.app_secret,
        "Encrypt Key": credentials.encrypt_key or "none",
        "Verification Token": credentials.verification_token,
        "Gateway base URL": f"{simulator.gateway.url}/v1",
        "Gateway key": simulator.gateway.keys[0],
        "Events go to": events,
        "Card callbacks go to": callbacks,
    }
    text = "\n".join(f"{name + ':':<22}{value}" for name, value in lines.items())
    return f"{text}\n\nStop with Ctrl-C."
