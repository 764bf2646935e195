"""The driver posts on time over kept-alive connections and loses nothing."""

from __future__ import annotations

import threading
import time

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from bench.driver import drive, raw_request


class _KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        pass


@pytest.fixture
def server():
    """Says 200 to what it can read, slowly to `slow` and 500 to `bad`."""

    def app(environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if body == b"slow":
            time.sleep(0.3)
        status = "500 No" if body == b"bad" else "200 OK"
        start_response(status, [("Content-Length", "2")])
        return [b"ok"]

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_KeepAlive)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_slow_answer_delays_no_other_event(server):
    bodies = [b"slow", *[b"fast"] * 18, b"bad"]
    requests = [raw_request(server, "/", {}, body) for body in bodies]

    posts = drive(server, requests, 100.0)

    assert [post.status for post in posts] == [200] * 19 + [500]
    assert posts[0].seconds >= 0.3
    assert sorted(post.seconds for post in posts)[10] < 0.2
    assert posts[-1].at - posts[0].at == pytest.approx(0.19, abs=0.1)
