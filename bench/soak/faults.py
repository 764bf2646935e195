"""What happens to which replica and when, drawn from a seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# The kinds, with how often each comes and for how long it lasts at least and at most, in seconds.
# At the door: an event that comes to this replica meanwhile isn't acknowledged by it.
AT_THE_DOOR: Mapping[str, tuple[int, float, float]] = {
    "all killed": (3, 0.5, 3.0),
    "one process killed": (4, 0.0, 0.0),
    "frozen": (4, 1.2, 2.0),
    "cut from PostgreSQL": (4, 0.5, 2.0),
    "cut from nginx": (1, 0.4, 1.0),
    "cut from all": (3, 0.5, 2.0),
    "restarted": (2, 0.0, 0.0),
}
# Elsewhere, at the same time as those.
AWAY: Mapping[str, tuple[int, float, float]] = {
    "cut from Feishu": (3, 0.3, 2.0),
    "cut from the model": (1, 0.3, 1.5),
    "undisturbed": (2, 0.5, 1.0),
}
# These are in parts of a lease, so that some are shorter than one and others longer.
IN_LEASES = frozenset(
    {
        "frozen",
        "cut from PostgreSQL",
        "cut from nginx",
        "cut from all",
        "cut from Feishu",
        "cut from the model",
        "undisturbed",
    }
)
PAUSES = (0.5, 4.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """After a `pause` this happens to a replica, for so many seconds."""

    pause: float
    kind: str
    replica: int
    seconds: float


def faults(
    seed: int, kinds: Mapping[str, tuple[int, float, float]], replicas: int, lease: float
) -> Iterator[Fault]:
    """Without end, one after the other; the same for a seed. `lease` is in seconds."""
    # Strings are hashed anew in each process; these are not.
    source = random.Random(f"{seed} {sorted(kinds)}")
    names = list(kinds)
    weights = [kinds[name][0] for name in names]
    while True:
        (kind,) = source.choices(names, weights)
        _, least, most = kinds[kind]
        unit = lease if kind in IN_LEASES else 1.0
        yield Fault(
            pause=source.uniform(*PAUSES),
            kind=kind,
            replica=source.randrange(replicas),
            seconds=source.uniform(least, most) * unit,
        )
