"""The first text after a quiet while, and in a busy minute, over TLS and a slow link.

Every connection of the bot goes through a link that takes a round trip for TCP, for each flight of
TLS, and for each request. A quiet while closes all connections, as servers do after a minute.
"""

from __future__ import annotations

import argparse
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bench.certificate import certificate_at
from bench.places import free_port
from bench.running_bot import environment_beside
from feishu_bot.bot_process import BotProcess
from feishu_simulator import Script, Simulator
from feishu_simulator.people import Person

ROUND_TRIP = 0.5
# Longer than the bot leaves a connection alone.
QUIET_SECONDS = 100.0
LOOK_SECONDS = 0.005
ANSWER_SECONDS = 30.0
CHUNK = 65_536


class SlowTls:
    """Speaks TLS in front of a server; what passes takes half a round trip each way."""

    def __init__(self, target: str, certificate: Path) -> None:
        self._target = urlsplit(target)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._inner = socket.create_server(("127.0.0.1", 0))
        self._outer = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.opened = 0
        self.url = f"https://127.0.0.1:{self._outer.getsockname()[1]}"
        for serve in (self._link, self._speak):
            threading.Thread(target=serve, daemon=True).start()

    def drop(self) -> None:
        """Close all connections, as if they had been idle for too long."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _link(self) -> None:
        while True:
            outside, _ = self._outer.accept()
            self.opened += 1
            inside = socket.create_connection(self._inner.getsockname())
            self._open += [outside, inside]
            began = time.monotonic()
            for source, sink in ((outside, inside), (inside, outside)):
                threading.Thread(
                    target=_relay, args=(source, sink, began + ROUND_TRIP), daemon=True
                ).start()

    def _speak(self) -> None:
        while True:
            encrypted, _ = self._inner.accept()
            threading.Thread(target=self._terminate, args=(encrypted,), daemon=True).start()

    def _terminate(self, encrypted: socket.socket) -> None:
        with suppress(OSError):
            plain = self._context.wrap_socket(encrypted, server_side=True)
            host, port = self._target.hostname, self._target.port
            server = socket.create_connection((host or "", port or 0))
            back = threading.Thread(target=_copy, args=(server, plain), daemon=True)
            back.start()
            _copy(plain, server)


def _relay(source: socket.socket, sink: socket.socket, earliest: float) -> None:
    """Pass on what comes, half a round trip later and not before the connection is open."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            time.sleep(max(ROUND_TRIP / 2, earliest - time.monotonic()))
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when every question was answered."""
    parser = argparse.ArgumentParser(prog="python -m bench.warm", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="questions of each kind (3)")
    parser.add_argument("--quiet", type=float, default=QUIET_SECONDS, help="seconds (100)")
    given = parser.parse_args(arguments)
    with Simulator() as simulator, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _measure(simulator, Path(folder), given.repeat, given.quiet)
    return 0


def _measure(simulator: Simulator, folder: Path, repeat: int, quiet: float) -> None:
    certificate = certificate_at(folder / "certificate.pem")
    feishu = SlowTls(simulator.feishu.url, certificate)
    model = SlowTls(simulator.gateway.url, certificate)
    port = free_port()
    environ = environment_beside(simulator, folder, port, SSL_CERT_FILE=str(certificate))
    environ |= {"FEISHU_DOMAIN": feishu.url, "API_URL": model.url}
    simulator.gateway.first, simulator.gateway.between = 0.3, 0.02
    person = simulator.feishu.add_person("Ann")
    with BotProcess(environ, port, folder / "bot.log") as bot:
        if not bot.wait_until_up():
            sys.exit(bot.last_lines())
        simulator.feishu.bot_url = f"http://127.0.0.1:{port}"
        simulator.gateway.respond_with(lambda body: Script.chunks(["word "] * 20))
        for _ in range(3):
            _first_text(simulator, person)
        busy = [_first_text(simulator, person) for _ in range(repeat)]
        print(f"{'in a busy minute':24}{_shown(busy)}", flush=True)
        after = []
        for _ in range(repeat):
            feishu.drop()
            model.drop()
            time.sleep(quiet)
            after.append(_first_text(simulator, person))
        print(f"{'after a quiet while':24}{_shown(after)}", flush=True)
        print(f"connections opened: {feishu.opened} to Feishu, {model.opened} to the model")


def _first_text(simulator: Simulator, person: Person) -> float:
    """Seconds from a question to its first text; comes back when the answer is whole."""
    chat = simulator.feishu.private_chat(person)
    asked = simulator.feishu.say(chat, person, "question")
    until = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < until:
        answers = simulator.feishu.answers_to(asked)
        if answers and not answers[0].streaming:
            shown = [at for at, text in answers[0].history if "word" in text]
            # So that the next question waits for nothing of this one.
            time.sleep(1.0)
            return min(shown) - asked.said_at
        time.sleep(LOOK_SECONDS)
    sys.exit("a question was not answered")


def _shown(seconds: list[float]) -> str:
    each = ", ".join(f"{one * 1000:.0f}" for one in seconds)
    return f"first text {statistics.median(seconds) * 1000:6.0f} ms   ({each})"


if __name__ == "__main__":
    sys.exit(main())
