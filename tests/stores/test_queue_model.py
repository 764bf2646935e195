"""A few schedules of the model of the queue; `make model` tries thousands."""

from __future__ import annotations

from tests.stores.queue_model import check


def test_whatever_happens_answers_stand_in_order_and_once(url, backend):
    check(url, *((10, 20) if backend == "sqlite" else (3, 15)))
