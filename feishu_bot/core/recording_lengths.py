"""How long a recording lasts, by its headers: nothing is decoded.

They are a stranger's bytes: what doesn't fit together gives 0, as what isn't known.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from feishu_bot.core.recordings import AudioFormat, audio_format, opus_milliseconds

# Kilobits a second of MPEG 1 and of MPEG 2 and 2.5, layer III (ISO/IEC 11172-3, 13818-3).
_BITRATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_MP3_RATES = (44_100, 48_000, 32_000)
_AAC_RATES = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025),
    *(8_000, 7_350),
)
# Bytes in which the first frame of an MP3 is looked for, behind what it is tagged with.
_LOOKED_AT = 4_096
# Longer than anything that is taken: what says so is no recording.
_MOST_SECONDS = 1_000_000.0


def recording_seconds(data: bytes) -> float:
    """The length of a recording of any format that `audio_format` knows; 0 when it isn't told."""
    read = _READERS.get(audio_format(data))
    try:
        seconds = read(data) if read else 0.0
    except (struct.error, IndexError, ZeroDivisionError, ValueError, OverflowError):
        return 0.0
    return seconds if 0 < seconds < _MOST_SECONDS else 0.0


def _wav(data: bytes) -> float:
    at, rate = 12, 0
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"fmt ":
            rate = int(struct.unpack_from("<I", data, at + 16)[0])
        if name == b"data":
            # A recorder that was cut off leaves a size that is too large.
            return min(int(size), len(data) - at - 8) / rate
        at += 8 + int(size) + int(size) % 2
    return 0.0


def _flac(data: bytes) -> float:
    packed = int.from_bytes(data[18:26], "big")
    rate, samples = packed >> 44, packed & (1 << 36) - 1
    return samples / rate


def _mp4(data: bytes) -> float:
    at = data.index(b"mvhd") + 4
    if data[at] == 1:
        scale, duration = struct.unpack_from(">IQ", data, at + 20)
    else:
        scale, duration = struct.unpack_from(">II", data, at + 12)
    return float(duration / scale)


def _mp3(data: bytes) -> float:
    at = 0
    if data.startswith(b"ID3"):
        size = 0
        for byte in data[6:10]:
            size = size << 7 | byte & 0x7F
        at = 10 + size
    end = min(at + _LOOKED_AT, len(data) - 4)
    while at < end and not (data[at] == 0xFF and data[at + 1] & 0xE6 == 0xE2):
        at += 1
    if at >= end:
        return 0.0
    version = data[at + 1] >> 3 & 3
    is_first = version == 3
    divisor = {3: 1, 2: 2, 0: 4}.get(version, 1)
    rate: float = _MP3_RATES[data[at + 2] >> 2 & 3] / divisor
    samples = 1_152 if is_first else 576
    head = data[at : at + 200]
    for name in (b"Xing", b"Info"):
        place = head.find(name)
        # The number of frames of one whose bitrate varies.
        if place > 0 and head[place + 7] & 1:
            return int.from_bytes(head[place + 8 : place + 12], "big") * samples / rate
    bitrate: int = _BITRATES[0 if is_first else 1][data[at + 2] >> 4]
    return (len(data) - at) * 8 / (bitrate * 1_000)


def _aac(data: bytes) -> float:
    at = frames = 0
    rate = _AAC_RATES[data[2] >> 2 & 15]
    while at + 7 <= len(data) and data[at] == 0xFF:
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if length < 7:
            break
        at += length
        frames += 1
    return frames * 1_024 / rate


def _vorbis(data: bytes) -> float:
    rate = int(struct.unpack_from("<I", data, data.index(b"\x01vorbis") + 12)[0])
    position = int(struct.unpack_from("<q", data, data.rindex(b"OggS") + 6)[0])
    return position / rate


def _webm(data: bytes) -> float:
    """The duration in the segment's information, in units that are a millisecond by default."""
    head = data[:_LOOKED_AT]
    at = head.index(b"\x44\x89")
    is_double = head[at + 2] == 0x88
    duration = struct.unpack_from(">d" if is_double else ">f", head, at + 3)[0]
    scale = 1_000_000
    if (place := head.find(b"\x2a\xd7\xb1\x83")) > 0:
        scale = int.from_bytes(head[place + 4 : place + 7], "big")
    return float(duration * scale / 1e9)


_READERS: Mapping[AudioFormat, Callable[[bytes], float]] = {
    "opus": lambda data: opus_milliseconds(data) / 1_000,
    "ogg": _vorbis,
    "mp3": _mp3,
    "wav": _wav,
    "flac": _flac,
    "m4a": _mp4,
    "mp4": _mp4,
    "aac": _aac,
    "webm": _webm,
}
