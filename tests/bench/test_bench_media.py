"""What the reading process takes for a file, as `make media` measures it."""

from __future__ import annotations

from bench.hostile_files import hostile_files
from bench.media import MOST_READER, peak_of


def test_a_picture_as_large_as_may_be_keeps_the_reading_process_below_its_mark():
    _, request, make = next(hostile_files())

    peak, answer = peak_of(request, make())

    assert 20_000_000 < peak < MOST_READER
    assert "pictures" in answer
