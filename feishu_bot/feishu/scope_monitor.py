"""Whether the app may have what a setting asks for; found out in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from feishu_bot.errors import FeishuError
from feishu_bot.feishu.api.client import FeishuClient

logger = logging.getLogger(__name__)

# Either of them brings all messages of groups ("Receive message").
ALL_GROUP_MESSAGES = frozenset({"im:message.group_msg", "im:message.group_msg:readonly"})
RETRY_SECONDS = 30.0
# The scope may be granted while the bot runs.
RECHECK_SECONDS = 600.0
JOIN_SECONDS = 2.0


class GroupScopeMonitor:
    """Looks whether all messages of groups come in, until they do. Says once that they don't."""

    def __init__(self, client: FeishuClient) -> None:
        self._client = client
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_missing = False

    def is_missing(self) -> bool:
        """Whether the scope is known to be missing; from memory."""
        return self._is_missing

    def start(self) -> None:
        """Begin to look, in a thread of its own."""
        self._thread = threading.Thread(target=self._look, name="scopes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        if self._thread:
            self._thread.join(JOIN_SECONDS)

    def look(self, wait: Callable[[float], bool]) -> None:
        """Ask until the scope is there; `wait` (seconds) says that it is time to end."""
        while True:
            try:
                granted = self._client.scopes()
            except (FeishuError, KeyError, TypeError, ValueError) as exc:
                logger.info("scopes unknown error=%s", exc)
                pause = RETRY_SECONDS
            else:
                if granted & ALL_GROUP_MESSAGES:
                    self._note_granted()
                    return
                self._note_missing()
                pause = RECHECK_SECONDS
            if wait(pause):
                return

    def _look(self) -> None:
        self.look(self._closing.wait)

    def _note_granted(self) -> None:
        if self._is_missing:
            logger.info("scope im:message.group_msg granted")
        self._is_missing = False

    def _note_missing(self) -> None:
        if not self._is_missing:
            logger.warning(
                "GROUP_REPLY=all 需要权限 im:message.group_msg（获取群组中所有消息）："
                "请在开发者后台的「权限管理」里开通并发布版本；"
                "在此之前，群里要 @ 机器人才会回答。 / "
                "GROUP_REPLY=all needs the scope im:message.group_msg: add it under "
                "Permissions & Scopes in the developer console and release a version; until then "
                "the bot answers in groups only when it is mentioned."
            )
        self._is_missing = True
