"""The bot's own identity, learned from Feishu in the background."""

from __future__ import annotations

import threading

from feishu_bot.core.messages import BotIdentity
from feishu_bot.errors import FeishuError
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.outages import BOT_OFF, BOT_OFF_ADVICE, advice
from feishu_bot.feishu.poller import Poller
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# The bot may be renamed while it runs.
REFRESH_SECONDS = 3600.0


class IdentityLookup:
    """Asks Feishu who the bot is until it answers, and every hour again.

    `assumed` is the identity until then: without an open_id, so that nobody can mention the bot by
    anything but its name.
    """

    def __init__(self, client: FeishuClient, assumed: BotIdentity) -> None:
        self._client = client
        self._identity = assumed
        self._known = threading.Event()
        # The failure that the log has; the next tries fail for the same reason.
        self._told = ""
        self.poller = Poller("identity", self._ask, self._log_failure)

    def get(self, patience: float = 0.0) -> BotIdentity:
        """The identity, as far as Feishu has told it in up to `patience` seconds."""
        if patience and not self._identity.open_id:
            self._known.wait(patience)
        return self._identity

    def _ask(self) -> float:
        self._identity = self._client.identity()
        self._known.set()
        self._told = ""
        return REFRESH_SECONDS

    def _log_failure(self, exc: Exception) -> None:
        code = getattr(exc, "code", 0)
        cause = f"{type(exc).__name__} {code}"
        if cause == self._told:
            return
        self._told = cause
        # A bot without an open_id is none.
        if code in BOT_OFF or not isinstance(exc, FeishuError):
            words = advice(code, self._client.domain) if code else BOT_OFF_ADVICE
            message = f"飞书：{words.zh} / Feishu: {words.en}"
            logger.error(message, error=str(exc))
        else:
            # That Feishu is away, or refuses the app, is told by whoever keeps its readiness.
            logger.info(
                "还不知道机器人是谁，群里先按 BOT_NAME 认 @ / identity unknown, going by BOT_NAME "
                "meanwhile",
                error=str(exc),
            )
