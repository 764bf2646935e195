"""The address that the API's paths are appended to, found from API_URL."""

from __future__ import annotations

import re
import threading
from urllib.parse import parse_qsl, urlsplit

from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# What people paste from a document that shows a call.
_CALLS = re.compile(r"(/chat/completions|/completions|/responses|/messages|/embeddings|/models)+$")
_VERSION = re.compile(r"/v\d+(beta\d*|alpha)?$")
# Nothing that answers chats is at the address, or something else is.
_WRONG = frozenset({ModelErrorKind.ENDPOINT_MISSING, ModelErrorKind.NOT_A_GATEWAY})


def candidates(api_url: str) -> tuple[str, str]:
    """The two forms of an address: the one that is meant, and the other one.

    A bare host gets `/v1`; a path that is given is kept.
    """
    # The text is cut rather than taken apart: an address without a scheme fails later, in words.
    url = re.split(r"[?#]", api_url.strip(), maxsplit=1)[0].rstrip("/")
    url = _CALLS.sub("", url).rstrip("/")
    path = url.partition("://")[2].partition("/")[2]
    if not path:
        return f"{url}/v1", url
    if url.endswith("/v1"):
        return url, url.removesuffix("/v1")
    # A path with a version of its own has no other one below it.
    return url, _VERSION.sub("/v1", url) if _VERSION.search(url) else f"{url}/v1"


def query_of(api_url: str) -> dict[str, str]:
    """The parameters that each call needs: Azure's version, where it is in the address."""
    try:
        pairs = parse_qsl(urlsplit(api_url.strip()).query)
    except ValueError:
        return {}
    return {name: value for name, value in pairs if name == "api-version"}


class BaseAddress:
    """The form of API_URL that works: the other one is tried once, where the first is wrong.

    Thread safe.
    """

    def __init__(self, api_url: str) -> None:
        self._first, self._other = candidates(api_url)
        self.query = query_of(api_url)
        self.url = self._first
        self._lock = threading.Lock()
        self._is_settled = False

    @property
    def is_settled(self) -> bool:
        """Whether an answer has come from the address."""
        return self._is_settled

    @staticmethod
    def is_wrong(kind: str) -> bool:
        """Whether a failure of this kind says that nothing that chats is at the address."""
        return kind in _WRONG

    def settle(self, url: str) -> None:
        """Note that `url` works; it is kept for the life of the process."""
        if self._is_settled:
            return
        with self._lock:
            self._is_settled, self.url = True, url
        if url != self._first:
            logger.warning("API_URL works in another form", configured=self._first, works=url)

    def other(self, url: str, kind: str) -> str:
        """The other form, where a failure of this kind says that `url` is wrong; else empty."""
        if self._is_settled or not self.is_wrong(kind):
            return ""
        return self._other if url == self._first else self._first
