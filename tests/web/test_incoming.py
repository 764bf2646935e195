"""Where a request ends, whichever pieces it comes in."""

from __future__ import annotations

import pytest

from feishu_bot.web.incoming import MAX_HEAD, IncomingRequest

PING = b"GET /ping HTTP/1.1\r\nHost: bot\r\n\r\n"
SIGNED = b"POST /webhook/event HTTP/1.1\r\nHost: bot\r\nX-Lark-Signature: abc\r\n"
UNSIGNED = b"POST /webhook/event HTTP/1.1\r\nHost: bot\r\n"


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    parts = (b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


def fed(data: bytes, size: int) -> IncomingRequest:
    """What has come of these bytes, in pieces of this size, once it is whole or all are here."""
    request = IncomingRequest()
    for at in range(0, len(data), size):
        if request.is_whole:
            break
        request.add(data[at : at + size])
    return request


WHOLE = {
    "a ping": PING,
    "a delivery": SIGNED + b"Content-Length: 5\r\n\r\n{}\r\n\r",
    "an empty body": SIGNED + b"Content-Length: 0\r\n\r\n",
    "chunks": SIGNED + chunked(b'{"a":', b"1}"),
    "a chunk with the end of a head in it": SIGNED + chunked(b"0\r\n\r\n", b"0\r\n\r\n"),
    "chunks with a trailer": SIGNED + chunked(b"{}", trailer=b"X-Sum: 1\r\n"),
    "a chunk with an extension": SIGNED
    + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n",
    "a large signed body": SIGNED + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000,
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("size", [1, 3, 1000, 10**6])
def test_a_request_is_whole_with_its_last_byte_and_not_before(name, size):
    data = WHOLE[name]
    if len(data) > 10_000 and size < 1000:
        size = 997

    assert not fed(data[:-1], size).is_whole
    request = fed(data, size)
    assert (request.is_whole, request.must_close) == (True, False)
    assert request.take() == (data, b"")


def test_what_comes_behind_a_request_is_kept_for_the_next():
    request = IncomingRequest()
    request.add(PING + PING[:9])

    assert request.take() == (PING, PING[:9])


@pytest.mark.parametrize(
    "data",
    [
        UNSIGNED + b"Content-Length: 4097\r\n\r\n",
        b"POST /ping HTTP/1.1\r\nX-Lark-Signature: abc\r\nContent-Length: 5000\r\n\r\n",
        UNSIGNED + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n",
        SIGNED + b"Content-Length: 1048577\r\n\r\n",
        SIGNED + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        SIGNED + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        SIGNED + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        SIGNED + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        SIGNED + b"Content-Length: -1\r\n\r\n",
        SIGNED + b"Content-Length: \xb2\r\n\r\n",
        SIGNED + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        SIGNED + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        SIGNED + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 300,
        UNSIGNED + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1500,
        SIGNED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"x" * (MAX_HEAD + 1),
        b"x" * (MAX_HEAD + 1),
    ],
)
def test_what_may_not_be_or_is_no_http_is_not_read_on(data):
    request = fed(data, 50)

    assert (request.is_whole, request.must_close) == (True, True)


def test_a_client_that_waits_for_a_word_before_its_body_is_given_it():
    request = IncomingRequest()
    request.add(SIGNED + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert request.expects_continue
    request.add(b"{}")

    received, _ = request.take()
    assert request.is_whole
    assert received == SIGNED + b"Content-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("data", "is_delivery"), [(PING, False), (SIGNED + b"\r\n", True), (b"\r\n\r\n", False)]
)
def test_deliveries_are_told_from_other_requests(data, is_delivery):
    assert fed(data, 7).is_delivery is is_delivery


ADMIN = b"POST /admin/roles/edit HTTP/1.1\r\nHost: bot\r\n"
COOKIES = b"Cookie: a=b; __Host-feishu_bot_admin=abc\r\n"


@pytest.mark.parametrize(
    ("head", "most"),
    [
        (ADMIN + COOKIES, 64 * 1024),
        (ADMIN, 4096),
        (ADMIN + b"Cookie: a=b\r\n", 4096),
        (UNSIGNED + COOKIES, 4096),
        (b"POST /administer HTTP/1.1\r\nHost: bot\r\n" + COOKIES, 4096),
    ],
)
def test_a_long_form_is_taken_in_from_browsers_alone_that_say_they_are_logged_in(head, most):
    allowed = fed(head + b"Content-Length: %d\r\n\r\n" % most + b"x" * most, 10**6)
    refused = fed(head + b"Content-Length: %d\r\n\r\n" % (most + 1) + b"x" * most, 10**6)

    assert (allowed.is_whole, allowed.must_close) == (True, False)
    assert (refused.is_whole, refused.must_close) == (True, True)


@pytest.mark.parametrize(
    ("line", "is_admin"),
    [
        (b"GET /admin HTTP/1.1", True),
        (b"GET /admin?x=1 HTTP/1.1", True),
        (b"POST /admin/limits HTTP/1.1", True),
        (b"GET /%61dmin/login HTTP/1.1", True),
        (b"GET /adm%69n%2flogin HTTP/1.1", True),
        (b"get /admin HTTP/1.1", True),
        (b"GET //admin/login HTTP/1.1", True),
        (b"GET http://bot/admin/login HTTP/1.1", True),
        (b"GET http://bot/%61dmin HTTP/1.1", True),
        (b"GET /admin", True),
        (b"GET /ping HTTP/1.1", False),
        (b"GET /administer HTTP/1.1", False),
        (b"POST /webhook/event?/admin/ HTTP/1.1", False),
    ],
)
def test_a_request_for_the_administrators_page_is_told_from_others(line, is_admin):
    assert fed(line + b"\r\nHost: bot\r\n\r\n", 10**6).is_admin == is_admin
