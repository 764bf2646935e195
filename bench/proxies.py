"""The proxies of deploy/ under attack and with replicas that fail: `make proxies`.

Strangers hold thousands of connections to nginx and to Caddy while Feishu delivers. Then nginx
shares deliveries out among three bots, of which one is frozen, and which are restarted one after
the other. The configurations are those that are documented, but for addresses and certificates.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.attack import KINDS, Probe, Strangers, ask, deliver, raise_limit
from bench.name_server import NameServer
from bench.places import ROOT, environment, free_port
from bench.running_bot import environment_beside, running_bot
from feishu_bot.bot_process import GUNICORN
from feishu_simulator import Simulator

DEPLOY = ROOT / "deploy"
# Feishu waits a second for an address check, and three for an event.
PING_MARK = 1.0
DELIVERY_MARK = 3.0
# After the burst in which the strangers come.
CALM_SECONDS = 20.0
CALM_PING = 0.25
HOSTS = ("127.0.0.11", "127.0.0.12", "127.0.0.13")
MAIN = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
worker_rlimit_nofile 20000; events {{ worker_connections 8192; }}
http {{ access_log off; {paths} include {folder}/feishu_bot.conf; }}
"""
PATHS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class ProxyCommand(NamedTuple):
    """A program and its arguments."""

    name: str
    arguments: Callable[[Path, int, int], list[str]]


def nginx_for_one(folder: Path, front: int, bot: int) -> list[str]:
    """nginx in front of one bot, without TLS."""
    text = (DEPLOY / "nginx" / "feishu_bot.conf").read_text("utf-8")
    text = text[text.index("server {", text.index("return 301")) :]
    text = re.sub(r"^ +ssl_.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{front}")
    text = text.replace("http://127.0.0.1:9000", f"http://127.0.0.1:{bot}")
    (folder / "feishu_bot.conf").write_text(text)
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in PATHS)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, paths=paths))
    return ["nginx", "-c", str(folder / "nginx.conf")]


def caddy_for_one(folder: Path, front: int, bot: int) -> list[str]:
    """Caddy in front of one bot, without TLS."""
    text = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
    text = text.replace("\n{\n", "\n{\n\tadmin off\n\tauto_https off\n", 1)
    text = text.replace("\nbot.example.com {", f"\nhttp://:{front} {{")
    text = text.replace("127.0.0.1:9000", f"127.0.0.1:{bot}")
    if _caddy_version() < (2, 6, 3):
        text = text.replace("request_buffers 1MB", "buffer_requests")
    (folder / "Caddyfile").write_text(text)
    config = str(folder / "Caddyfile")
    return ["caddy", "run", "--config", config, "--adapter", "caddyfile"]


def _caddy_version() -> tuple[int, ...]:
    try:
        told = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=False)
    except OSError:
        # Where it isn't installed nothing of it is run.
        return (2, 6, 3)
    return tuple(map(int, re.findall(r"\d+", told.stdout)[:3]))


def nginx_for_replicas(folder: Path, front: int, bot: int, names: int) -> list[str]:
    """nginx in front of replicas, which it finds by name."""
    text = (DEPLOY / "nginx" / "replicas.conf").read_text("utf-8")
    text = text.replace("/tmp/", f"{folder}/")
    text = text.replace("127.0.0.11 valid=5s", f"127.0.0.1:{names} valid=1s")
    text = text.replace("listen 9000", f"listen 127.0.0.1:{front}")
    text = text.replace("http://replica:9000", f"http://replica:{bot}")
    (folder / "nginx.conf").write_text(f"daemon off;\n{text}")
    return ["nginx", "-c", str(folder / "nginx.conf")]


FOR_ONE = (ProxyCommand("nginx", nginx_for_one), ProxyCommand("caddy", caddy_for_one))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each; the exit code is 1 when an acknowledgement was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.proxies", description=__doc__)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args(arguments)
    raise_limit(2 * given.connections + 1000)
    print(f"{given.connections} connections               ms: p50     p99     max failed")
    is_well = True
    for proxy in FOR_ONE:
        if _is_there(proxy.name):
            is_well &= attacked(proxy, given.connections, given.seconds)
    if _is_there("nginx"):
        is_well &= with_replicas(given.seconds)
    return 0 if is_well else 1


def _is_there(program: str) -> bool:
    if shutil.which(program):
        return True
    print(f"{program}: skipped, it isn't installed. Debian and Ubuntu: apt-get install {program}")
    return False


