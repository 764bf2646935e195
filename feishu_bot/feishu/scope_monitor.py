"""The scope that GROUP_REPLY=all needs, checked in the background."""

from __future__ import annotations

from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.poller import Poller
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Either of them brings all messages of groups ("Receive message").
ALL_GROUP_MESSAGES = frozenset({"im:message.group_msg", "im:message.group_msg:readonly"})
# The scope may be granted while the bot runs.
RECHECK_SECONDS = 600.0


class GroupScopeMonitor:
    """Checks that all messages of groups come in, until they do. Says once that they don't."""

    def __init__(self, client: FeishuClient) -> None:
        self._client = client
        self._is_missing = False
        self.poller = Poller("scopes", self._ask, _log_failure)

    def is_missing(self) -> bool:
        """Whether the scope is known to be missing; from memory."""
        return self._is_missing

    def start(self) -> None:
        """Begin to check, in a thread of its own."""
        self.poller.start()

    def stop(self) -> None:
        """End the thread."""
        self.poller.stop()

    def _ask(self) -> float | None:
        was_missing = self._is_missing
        self._is_missing = not self._client.scopes() & ALL_GROUP_MESSAGES
        if self._is_missing and not was_missing:
            logger.warning(
                "GROUP_REPLY=all 需要权限 im:message.group_msg（获取群组中所有消息）："
                "请在开发者后台的「权限管理」里开通并发布版本；"
                "在此之前，群里要 @ 机器人才会回答。 / "
                "GROUP_REPLY=all needs the scope im:message.group_msg: add it under "
                "Permissions & Scopes in the developer console and release a version; until then "
                "the bot answers in groups only when it is mentioned."
            )
        if was_missing and not self._is_missing:
            logger.info("scope im:message.group_msg granted")
        return RECHECK_SECONDS if self._is_missing else None


def _log_failure(exc: Exception) -> None:
    logger.info("scopes unknown", error=str(exc))
