"""Several reads of a stream as one, with its end at once and nothing lost."""

from __future__ import annotations

import socket
import ssl
import threading
from functools import partial
from pathlib import Path

import pytest
from httpcore2 import ReadError, ReadTimeout, SyncBackend

from feishu_bot.llm.batched_reads import BatchedReader
from feishu_bot.llm.reads_at_once import reads_at_once
from feishu_bot.llm.stream_poller import StreamPoller, batch_seconds
from tests.certificates import self_signed
from tests.polling import eventually

Piece = bytes | Exception


def reader(
    *pieces: Piece | None,
    pause: float = 0.001,
    batch: float = 5.0,
    may_wait: bool = True,
    is_encrypted: bool = False,
) -> BatchedReader:
    """Each read gives the next piece, None for nothing yet; after the last one nothing comes."""
    left = list(pieces)

    def read_at_once() -> bytes | None:
        piece = left.pop(0) if left else None
        if isinstance(piece, Exception):
            raise piece
        return piece

    def read(_max_bytes: int, _timeout: float | None) -> bytes:
        piece = read_at_once()
        if piece is None:
            raise ReadTimeout("nothing")
        return piece

    return BatchedReader(
        read,
        read_at_once,
        poller=StreamPoller(pause=pause, shortest_batch=batch),
        may_wait=lambda: may_wait,
        is_encrypted=is_encrypted,
    )


def test_what_comes_in_a_batchs_time_is_one_read() -> None:
    assert reader(b"a", None, b"b", b"c[DONE]").read(100, 5.0) == b"abc[DONE]"


def test_one_look_takes_all_that_is_there_of_an_encrypted_stream() -> None:
    # Longer than a batch: there is one look.
    batches = reader(b"a", b"b", b"c", None, b"later", pause=0.02, batch=0.01, is_encrypted=True)

    assert batches.read(100, 1.0) == b"abc"


def test_a_token_in_each_tls_record_is_not_read_at_the_pace_of_the_looks(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "certificate.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_send_records, args=(server, certificate))
        thread.start()
        stream = SyncBackend().connect_tcp("127.0.0.1", server.getsockname()[1], timeout=5.0)
        trusting = ssl.create_default_context(cafile=certificate)
        stream = stream.start_tls(trusting, server_hostname="localhost", timeout=5.0)
        thread.join()
        batches = BatchedReader(
            partial(type(stream).read, stream),
            reads_at_once(stream),
            poller=StreamPoller(),
            may_wait=lambda: True,
            is_encrypted=stream.get_extra_info("ssl_object") is not None,
        )
        assert batches.read(16_384, 5.0) == b"token " * 100 + b"[DONE]"
        stream.close()


@pytest.mark.parametrize(
    ("received", "expected"),
    [(b"x", b"x"), (ssl.SSLWantReadError(), None), (ConnectionResetError(), ReadError)],
)
def test_tls_inside_of_tls_is_decrypted_by_the_stream_alone(
    received: bytes | OSError, expected: bytes | type[ReadError] | None
) -> None:
    class Stream:
        def get_extra_info(self, name: str) -> object:
            bio = ssl.MemoryBIO()
            return ssl.create_default_context().wrap_bio(bio, bio, server_hostname="a.test")

        def read(self, max_bytes: int, timeout: float) -> bytes:
            assert timeout == 0
            if isinstance(received, OSError):
                raise ReadError from received
            return received

    read = reads_at_once(Stream())

    if expected is ReadError:
        with pytest.raises(ReadError):
            read()
    else:
        assert read() == expected


def _send_records(server: socket.socket, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    connection, _ = server.accept()
    with context.wrap_socket(connection, server_side=True) as encrypted:
        for _ in range(100):
            encrypted.sendall(b"token ")
        encrypted.sendall(b"[DONE]")


@pytest.mark.parametrize(
    "end",
    [
        [b"data: [DONE]\n"],
        [b'{"finish_reason":"stop"}'],
        [b'{"finish_reason": "length"}'],
        [b'{"finish_re', b'ason":"stop"}'],
        [b"x\r\n0\r\n\r\n"],
        [b""],
    ],
)
def test_the_end_of_an_answer_ends_a_batch(end: list[Piece]) -> None:
    assert reader(b"a", *end, b"later").read(100, 1.0) == b"a" + b"".join(map(bytes, end))  # type: ignore[arg-type]


def test_an_answer_that_goes_on_does_not_end_a_batch() -> None:
    pieces = b'{"finish_reason":null}', b'{"finish_reason":""}', b"0\r\n"
    whole = reader(*pieces, b"[DONE]").read(100, 5.0)

    assert whole == b"".join(pieces) + b"[DONE]"


def test_what_came_before_a_failure_is_read_before_it() -> None:
    batches = reader(b"a", ReadError("reset"))

    assert batches.read(100, 1.0) == b"a"
    for _ in range(2):
        with pytest.raises(ReadError):
            batches.read(100, 1.0)


def test_silence_is_told_as_such() -> None:
    with pytest.raises(ReadTimeout):
        reader().read(100, 0.01)


def test_nothing_is_waited_for_where_it_may_not_be() -> None:
    assert reader(b"a", b"b", may_wait=False).read(100, 1.0) == b"a"


def test_a_picture_in_a_stream_is_read_in_few_batches() -> None:
    piece = b"x" * 16_384
    batches = reader(*[piece] * 32)

    assert [len(batches.read(65_536, 1.0)) for _ in range(2)] == [16 * len(piece)] * 2


def test_many_streams_are_looked_at_by_one_thread_that_ends_with_them() -> None:
    poller = StreamPoller(pause=0.001, shortest_batch=0.01)
    looking: set[str] = set()

    def look() -> bool:
        looking.add(threading.current_thread().name)
        return True

    threads = [threading.Thread(target=poller.collect, args=(look,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert looking == {"streams"}
    assert eventually(lambda: "streams" not in {thread.name for thread in threading.enumerate()})
    poller.collect(look)


def test_whatever_fails_in_a_look_is_raised_where_it_is_waited_for() -> None:
    poller = StreamPoller(pause=0.001)

    def look() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        poller.collect(look)
    poller.collect(lambda: True)


@pytest.mark.parametrize(("streams", "seconds"), [(0, 0.25), (20, 0.25), (40, 0.4), (200, 0.5)])
def test_a_batch_takes_longer_with_many_streams(streams: int, seconds: float) -> None:
    assert batch_seconds(streams) == pytest.approx(seconds)


@pytest.mark.parametrize("end", ["reset", "closed here"])
def test_a_connection_that_breaks_off_between_two_looks_is_a_network_error(end: str) -> None:
    ours, theirs = socket.socketpair()

    class Stream:
        def get_extra_info(self, name: str) -> socket.socket | None:
            return ours if name == "socket" else None

    read = reads_at_once(Stream())
    assert read() is None
    theirs.sendall(b"x")
    assert read() == b"x"
    if end == "reset":
        # What the other side hasn't read makes its end a reset.
        ours.send(b"unread")
        theirs.close()
    else:
        ours.close()

    with pytest.raises(ReadError):
        read()
    for each in (ours, theirs):
        each.close()
