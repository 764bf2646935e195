"""Whether the bot keeps its promises while its replicas break: `make soak`.

Three replicas, as they are deployed, on one PostgreSQL behind the nginx of deploy/. People ask a
thousand questions, and meanwhile replicas are killed, frozen for longer than their leases, cut off
from PostgreSQL, Feishu, the model or nginx, and restarted, as a seed has it. One of them at a time
is away from its door; one may be cut off from Feishu or the model besides. Feishu's limits are
kept. Then the records of the simulator and the database tell what became of every question.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bench.places import RESULTS
from bench.soak import namespaces
from bench.soak.promises import Promise, costs, promises
from bench.soak.run import Outcome, Plan, run

# Of a thousand calls so many may be refused by Feishu's limits.
MOST_REFUSED = 1.0
SHOWN = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what happens")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--asking", type=float, default=150.0, help="seconds of questions (150)")
    parser.add_argument(
        "--links",
        choices=("auto", "namespaces", "relays"),
        default="auto",
        help="how links are cut: network namespaces (Linux, root), or relays (auto)",
    )
    parser.add_argument("--calm", action="store_true", help="without any fault, to compare")
    given = parser.parse_args(arguments)
    if not shutil.which("nginx"):
        sys.exit("nginx isn't installed. Debian and Ubuntu: apt-get install nginx")
    plan = Plan(
        seed=given.seed,
        in_namespaces=_enter(given.links),
        questions=given.questions,
        people=max(1, given.questions // 10),
        asking=given.asking,
        is_disturbed=not given.calm,
    )
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    # So that everything that was started ends, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    load = os.getloadavg()[0]
    outcome = run(plan, folder)
    kept = promises(outcome.records)
    refused = sum(outcome.records.refused.values())
    is_well = not any(one.broken for one in kept) and not outcome.failure
    is_well &= refused <= outcome.records.calls * MOST_REFUSED / 1000
    _print(plan, outcome, kept, loads=(load, os.getloadavg()[0]))
    if is_well:
        shutil.rmtree(folder)
        return 0
    with (folder / "records.json").open("w", encoding="utf-8") as file:
        json.dump(asdict(replace(outcome.records, refused=dict(outcome.records.refused))), file)
    place = RESULTS / f"soak-{plan.seed}"
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(exist_ok=True)
    shutil.move(folder, place)
    print(f"the records and the replicas' logs are in {place}")
    return 1


def _enter(wanted: str) -> bool:
    """Whether there are network namespaces; then this process is in a new one."""
    if wanted == "relays":
        return False
    reason = namespaces.why_not()
    if reason:
        if wanted == "namespaces":
            sys.exit(f"no network namespaces: {reason}")
        print(f"no network namespaces, so links are cut by relays: {reason}")
        return False
    namespaces.enter_new_network()
    return True


def _print(
    plan: Plan, outcome: Outcome, kept: Sequence[Promise], loads: tuple[float, float]
) -> None:
    records, found = outcome.records, costs(outcome.records)
    rows: dict[str, object] = {
        "seed": plan.seed,
        "links": outcome.links,
        "load of the machine, before and after": f"{loads[0]:.1f}, {loads[1]:.1f}",
        "seconds": f"{outcome.seconds:.0f}",
        "questions": len(records.asked),
        "faults": sum(outcome.faults.values()),
        **{f"  {kind}": count for kind, count in sorted(outcome.faults.items())},
        **{one.title: f"{len(one.broken)}{' ✗' if one.broken else ' ✓'}" for one in kept},
        "calls to Feishu": records.calls,
        "  refused by its limits": dict(records.refused) or 0,
        "events delivered again": found.redelivered,
        "answers gone on with by somebody else": found.taken_up,
        "questions paid from the beginning twice": found.paid_twice,
        "answers of which words were taken back": found.shortened,
        "acknowledged after, p50 / max": f"{found.ack_p50 * 1000:.0f} ms / {found.ack_max:.2f} s",
        "whole after, p50 / max": f"{found.answer_p50:.1f} / {found.answer_max:.1f} s",
    }
    for name, value in rows.items():
        print(f"{name:48}{value}")
    if outcome.failure:
        print(f"the run broke: {outcome.failure}")
    for one in kept:
        for what in one.broken[:SHOWN]:
            print(f"✗ {one.title}: {what}")


if __name__ == "__main__":
    raise SystemExit(main())
