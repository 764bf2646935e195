"""What a recording is, and how long it lasts."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.recording_lengths import recording_seconds
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
        (b"\0\0\0\x20ftypisom", "mp4"),
        (b"\0\0\0\x20ftypheic", "other"),
        (b"\x1a\x45\xdf\xa3\x9f", "webm"),
        # The marks of texts in UTF-16.
        (b"\xff\xfeh\0i\0", "other"),
        (b"\xfe\xff\0h\0i", "other"),
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


def wav(seconds, rate=32_000):
    body = bytes(int(seconds * rate))
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate // 2, rate, 2, 16)
    data = b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF\0\0\0\0WAVEfmt " + form + b"LIST\3\0\0\0abc\0" + data


def mp3(frames, head=b"\xff\xfb\x90\0", *, counted=0):
    """Frames of 417 bytes, 26 ms each; `counted` of them, by the first one."""
    xing = bytes(32) + b"Xing" + struct.pack(">II", 1, counted) if counted else b""
    return b"ID3\4\0\0\0\0\0\5hello" + (head + xing).ljust(417, b"\0") * frames


def mp4(seconds, brand=b"M4A "):
    mvhd = b"mvhd\0\0\0\0" + struct.pack(">IIII", 0, 0, 1_000, int(seconds * 1_000))
    return b"\0\0\0\x10ftyp" + brand + bytes(40) + mvhd


def flac(seconds, rate=44_100):
    packed = rate << 44 | int(seconds * rate)
    return b"fLaC\0\0\0\x22" + bytes(10) + packed.to_bytes(8, "big") + bytes(20)


def vorbis(seconds, rate=44_100):
    head = b"\x01vorbis\0\0\0\0\x02" + struct.pack("<I", rate)
    return b"OggS" + bytes(24) + head + bytes(50) + b"OggS\0\4" + struct.pack("<q", seconds * rate)


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (opus(480_000), 10.0),
        (wav(2.5), 2.5),
        (mp3(100), 2.6),
        (mp3(2, counted=1_000), 26.1),
        (mp4(90), 90.0),
        (mp4(90, b"isom"), 90.0),
        (flac(12), 12.0),
        (vorbis(7), 7.0),
        (b"\xff\xf1\x50\x80\x20\x1f\xfc".ljust(256, b"\0") * 86, 2.0),
        (b"\x1a\x45\xdf\xa3" + bytes(30) + b"\x44\x89\x88" + struct.pack(">d", 4_200), 4.2),
        (b"%PDF", 0.0),
    ],
)
def test_the_length_of_any_recording_is_told_by_its_headers(data, seconds):
    assert recording_seconds(data) == pytest.approx(seconds, rel=0.01)


@given(
    st.sampled_from([opus(9), wav(0.01), mp3(1), mp4(1), flac(1), vorbis(1), b"\x1a\x45\xdf\xa3"]),
    st.integers(0, 200),
    st.binary(max_size=60),
)
def test_no_recording_is_too_broken(data, at, damage):
    assert recording_seconds(data[:at] + damage + data[at + len(damage) :]) >= 0
    assert recording_seconds(data[:at] + damage) >= 0
