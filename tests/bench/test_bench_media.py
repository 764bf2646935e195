"""What the reading process takes for a file, as `make media` measures it."""

from __future__ import annotations

import pytest

from bench.hostile_files import hostile_files
from bench.media import MOST_READER, peak_of


@pytest.mark.parametrize("name", ["PNG, 24 megapixels", "PDF, 1.5 GB of blanks on a page"])
def test_a_hostile_file_keeps_the_reading_process_below_its_mark(name):
    request, make = next((request, make) for one, request, make in hostile_files() if one == name)

    peak, answer = peak_of(request, make())

    assert 20_000_000 < peak < MOST_READER
    assert answer.startswith(('b\'{"pictures"', 'b\'{"error"'))
