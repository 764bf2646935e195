"""Messages to administrators that answer nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.alerts import Alert, Tally
from feishu_bot.core.languages import Language, Words
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.cards.alert import alert_card, alert_text
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.streaming.reply_sender import ReplySender

# Nobody waits for it, and it is told again when its cause is met.
PATIENCE = 10.0


class FeishuAdminMessenger:
    """Implements `core.alerts.AdminMessenger`. `language_of` is given an open_id and a chat_id."""

    def __init__(
        self,
        client: FeishuClient,
        pacer: Pacer,
        texts: Mapping[Language, Catalog],
        language_of: Callable[[str, str], Language],
    ) -> None:
        self._client = client
        self._pacer = pacer
        self._texts = texts
        self._language_of = language_of

    def alert(self, admin: str, alert: Alert, tally: Tally, *, reference: str) -> None:
        texts = self._texts[self._language_of(admin, "")]
        replies = ReplySender(
            client=self._client,
            caller=PacedCaller(self._pacer, patience=PATIENCE),
            message_id="",
            chat_id="",
            open_id=admin,
            in_thread=False,
            reference=reference,
        )
        replies.send("interactive", alert_card(texts, alert, tally), "alert")

    def words(self, alert: Alert) -> Words:
        zh, en = (alert_text(self._texts[language], alert) for language in ("zh", "en"))
        return Words(f"{zh.what}{zh.remedy}", f"{en.what} {en.remedy}")
