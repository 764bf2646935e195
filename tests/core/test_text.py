"""Text as buttons bring it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.text import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("12", 12), ("9" * 18, 10**18 - 1)])
def test_a_whole_number_is_read(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", " 1", "²", "٣", "9" * 19, "9" * 5_000])
def test_whatever_else_a_click_says_is_no_number(text):
    assert whole_number(text) is None


@given(st.text() | st.text(alphabet="0123456789²٣"))
def test_every_number_fits_the_ids_of_a_database(text):
    assert 0 <= (whole_number(text) or 0) < 2**63


def test_a_page_has_fewer_digits_than_an_id():
    assert whole_number("123", digits=3) == 123
    assert whole_number("1234", digits=3) is None
