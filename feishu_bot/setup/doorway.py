"""The bot's two addresses while it is set up: they answer Feishu's check, and nothing else.

It lives in the set-up alone, never beside the bot. Whoever shows a key of ours by an encrypted
challenge, or its token in a plain one, gets the challenge back. Which keys Feishu uses before the
version is published isn't written down; so, only while the configuration call is under way, any
challenge comes back. A stranger learns nothing by that but what they have sent.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import flask
from typing_extensions import override
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from feishu_bot.errors import Refused, SetupFailed, Unreadable
from feishu_bot.feishu.webhook.signature import SignatureVerifier
from feishu_bot.setup.manifest import CARD_PATH, EVENT_PATH

MOST_BYTES = 8192
LONGEST_CHALLENGE = 200
# Each has a thread.
MOST_CONNECTIONS = 64
# How soon the server sees that it is to stop.
POLL_SECONDS = 0.02


class Doorway:
    """Answers challenges; `accepts` says with which keys. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._verifiers: tuple[SignatureVerifier, ...] = ()
        self._is_open = False
        self.knocks = 0
        # False while a bot that is running already answers in its place.
        self.is_served = True
        self.last_refusal = ""

    def accepts(self, *keys: tuple[str, str]) -> None:
        """Answer whoever has one of these pairs of Encrypt Key and Verification Token."""
        verifiers = tuple(
            SignatureVerifier(app_id="", encrypt_key=key, verification_token=token, max_age=300.0)
            for key, token in keys
            if key and token
        )
        with self._lock:
            self._verifiers = verifiers

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Answer every challenge inside."""
        with self._lock:
            self._is_open = True
        try:
            yield
        finally:
            with self._lock:
                self._is_open = False

    def challenge_in(self, body: bytes) -> str | None:
        """The challenge to give back; None for anything else."""
        with self._lock:
            verifiers, is_open = self._verifiers, self._is_open
            self.knocks += 1
        for verifier in verifiers:
            try:
                data = verifier.read(body)
                challenge = data.get("challenge")
                if data.get("type") != "url_verification" or not isinstance(challenge, str):
                    continue
                if not is_open:
                    challenge = verifier.challenge(data)
                return challenge if len(challenge) <= LONGEST_CHALLENGE else None
            except (Refused, Unreadable) as exc:
                self.last_refusal = str(exc)
        return None


def add_doorway(app: flask.Flask, doorway: Doorway) -> None:
    """The routes that the outside world sees of a bot."""

    def check() -> Any:
        body = flask.request.stream.read(MOST_BYTES)
        challenge = doorway.challenge_in(body)
        if challenge is None:
            # An event: Feishu brings it again, and then the bot is there.
            return flask.jsonify(msg="set-up"), 503
        return flask.jsonify(challenge=challenge)

    @app.get("/ping")
    def ping() -> Any:
        return flask.jsonify(message="pong")

    app.add_url_rule(EVENT_PATH, "event", check, methods=["POST"])
    app.add_url_rule(CARD_PATH, "card", check, methods=["POST"])


class PortTaken(SetupFailed):
    """Somebody else listens on the bot's port."""


class _Server(ThreadedWSGIServer):
    """Has so many connections at once; whoever has been there longest makes room for the next."""

    def __init__(self, host: str, port: int, app: flask.Flask, fd: int) -> None:
        self._connections: dict[socket.socket, None] = {}
        self._changed = threading.Lock()
        super().__init__(host, port, app, _Quiet, fd=fd)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer it in a thread."""
        with self._changed:
            while len(self._connections) >= MOST_CONNECTIONS:
                oldest = next(iter(self._connections))
                del self._connections[oldest]
                with contextlib.suppress(OSError):
                    oldest.shutdown(socket.SHUT_RDWR)
            self._connections[request] = None
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        """It has been answered."""
        with self._changed:
            self._connections.pop(request, None)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of what strangers break off."""


class _Quiet(WSGIRequestHandler):
    """Logs nothing: a path may have what nobody else should read."""

    # Seconds, of each read and write.
    timeout = 10

    @override
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class SetupServer:
    """A context manager: the app on all addresses of the machine, in a thread of its own."""

    def __init__(self, app: flask.Flask, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listening = socket.create_server((host, port), family=family)
        except OSError as exc:
            raise PortTaken(
                "listen",
                f"端口 {port} 不能用（{exc.strerror}）：是不是已有一个机器人在运行？先停掉它",
                f"Port {port} can't be had ({exc.strerror}): is a bot running already? "
                "Stop it first",
            ) from exc
        # The library would print and end the process where it can't bind.
        with listening:
            self._server = _Server(host, listening.getsockname()[1], app, listening.fileno())
        self.port = int(self._server.port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, daemon=True
        )

    def __enter__(self) -> SetupServer:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Give the port free. A second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def listen(doorway: Doorway, host: str, port: int) -> SetupServer:
    """The doorway alone on this port; a context manager. Raises SetupFailed where it is taken."""
    app = flask.Flask(__name__, static_folder=None)
    add_doorway(app, doorway)
    return SetupServer(app, host, port)
