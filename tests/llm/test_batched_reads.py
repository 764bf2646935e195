"""Several reads of a stream as one, with its end at once and nothing lost."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from httpcore2 import ReadError, ReadTimeout, SyncBackend

from feishu_bot.llm.batched_reads import BatchedReader
from tests.certificates import self_signed

Piece = bytes | Exception


def not_yet() -> ReadError:
    """What a read raises that doesn't wait, where nothing is there."""
    failure = ReadError("nothing")
    failure.__cause__ = BlockingIOError()
    return failure


def reader(
    *pieces: Piece, pause: float = 0.001, may_wait: bool = True, is_encrypted: bool = False
) -> BatchedReader:
    """Each read gives the next piece; after the last one nothing comes."""
    left = list(pieces)

    def read(_max_bytes: int, timeout: float | None) -> bytes:
        nothing: Piece = ReadTimeout("nothing") if timeout else not_yet()
        piece = left.pop(0) if left else nothing
        if isinstance(piece, Exception):
            raise piece
        return piece

    return BatchedReader(
        read, pause=lambda: pause, may_wait=lambda: may_wait, is_encrypted=is_encrypted
    )


def test_what_comes_in_a_batchs_time_is_one_read() -> None:
    assert reader(b"a", not_yet(), b"b", b"c").read(100, 1.0) == b"abc"


def test_after_a_full_batch_the_next_is_not_waited_for() -> None:
    batches = reader(b"aa", b"bb", pause=20.0)
    assert batches.read(2, 0.001) == b"aa"
    started = time.monotonic()

    assert batches.read(2, 20.0) == b"bb"

    assert time.monotonic() - started < 10.0


def test_one_look_takes_all_that_is_there_of_an_encrypted_stream() -> None:
    # Longer than a batch: there is one look.
    batches = reader(b"a", b"b", b"c", not_yet(), b"later", pause=60.0, is_encrypted=True)

    assert batches.read(100, 0.001) == b"abc"


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
            pause=lambda: 0.01,
            may_wait=lambda: True,
            is_encrypted=stream.get_extra_info("ssl_object") is not None,
        )
        assert batches.read(16_384, 5.0) == b"token " * 100 + b"[DONE]"
        stream.close()


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
    assert reader(*pieces).read(100, 1.0) == b"".join(pieces)


def test_what_came_before_a_failure_is_read_before_it() -> None:
    batches = reader(b"a", ReadError("reset"))

    assert batches.read(100, 1.0) == b"a"
    for _ in range(2):
        with pytest.raises(ReadError):
            batches.read(100, 1.0)


def test_silence_is_told_as_such() -> None:
    with pytest.raises(ReadTimeout):
        reader().read(100, 0.01)


@pytest.mark.parametrize("how", [{"pause": 0.0}, {"may_wait": False}])
def test_nothing_is_waited_for_where_it_may_not_be(how: dict[str, float]) -> None:
    assert reader(b"a", b"b", **how).read(100, 1.0) == b"a"  # type: ignore[arg-type]
