"""How long a service asks to wait: in a header, or in words."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

# Seconds. What is further away is no time to wait for; it may be a date in another unit.
LONGEST = 7 * 24 * 3600.0
_UNIT = {
    "ms": 0.001, "millisecond": 0.001, "毫秒": 0.001,
    "s": 1.0, "sec": 1.0, "second": 1.0, "秒": 1.0, "秒钟": 1.0,
    "m": 60.0, "min": 60.0, "minute": 60.0, "分": 60.0, "分钟": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "时": 3600.0, "小时": 3600.0,
    "d": 86400.0, "day": 86400.0, "天": 86400.0,
}  # fmt: skip
# Of a long row of digits each would be tried as the first.
_PART = (
    r"(?<!\d)(\d{1,12}(?:\.\d{1,12})?)\s{0,9}(ms|milliseconds?|毫秒|s(?:ec(?:ond)?s?)?|秒钟?"
    r"|m(?:in(?:ute)?s?)?|分钟?|h(?:(?:ou)?rs?)?|小时|时|d(?:ays?)?|天)(?![a-z])"
)
_TIME = rf"{_PART}(?:\s{{0,9}}{_PART})*"
_WORDS = re.compile(
    rf"(?:(?:again|retry|retrying|wait|after|resets?|available)[^\d.]{{0,30}}|请[^\d]{{0,8}}"
    rf"|等待?[^\d]{{0,4}}){_TIME}|{_TIME}\s{{0,9}}(?:之后|以后|后)"
    r"|(?:retry|try again)[^\d]{0,30}\"?(?P<bare>\d{1,12}(?:\.\d{1,12})?)\b"
    r"(?![.\d]|\s{0,9}[a-z%])",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"\"(?:retry_?after(?P<ms>_?ms)?(?:_seconds)?|retry_?delay)\": ?\"?(\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_RESET = re.compile(r"^(?:x-)?ratelimit-reset(?:-after)?(?:-(requests|tokens|input-tokens))?$")


def retry_after(headers: Mapping[str, str], text: str, status: int = 0) -> float:
    """The seconds that the service asks to wait, by its headers or its words; 0 for none.

    `status` is that of the response; the headers of a success say nothing.
    """
    seconds = 0.0
    if status in (408, 409, 425, 429) or status >= 500:
        seconds = _by_header(headers)
    seconds = seconds or _by_words(text)
    return seconds if 0 < seconds <= LONGEST else 0.0


def _by_header(headers: Mapping[str, str]) -> float:
    if milliseconds := _number(headers.get("retry-after-ms", "")):
        return milliseconds / 1000
    if value := headers.get("retry-after", ""):
        return _seconds(value)
    resets = {name: value for name, value in headers.items() if _RESET.match(name.lower())}
    # The limits that are used up; where none is said to be, any of them may be.
    used_up = [value for name, value in resets.items() if headers.get(_remaining(name)) == "0"]
    return max((_seconds(value) for value in used_up or resets.values()), default=0.0)


def _remaining(reset: str) -> str:
    return reset.lower().replace("reset-after", "reset").replace("reset", "remaining")


def _seconds(value: str) -> float:
    """Seconds, a span as in `6m0s`, a point of the Unix time, or a date."""
    value = value.strip()
    number = _number(value)
    if number > 1e11:
        return number / 1000 - time.time()
    if number > 1e8:
        return number - time.time()
    if number:
        return number
    if parts := re.findall(_PART, value, re.IGNORECASE):
        return _total(parts)
    try:
        return parsedate_to_datetime(value).timestamp() - time.time()
    except ValueError:
        return 0.0


def _by_words(text: str) -> float:
    if found := _FIELD.search(text):
        return float(found[2]) / (1000 if found["ms"] else 1)
    if found := _WORDS.search(text[:2000]):
        if found["bare"]:
            return float(found["bare"])
        return _total(re.findall(_PART, found[0], re.IGNORECASE))
    return 0.0


def _total(parts: list[tuple[str, str]]) -> float:
    return sum(float(number) * _unit(unit.lower()) for number, unit in parts)


def _unit(unit: str) -> float:
    return _UNIT.get(unit) or _UNIT.get(unit.rstrip("s")) or _UNIT["s"]


def _number(value: str) -> float:
    return float(value) if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value) else 0.0