def attacked(proxy: ProxyCommand, connections: int, seconds: float) -> bool:
    """Whether everybody but the strangers was answered, whatever they did."""
    is_well = True
    with tempfile.TemporaryDirectory() as name, running_bot() as (simulator, bot, _):
        front = free_port()
        with program(proxy.arguments(Path(name), front, bot), front, Path(name)):
            for kind in KINDS:
                deliveries, pings = _probes(simulator, front)
                with Strangers(front, connections, kind):
                    _wait_for_calm(front)
                    _measure(deliveries, pings, seconds)
                is_well &= _tell(f"{proxy.name}, {kind}", deliveries, pings)
    return is_well


def with_replicas(seconds: float) -> bool:
    """Whether three replicas behind nginx acknowledge all, with one frozen and while restarted."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        simulator = stack.enter_context(Simulator())
        front, port = free_port(), free_port()
        bots = [Replica(simulator, host, port, folder) for host in HOSTS]
        for bot in bots:
            bot.start()
            stack.callback(bot.stop)
        for bot in bots:
            bot.wait_until_up()
        names = stack.enter_context(NameServer(HOSTS))
        command = nginx_for_replicas(folder, front, port, names.port)
        stack.enter_context(program(command, front, folder))

        deliveries, pings = _probes(simulator, front)
        bots[0].send(signal.SIGSTOP)
        _measure(deliveries, pings, seconds)
        bots[0].send(signal.SIGCONT)
        # A ping that meets the frozen one waits for as long as a delivery.
        is_well = _tell("one of 3 frozen", deliveries, pings, ping_mark=DELIVERY_MARK)

        deliveries, pings = _probes(simulator, front)
        restart = threading.Thread(target=_restart, args=(bots,))
        restart.start()
        while restart.is_alive():
            _measure(deliveries, pings, 2.0)
        return is_well & _tell("rolling restart", deliveries, pings, ping_mark=DELIVERY_MARK)


def _restart(bots: Sequence[Replica]) -> None:
    for bot in bots:
        bot.stop()
        bot.start()
        bot.wait_until_up()


class Replica:
    """A bot with a database of its own on an address of its own: what counts is the way to it."""

    def __init__(self, simulator: Simulator, host: str, port: int, folder: Path) -> None:
        self._folder = folder / host
        self._folder.mkdir()
        self._host, self._port = host, port
        self._environ = environment_beside(simulator, self._folder, port, BIND=host)

    def start(self) -> None:
        """Start it, and don't wait."""
        with (self._folder / "bot.log").open("ab") as log:
            self._process = subprocess.Popen(
                GUNICORN,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        """Wait until it answers."""
        _wait_until_up(self._host, self._port, self._process)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        os.killpg(self._process.pid, number)

    def stop(self) -> None:
        """End it as a container engine does."""
        self._process.terminate()
        self._process.wait(60)


@contextmanager
def program(arguments: list[str], port: int, folder: Path) -> Iterator[None]:
    """A proxy that runs within the block and listens on this port."""
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            arguments,
            env=environment(XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_up("127.0.0.1", port, process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_up(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            if ask(port, "GET", "/ping", host=host) == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit(f"{host}:{port} doesn't answer")


def _wait_for_calm(front: int) -> None:
    """Thousands of strangers who ask a question each are thousands of questions at first."""
    end = time.monotonic() + CALM_SECONDS
    time.sleep(1.0)
    while time.monotonic() < end:
        started = time.monotonic()
        if ask(front, "GET", "/ping") == 200 and time.monotonic() - started < CALM_PING:
            return


def _probes(simulator: Simulator, front: int) -> tuple[Probe, Probe]:
    return Probe(lambda: deliver(simulator, front)), Probe(lambda: ask(front, "GET", "/ping"))


def _measure(deliveries: Probe, pings: Probe, seconds: float) -> None:
    other = threading.Thread(target=pings.run, args=(seconds,))
    other.start()
    deliveries.run(seconds)
    other.join()


def _tell(title: str, deliveries: Probe, pings: Probe, *, ping_mark: float = PING_MARK) -> bool:
    """Print two rows; whether none failed. Who waited longer than Feishu does is marked."""
    for name, probe, mark in (
        ("deliveries", deliveries, DELIVERY_MARK),
        ("/ping", pings, ping_mark),
    ):
        late = sum(seconds > mark for seconds in probe.seconds)
        note = f"   {late} over {mark:.0f} s" if late else ""
        print(f"{title:20} {name:10} {probe.row()}{note}", flush=True)
        title = ""
    return not deliveries.failed + pings.failed


if __name__ == "__main__":
    raise SystemExit(main())
