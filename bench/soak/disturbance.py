"""Does to the replicas what was drawn, one thing after the other, from a thread."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Self

from bench.soak.faults import Fault
from bench.soak.links import FEISHU, MODEL, NGINX, PEERS, POSTGRES, Links
from bench.soak.replica import Replica

CUTS = {
    "cut from PostgreSQL": (POSTGRES,),
    "cut from nginx": (NGINX,),
    "cut from all": PEERS,
    "cut from Feishu": (FEISHU,),
    "cut from the model": (MODEL,),
}


class Disturbance:
    """Runs within the block. `done` counts what was done; `failure` is why it ended early."""

    def __init__(
        self,
        faults: Iterator[Fault],
        replicas: Sequence[Replica],
        links: Links,
        done: Counter[str],
    ) -> None:
        self._faults = faults
        self._replicas = replicas
        self._links = links
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.done = done
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End the last one; all is whole again then."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for fault in self._faults:
                if self._stopped.wait(fault.pause):
                    return
                self._do(fault)
                self.done[fault.kind] += 1
        except (OSError, RuntimeError) as exc:
            self.failure = exc

    def _do(self, fault: Fault) -> None:
        replica = self._replicas[fault.replica]
        match fault.kind:
            case "all killed":
                replica.kill()
                self._stopped.wait(fault.seconds)
                replica.start()
                replica.wait_until_up()
            case "one process killed":
                replica.kill_one(int(fault.pause * 1000))
                replica.wait_until_up()
            case "restarted":
                replica.stop()
                replica.start()
                replica.wait_until_up()
            case "frozen":
                replica.send(signal.SIGSTOP)
                self._stopped.wait(fault.seconds)
                replica.send(signal.SIGCONT)
            case "undisturbed":
                self._stopped.wait(fault.seconds)
            case _:
                peers = CUTS[fault.kind]
                self._links.cut(fault.replica, peers)
                self._stopped.wait(fault.seconds)
                self._links.mend(fault.replica, peers)
