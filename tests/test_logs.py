"""Log lines: their fields, in both formats, and what is bound to a thread."""

from __future__ import annotations

import contextvars
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from feishu_bot import logs
from feishu_bot.errors import StoreUnavailable
from feishu_bot.logs import bind, get_logger
from tests.polling import Clock


@pytest.fixture(autouse=True)
def _root_as_it_was():
    """Undo the changes of `configure`."""
    names = (None, *logs.QUIET, "Lark", "gunicorn.error", "gunicorn.access")
    before = [
        (logger, logger.level, logger.handlers[:]) for logger in map(logging.getLogger, names)
    ]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture
def text_lines():
    """The lines that are logged as text."""
    stream = io.StringIO()
    logs.configure("INFO", "text", stream)
    return lambda: stream.getvalue().splitlines()


@pytest.fixture
def json_lines():
    """The lines that are logged as JSON, as objects."""
    stream = io.StringIO()
    logs.configure("INFO", "json", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


# Text


def test_text_has_the_message_and_then_its_fields(text_lines):
    get_logger("feishu_bot.x").info("answer", outcome="answered", total_ms=812, seconds=0.25)

    (line,) = text_lines()
    assert line.endswith(" INFO feishu_bot.x answer outcome=answered total_ms=812 seconds=0.250")


@pytest.mark.parametrize(
    "value",
    ["a b", "a\nb", "\x1b[31m", "\x9b31m", 'a"b', "a=b", "it's", "a\u2028b", "a\x85b", "", "a\rb"],
)
def test_a_value_in_text_forges_neither_a_field_nor_a_line(text_lines, value):
    get_logger("x").info("refused", reason=value, bytes=3)

    (line,) = text_lines()
    _, _, fields = line.partition("refused reason=")
    shown, end = json.JSONDecoder().raw_decode(fields)
    assert shown == value
    assert fields[end:] == " bytes=3"
    assert line.isprintable()


def test_a_traceback_follows_its_fields(text_lines):
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        get_logger("x").warning("failed", exc_info=True, card="c1")

    first, second, *_, last = text_lines()
    assert first.endswith("x failed card=c1")
    assert second.startswith("Traceback")
    assert last == "ZeroDivisionError: division by zero"


def test_a_line_of_a_library_has_no_fields(text_lines):
    logging.getLogger("sqlalchemy").warning("%s is slow", "it")

    assert text_lines()[0].endswith(" WARNING sqlalchemy it is slow")


# JSON


def test_fields_are_members_of_their_own_in_json(json_lines):
    get_logger("feishu_bot.x").info("answer", outcome="answered", total_ms=812, ok=True)

    (line,) = json_lines()
    time = line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "feishu_bot.x",
        "message": "answer",
        "outcome": "answered",
        "total_ms": 812,
        "ok": True,
    }
    assert time[10] == "T"


@pytest.mark.parametrize("value", ["a\nb", '","level":"ERROR', "机器人", "a\u2028b", "half \ud83d"])
def test_a_value_in_json_stays_one_member_of_one_line(json_lines, value):
    get_logger("x").info("refused", reason=value)

    (line,) = json_lines()
    assert line["reason"] == value
    assert line["level"] == "INFO"


def test_a_field_does_not_replace_what_every_line_has(json_lines):
    get_logger("x").info("real", logger="forged", message="forged", time="forged")

    (line,) = json_lines()
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "x", "real")
    assert line["time"] != "forged"


def test_a_traceback_and_other_objects_are_texts_in_json(json_lines):
    get_logger("x").error("failed", exc_info=ValueError("bad"), path=io.StringIO)

    (line,) = json_lines()
    assert line["exception"] == "ValueError: bad"
    assert line["path"] == str(io.StringIO)


# Bound fields


def test_what_is_bound_belongs_to_every_line_of_the_block(json_lines):
    logger = get_logger("x")
    with bind(event_id="ev_1"):
        logger.info("first")
        logger.info("second", chat="oc_1")
    logger.info("after")

    first, second, after = json_lines()
    assert first["event_id"] == second["event_id"] == "ev_1"
    assert second["chat"] == "oc_1"
    assert "event_id" not in after


def test_blocks_nest_and_the_inner_one_ends_first(text_lines):
    logger = get_logger("x")
    with bind(event_id="ev_1", step=1):
        with bind(step=2, card="c"):
            logger.info("inner")
        logger.info("outer")

    inner, outer = text_lines()
    assert inner.endswith("inner event_id=ev_1 step=2 card=c")
    assert outer.endswith("outer event_id=ev_1 step=1")


