"""The bot's own identity, learned from Feishu in the background."""

from __future__ import annotations

import threading

from feishu_bot.core.messages import BotIdentity
from feishu_bot.errors import FeishuError, FeishuUnavailable
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.error_codes import CREDENTIALS_REFUSED
from feishu_bot.feishu.outages import BOT_OFF_ADVICE, advice_for
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
        if isinstance(exc, FeishuError):
            zh, en = advice_for(exc, self._client.domain)
        else:
            # A bot without an open_id is none.
            zh, en = BOT_OFF_ADVICE
        refused = code in CREDENTIALS_REFUSED or not isinstance(exc, FeishuUnavailable)
        message = (
            f"飞书：{zh}。在此之前群里靠 BOT_NAME 认出 @ / Feishu: {en}. Until then mentions in "
            "groups are told by BOT_NAME"
        )
        (logger.error if refused else logger.warning)(message, error=str(exc))
