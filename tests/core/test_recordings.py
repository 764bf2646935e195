"""What a recording is, and how long it lasts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.recordings import audio_format, opus_milliseconds


def opus(samples, skipped=312):
    """The first and the last page of a recording of so many samples."""
    head = b"OpusHead\x01\x01" + skipped.to_bytes(2, "little") + bytes(7)
    first = b"OggS\0\2" + bytes(8) + bytes(12) + b"\x01\x13" + head
    last = b"OggS\0\4" + (samples + skipped).to_bytes(8, "little") + bytes(40)
    return first + bytes(500) + last


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (opus(1), "opus"),
        (b"OggS" + bytes(24) + b"\x01vorbis", "ogg"),
        (b"RIFF\0\0\0\0WAVE", "wav"),
        (b"RIFF\0\0\0\0WEBP", "other"),
        (b"fLaC", "flac"),
        (b"\0\0\0\x20ftypM4A ", "m4a"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90", "mp3"),
        (b"\xff\xf1\x50", "aac"),
        (b"", "other"),
        (b"\xff", "other"),
        (b"<html>", "other"),
    ],
)
def test_the_first_bytes_tell_the_format(data, kind):
    assert audio_format(data) == kind


@given(st.integers(0, 48_000 * 3600), st.integers(0, 65_535))
def test_the_length_is_that_of_the_samples_that_are_heard(samples, skipped):
    assert opus_milliseconds(opus(samples, skipped)) == samples * 1000 // 48_000


@given(st.binary(max_size=300))
def test_no_bytes_are_too_broken(data):
    assert opus_milliseconds(data) >= 0
    assert opus_milliseconds(opus(10)[:40] + data) >= 0
