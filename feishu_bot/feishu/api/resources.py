"""Pictures, files and recordings: those of messages come down, the bot's own go up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import lark_oapi as lark
from lark_oapi.core.http import Transport
from lark_oapi.core.model import BaseRequest, Config, RawResponse

from feishu_bot.errors import FeishuUnavailable, MediaError
from feishu_bot.feishu.api.call_counts import counted
from feishu_bot.feishu.api.error_codes import error_for
from feishu_bot.feishu.api.requests import text_in
from feishu_bot.feishu.api.transport import DownloadOption, rate_limit_wait

OWN_PICTURE_PATH = "/im/v1/images/:image_key"
RESOURCE_PATH = "/im/v1/messages/:message_id/resources/:file_key"
# Seconds: a file of 100 MB, the largest that Feishu gives out, over a line of 15 Mbit/s.
DOWNLOAD_TIMEOUT = 60.0
UPLOAD_TIMEOUT = 60.0
# Of one read or write, as of other calls.
STALL_TIMEOUT = 15.0

ResourceKind = Literal["image", "file"]


class WithToken(Protocol):
    """Makes a call with the app's token, and once more when it is refused."""

    def __call__(self, path: str, send: Callable[[str], bytes], /) -> bytes: ...


class ResourceCalls:
    """One method for each call. `call` makes one that is answered with JSON."""

    def __init__(
        self, domain: str, *, call: Callable[..., dict[str, Any]], with_token: WithToken
    ) -> None:
        self._config = Config()
        self._config.domain = domain
        self._config.timeout = STALL_TIMEOUT
        self._call = call
        self._with_token = with_token

    def download(
        self,
        message_id: str,
        key: str,
        *,
        kind: ResourceKind,
        most: int,
        timeout: float = DOWNLOAD_TIMEOUT,
    ) -> bytes:
        """The picture ("image") or file of a message, "file" also for recordings and videos.

        `timeout` is in seconds. Raises MediaError "media_too_large" beyond `most` bytes, and
        FeishuError, PermissionMissing among them without the scope im:message:readonly ("Get
        resource of a message").
        """
        paths = {"message_id": message_id, "file_key": key}
        return self._fetch(RESOURCE_PATH, paths, [("type", kind)], most=most, timeout=timeout)

    def download_own_picture(
        self, key: str, *, most: int, timeout: float = DOWNLOAD_TIMEOUT
    ) -> bytes:
        """A picture that this app has uploaded, which needs no scope ("Download image").

        `timeout` is in seconds. Raises MediaError "media_too_large" beyond `most` bytes, and
        FeishuError: 234008 where it is somebody else's.
        """
        return self._fetch(OWN_PICTURE_PATH, {"image_key": key}, [], most=most, timeout=timeout)

    def _fetch(
        self,
        path: str,
        paths: dict[str, str],
        queries: list[tuple[str, str]],
        *,
        most: int,
        timeout: float,
    ) -> bytes:
        def send(token: str) -> bytes:
            request = BaseRequest()
            request.http_method = lark.HttpMethod.GET
            request.uri = f"/open-apis{path}"
            request.paths = paths
            request.queries = queries
            request.token_types = {lark.AccessTokenType.TENANT}
            option = DownloadOption(token=token, timeout=timeout, most=most)
            with counted(f"GET {path}"):
                return _file_in(Transport.execute(self._config, request, option))

        data = self._with_token(path, send)
        if len(data) > most:
            raise MediaError("media_too_large", f"more than {most} bytes")
        return data

    def upload_picture(self, data: bytes) -> str:
        """Upload a picture that isn't empty, 10 MB and 12,000 x 12,000 pixels at most.

        Of a GIF 2,000 x 2,000 ("Upload an image"). The key is good for messages and cards. Raises
        FeishuError.
        """
        picture = ("picture", data, "application/octet-stream")
        form = {"image_type": "message", "image": picture}
        return self._upload("/im/v1/images", form, "image_key")

    def upload_voice(self, data: bytes, milliseconds: int) -> str:
        """Upload Opus in Ogg, 30 MB at most, for a message of type audio. Raises FeishuError.

        Without its length in `milliseconds` people would see none.
        """
        form = {
            "file_type": "opus",
            "file_name": "voice.opus",
            "duration": str(milliseconds),
            "file": ("voice.opus", data, "audio/ogg"),
        }
        return self._upload("/im/v1/files", form, "file_key")

    def upload_file(self, name: str, data: bytes) -> str:
        """Upload a file that isn't empty, 30 MB at most; returns its key. Raises FeishuError."""
        file = (name, data, "application/octet-stream")
        # "Upload a file" has a type for spreadsheets, which opens them in the client.
        kind = "xls" if name.endswith(".xlsx") else "stream"
        form = {"file_type": kind, "file_name": name, "file": file}
        return self._upload("/im/v1/files", form, "file_key")

    def _upload(self, path: str, form: Mapping[str, Any], key: str) -> str:
        return text_in(self._call("POST", path, form=form, timeout=UPLOAD_TIMEOUT), "data", key)


def _file_in(response: RawResponse) -> bytes:
    """The file that came. Raises FeishuError when it is none, but an answer of the API.

    What is in the file and what type the answer has tell nothing: people send pages and JSON, too.
    """
    content = bytes(response.content)
    headers = response.headers
    log_id = headers.get("X-Tt-Logid", "")
    is_success = 200 <= response.status_code < 300
    if is_success and "Content-Disposition" in headers:
        return content
    code, said = _error_in(content)
    if code and response.status_code < 500:
        raise error_for(code, said, log_id=log_id, retry_after=rate_limit_wait(headers))
    is_page = headers.get("Content-Type", "").startswith("text/html")
    if not is_success or is_page:
        # From something in between, or of a service that fails.
        raise FeishuUnavailable(f"HTTP {response.status_code} without a file", log_id=log_id)
    return content


def _error_in(content: bytes) -> tuple[int, str]:
    """Code and text of an answer of the API; 0 when it is none, or no error."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return 0, ""
    if not isinstance(answer, dict):
        return 0, ""
    code, said = answer.get("code"), answer.get("msg")
    return (code, said) if isinstance(code, int) and isinstance(said, str) else (0, "")