def test_a_block_ends_when_an_error_leaves_it(text_lines):
    with pytest.raises(KeyError), bind(event_id="ev_1"):
        raise KeyError

    get_logger("x").info("after")

    assert text_lines()[0].endswith("after")


def test_a_field_of_the_line_wins_over_a_bound_one(text_lines):
    with bind(attempt=1):
        get_logger("x").info("again", attempt=2)

    assert text_lines()[0].endswith("again attempt=2")


def test_a_thread_of_a_pool_has_what_is_bound_only_with_a_copy_of_the_context(json_lines):
    logger = get_logger("x")
    with ThreadPoolExecutor(1) as pool, bind(event_id="ev_1"):
        pool.submit(contextvars.copy_context().run, logger.info, "with").result()
        pool.submit(logger.info, "without").result()

    bound, unbound = json_lines()
    assert bound["event_id"] == "ev_1"
    assert "event_id" not in unbound


# The configuration


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "style", "is_json"),
    [
        (Terminal(), "auto", False),
        (io.StringIO(), "auto", True),
        (Terminal(), "json", True),
        (io.StringIO(), "text", False),
    ],
)
def test_the_format_follows_the_stream_unless_it_is_set(stream, style, is_json):
    logs.configure("INFO", style, stream)

    get_logger("x").info("here")

    assert stream.getvalue().startswith("{") is is_json


def test_below_the_level_and_of_noisy_libraries_nothing_is_logged(text_lines):
    get_logger("x").debug("detail")
    logging.getLogger("httpx2").info("HTTP Request: GET /?key=secret")
    logging.getLogger("Lark").info("a body")

    assert text_lines() == []


# Secrets, and what strangers write


SECRETS = ("key-without-a-prefix", 'pass"word\\/ü', "s3cret@value")


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_line_shows_a_secret_wherever_it_stands(style, secret):
    stream = io.StringIO()
    logs.configure("INFO", style, stream, secrets=SECRETS)
    logger = get_logger("x")

    logging.getLogger("x").info("key %s refused", secret)
    logger.info("refused", detail=secret, nested={"a": [secret]})
    logging.getLogger("gunicorn.error").warning("at https://u:%s@host", quote(secret, safe=""))
    logger.failure("failed", ValueError(secret))

    shown = stream.getvalue()
    for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert form not in shown
    assert shown.count("***") == 5


@pytest.mark.parametrize(
    "key",
    ["sk-abcdefgh12345678", "Bearer eyJhbGciOi.J9", "t-g1044qeGEDXTB6NDJOGV4JQCYDGHRBARFTGT1234"],
)
def test_what_looks_like_a_key_is_masked_though_nobody_told_of_it(text_lines, key):
    get_logger("x").info("refused", detail=f"Incorrect API key provided: {key}.")

    assert key.removeprefix("Bearer ") not in text_lines()[0]


@pytest.mark.parametrize("odd", ["\n2026-11-29 INFO forged", "\x1b[2J", "\r", "\x9b31m", "\u2028"])
def test_a_message_forges_no_line(text_lines, odd):
    logging.getLogger("library").warning("said %s", odd)

    (line,) = text_lines()
    assert line.isprintable()


def test_the_text_of_an_exception_forges_no_line(text_lines):
    failure = ValueError("one\n2026-11-29 INFO forged\nTrace\x1b[31m")
    failure.__cause__ = RuntimeError("x\n2026-11-29 INFO forged")
    get_logger("x").failure("failed", failure)

    _, *rest = text_lines()
    assert not [line for line in rest if line.startswith("2026")]
    assert all(line.isprintable() for line in rest)
    assert "ValueError: one" in rest


def test_what_is_known_is_one_line_and_what_is_not_has_a_traceback(text_lines):
    logger = get_logger("x")
    logger.failure("claim failed", StoreUnavailable("the database doesn't answer"), attempt=2)
    logger.failure("claim failed", ZeroDivisionError("by zero"))

    known, unknown, *_ = text_lines()
    assert known.endswith('claim failed error="the database doesn\'t answer" attempt=2')
    assert unknown.endswith("ERROR x claim failed")
    assert text_lines()[-1] == "ZeroDivisionError: by zero"


def test_a_limited_logger_writes_a_few_lines_a_minute_and_says_how_many_it_left_out(text_lines):
    clock = Clock(0.0)
    logger = logs.LimitedLogger(logging.getLogger("x"), lines=2, clock=clock)
    for _ in range(10):
        logger.warning("refused", reason="not JSON")
    clock.now += 61
    logger.warning("refused", reason="not JSON")

    lines = text_lines()
    assert len(lines) == 3
    assert lines[-1].endswith('refused reason="not JSON" left_out_before=8')
