"""The figures of this process, by name and labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import prometheus_client


def sample(name: str, **labels: str) -> float:
    """The value now; 0 for what was never counted."""
    return prometheus_client.REGISTRY.get_sample_value(name, labels) or 0.0


@contextmanager
def counted(name: str, **labels: str) -> Iterator[list[float]]:
    """Afterwards the list holds by how much the figure has grown in the block."""
    grown: list[float] = []
    before = sample(name, **labels)
    yield grown
    grown.append(sample(name, **labels) - before)
