"""Growing pauses."""

from __future__ import annotations

from itertools import islice

import pytest

from feishu_bot.feishu.backoff import backoff


def test_pauses_double_up_to_the_longest_with_a_fifth_of_jitter():
    pauses = list(islice(backoff(1.0, 10.0), 6))

    assert pauses == [pytest.approx(seconds, rel=0.2) for seconds in (1, 2, 4, 8, 10, 10)]


def test_no_two_of_them_are_alike():
    assert len({next(backoff(1.0, 10.0)) for _ in range(50)}) > 40
