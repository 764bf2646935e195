"""Our code for frames, and the simulator's, against what the SDK generates from the definition."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feishu_bot.errors import Unreadable
from feishu_bot.feishu.long_connection import frames
from feishu_bot.feishu.long_connection.frames import Frame, decode, encode
from feishu_simulator.long_connection.frames import WireFrame, dump, load
from tests.feishu.pbbp2 import load_pbbp2

PBBP2 = load_pbbp2()
TEXTS = st.text(max_size=40)
UINT64, INT32 = st.integers(0, 2**64 - 1), st.integers(-(2**31), 2**31 - 1)
FRAMES = st.builds(
    Frame,
    seq_id=UINT64,
    log_id=UINT64,
    service=INT32,
    method=INT32,
    headers=st.lists(st.tuples(TEXTS, TEXTS), max_size=6).map(tuple),
    payload_encoding=TEXTS,
    payload_type=TEXTS,
    payload=st.binary(max_size=300),
    log_id_new=TEXTS,
)


def of_sdk(frame: Frame):
    """The same frame as the SDK's own object."""
    message = PBBP2.Frame(
        SeqID=frame.seq_id, LogID=frame.log_id, service=frame.service, method=frame.method
    )
    for key, value in frame.headers:
        message.headers.add(key=key, value=value)
    message.payload_encoding = frame.payload_encoding
    message.payload_type = frame.payload_type
    message.payload = frame.payload
    message.LogIDNew = frame.log_id_new
    return message


@given(FRAMES)
def test_we_read_what_the_sdk_writes(frame: Frame) -> None:
    assert decode(of_sdk(frame).SerializeToString()) == frame


@given(FRAMES)
def test_the_sdk_reads_what_we_write(frame: Frame) -> None:
    message = PBBP2.Frame()
    message.ParseFromString(encode(frame))

    assert (message.SeqID, message.LogID) == (frame.seq_id, frame.log_id)
    assert (message.service, message.method) == (frame.service, frame.method)
    assert tuple((one.key, one.value) for one in message.headers) == frame.headers
    assert (message.payload_encoding, message.payload_type) == (
        frame.payload_encoding,
        frame.payload_type,
    )
    assert (message.payload, message.LogIDNew) == (frame.payload, frame.log_id_new)


@given(FRAMES.filter(lambda frame: frame.service >= 0 and frame.method >= 0))
def test_the_simulator_reads_and_writes_the_same(frame: Frame) -> None:
    plain = replace(frame, payload_encoding="", payload_type="", log_id_new="")
    wire = WireFrame(
        plain.method, plain.service, plain.headers, plain.payload, plain.seq_id, plain.log_id
    )

    assert dump(wire) == encode(plain)
    assert load(encode(plain)) == wire


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x08" + b"\xff" * 20)
@example(b"\x42\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\x0b\x0c")
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    try:
        frame = decode(data)
    except Unreadable:
        return
    assert decode(encode(frame)) == frame


@given(FRAMES, st.data())
def test_a_frame_that_is_cut_off_is_never_taken_for_the_whole(frame: Frame, data) -> None:
    whole = encode(frame)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        found = decode(cut)
    except Unreadable:
        return
    assert found != frame


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encode(Frame())[2:], id="a required field is missing"),
        pytest.param(encode(Frame()) + b"\x2a\x02\x0a\x00", id="a header without a value"),
        pytest.param(encode(Frame()) + b"\x2a\x06\x0a\x01\xff\x12\x01a", id="no UTF-8"),
        pytest.param(encode(Frame()) + b"\x43", id="a group"),
        pytest.param(encode(Frame()) + b"\x00\x00", id="a field without a number"),
        pytest.param(
            encode(Frame(headers=(("a", "b"),) * (frames.MOST_HEADERS + 1))), id="many headers"
        ),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(data)


def test_fields_of_a_later_version_are_left_out() -> None:
    later = encode(Frame(seq_id=1)) + b"\x50\x07" + b"\x5a\x01x" + b"\x61" + bytes(8)

    assert decode(later) == Frame(seq_id=1)


def test_a_ping_is_what_the_sdk_sends() -> None:
    message = PBBP2.Frame(SeqID=0, LogID=0, service=7, method=0)
    message.headers.add(key="type", value="ping")

    assert encode(frames.ping(7)) == message.SerializeToString()
