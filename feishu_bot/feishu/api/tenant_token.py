"""The app's token, which every call carries."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lark_oapi.core.http import Transport
from lark_oapi.core.model import Config

from feishu_bot.errors import FeishuError, FeishuUnavailable
from feishu_bot.feishu.api.call_counts import counted
from feishu_bot.feishu.api.requests import checked, request_for, text_in
from feishu_bot.feishu.api.transport import CallOption

# Feishu's tokens live two hours; with less than 30 minutes left it gives out a new one, and both
# are valid ("Get custom app's tenant_access_token").
TOKEN_MARGIN = 600.0
# Whatever Feishu says of a new one.
SHORTEST_TOKEN = 60.0
TOKEN_PATH = "/auth/v3/tenant_access_token/internal"


class TenantToken:
    """Fetched when it is needed, by one thread while the others wait. `timer` is monotonic.

    The SDK's cache of tokens is shared by all clients of a process, is filled by as many fetches
    as there are threads, and never gives a refused token up.
    """

    def __init__(
        self, config: Config, app_id: str, app_secret: str, *, timer: Callable[[], float]
    ) -> None:
        self._config = config
        self._credentials = {"app_id": app_id, "app_secret": app_secret}
        self._timer = timer
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def get(self) -> str:
        """The token that is good now. Raises FeishuError."""
        if self._timer() < self._ends:
            return self._token
        with self._lock:
            if self._timer() < self._ends:
                return self._token
            request = request_for("POST", TOKEN_PATH, self._credentials)
            try:
                with counted(f"POST {TOKEN_PATH}"):
                    answer = checked(Transport.execute(self._config, request, CallOption()))
            except FeishuError as exc:
                # Nothing is wrong with what was to be said: it waits until the app is let in.
                raise FeishuUnavailable(
                    f"no token: {exc}", code=exc.code, log_id=exc.log_id
                ) from exc
            self._token = text_in(answer, "tenant_access_token")
            seconds = answer.get("expire")
            lasts = seconds if isinstance(seconds, int | float) else 0
            self._ends = self._timer() + max(SHORTEST_TOKEN, lasts - TOKEN_MARGIN)
            return self._token

    def drop(self, refused: str = "") -> None:
        """Fetch another one the next time; not where the `refused` one was replaced already."""
        with self._lock:
            if refused in ("", self._token):
                self._ends = 0.0
