"""`make fuzz`: a million hostile deliveries, half on SQLite and half on PostgreSQL.

Prints what broke, and the memory of the process as it goes; ends with 1 when anything broke.
"""

from __future__ import annotations

import argparse
import logging
import resource
import tempfile
import time
from pathlib import Path

from feishu_bot.feishu.api import slim_sdk

slim_sdk.install(services=("cardkit", "im"))

from feishu_simulator import Simulator  # noqa: E402
from tests.fuzz.door import Door  # noqa: E402
from tests.postgres import running  # noqa: E402

BATCH = 10_000
# What Python's allocator and the caches may still take once all shapes were seen.
GROWTH_MB = 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    logging.getLogger().setLevel(logging.INFO)
    # The lines are looked at, not shown.
    logging.getLogger().addHandler(logging.NullHandler())
    half = given.count // 2
    with tempfile.TemporaryDirectory() as folder:
        failed = _run("sqlite", f"sqlite:///{Path(folder, 'bot.db')}", given.seed, half)
    with running() as server, server.schema(tables=True) as url:
        failed |= _run("postgresql", url, given.seed + 1, half)
    return 1 if failed else 0


def _run(name: str, database_url: str, seed: int, count: int) -> bool:
    settled = 0.0
    with Simulator() as simulator, Door(simulator, database_url) as door:
        for first in range(0, count, BATCH):
            door.fuzz(seed + first, min(BATCH, count - first), first=first)
            taken, left = door.drain(), door.open_rows()
            door.empty()
            if left:
                door.faults.append(f"{left} rows stay open")
            memory = _megabytes()
            if first >= count // 4:
                settled = settled or memory
            done = first + min(BATCH, count - first)
            print(
                f"{name}: {done:,} deliveries, {dict(door.statuses)}, {taken} taken in, "
                f"{memory:.0f} MB, {len(door.faults)} faults",
                flush=True,
            )
        if settled and _megabytes() > settled + GROWTH_MB:
            door.faults.append(f"memory grew from {settled:.0f} to {_megabytes():.0f} MB")
        for fault in door.faults[:50]:
            print(fault)
        return bool(door.faults)


def _megabytes() -> float:
    """What the process has of memory now."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    raise SystemExit(main())
