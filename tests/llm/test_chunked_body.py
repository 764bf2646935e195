"""The data of the chunks, and what the HTTP library is to make of the rest."""

from itertools import pairwise

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feishu_bot.llm.chunked_body import ChunkedBody

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%X%b\r\n%b\r\n" % (len(data), extension, data)


def cut(body: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({place % (len(body) + 1) for place in cuts})
    edges = [0, *places, len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


class Library:
    """What the HTTP library makes of the bytes it is given."""

    def __init__(self) -> None:
        self._connection = h11.Connection(h11.CLIENT)
        self._connection.send(
            h11.Request(method="GET", target="/", headers=[("Host", "gateway.test")])
        )
        self._connection.send(h11.EndOfMessage())
        self.body = b""
        self.outcome = ""
        self.receive(HEAD)

    def receive(self, data: bytes) -> None:
        if self.outcome or not data:
            return
        try:
            self._connection.receive_data(data)
            while (event := self._connection.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Data):
                    self.body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    self.outcome = "whole"
                    return
                elif isinstance(event, h11.ConnectionClosed):
                    return
        except h11.RemoteProtocolError:
            self.outcome = "broken"


def read(pieces: list[bytes]) -> Library:
    """The library reads what is left of the body, and its outcome is that of the body."""
    library, body, data = Library(), ChunkedBody(), b""
    for piece in filter(None, pieces):
        if body.rest:
            library.receive(piece)
            continue
        data += body.decode(piece)
        library.receive(body.rest)
    library.body = data + library.body
    return library


def test_the_chunks_that_come_in_one_read_are_one_piece():
    body = ChunkedBody()

    assert body.decode(b"".join(chunk(b"token") for _ in range(50)) + LAST) == b"token" * 50
    assert body.rest == LAST


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    st.lists(st.integers(0, 2000), max_size=8),
    st.sampled_from([b"", b";name=value", b" "]),
    st.sampled_from([LAST, b"000\r\nTrailer: yes\r\n\r\n", b""]),
)
def test_however_the_bytes_are_cut_the_body_is_the_same(datas, cuts, extension, end):
    body = b"".join(chunk(data, extension) for data in datas) + end

    library = read(cut(body, cuts))

    assert library.body == b"".join(datas)
    assert library.outcome == ("whole" if end else "")


# A chunk that is longer than it says, and nothing after that.
@example(parts=[b"3\r\nabc", b"4"], cuts=[])
@given(
    st.lists(
        st.sampled_from(
            [b"3\r\nabc\r\n", b"\r\n", b"4", b"zz\r\n", b"-1\r\n", b"abc", b"0x2\r\n", LAST]
        ),
        max_size=8,
    ),
    st.lists(st.integers(0, 60), max_size=6),
)
def test_what_the_library_refuses_it_refuses_all_the_same(parts, cuts):
    body = b"".join(parts)
    plain = Library()
    plain.receive(body)

    library = read(cut(body, cuts))

    assert library.outcome == plain.outcome
    assert library.body == plain.body or plain.outcome == "broken"
    assert plain.body.startswith(library.body) or library.body.startswith(plain.body)


@pytest.mark.parametrize("size", [b"f" * 2000, b"1" * 30 + b"\r\n"])
def test_a_size_without_end_is_not_gathered(size):
    body = ChunkedBody()

    assert not body.decode(size)
    assert body.rest == size
