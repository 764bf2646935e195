"""The simulator in a process of its own: `Simulation` starts it, `main` is what runs there."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import Any, Self

from bench.load import Load
from bench.places import ROOT, environment

CONTROL_SECONDS = 30.0
NOBODY_SINCE = 1e12
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Simulation:
    """A simulated Feishu and gateway, spoken to over HTTP under /_simulator/."""

    def __init__(self, load: Load) -> None:
        self._load = load

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.simulation"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the simulator did not start")
        self.feishu_url = json.loads(line)["feishu_url"]
        told = self.set(
            latency=self._load.latency,
            enforce_limits=self._load.enforce_limits,
            first=self._load.first,
            between=self._load.between,
        )
        self.gateway_url, self.key = told["gateway_url"], told["keys"][0]
        return self

    def __exit__(self, *exc_info: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def set(self, **settings: Any) -> dict[str, Any]:
        """Change settings of the platform and the gateway."""
        return self._call("settings", settings)

    def say(self, person: str, text: str) -> dict[str, Any]:
        """Put a question into the person's private chat without pushing it; its envelope."""
        envelope: dict[str, Any] = self._call("say", {"person": person, "text": text})["envelope"]
        return envelope

    def report(self, since: float) -> dict[str, Any]:
        """The fate of the questions said after *since* (monotonic seconds)."""
        return self._call(f"report?since={since!r}")

    def counts(self) -> dict[str, Any]:
        """The report without any question, which costs next to nothing."""
        return self.report(NOBODY_SINCE)

    def _call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.feishu_url}/_simulator/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with _direct.open(request, timeout=CONTROL_SECONDS) as response:
            answer: dict[str, Any] = json.load(response)
        return answer


def main() -> None:
    """Run a simulator until the standard input ends."""
    from feishu_simulator import Simulator

    with Simulator() as simulator:
        print(json.dumps({"feishu_url": simulator.feishu.url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
