"""What Feishu is told about a click: a toast, and a card in place of the pressed one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.card_actions import CardAction, ClickResponse, Toast
from feishu_bot.core.languages import Language
from feishu_bot.feishu.cards.card_renderer import render_card
from feishu_bot.feishu.cards.localizer import Localizer


class CallbackResponses:
    """`language_of` is given an open_id and a chat_id, either of which may be empty."""

    def __init__(
        self,
        texts: Mapping[Language, Catalog],
        language_of: Callable[[str, str], Language],
    ) -> None:
        self._texts = texts
        self._language_of = language_of

    def new(self, response: ClickResponse, action: CardAction | None = None) -> dict[str, Any]:
        """The answer to card.action.trigger ("Card callback")."""
        texts = self._texts_for(action)
        answer: dict[str, Any] = {}
        if response.toast:
            answer["toast"] = _toast(texts, response.toast)
        if response.view:
            card = render_card(self._localizer(texts, response), response.view)
            answer["card"] = {"type": "raw", "data": card}
        return answer

    def old(self, response: ClickResponse, action: CardAction | None = None) -> dict[str, Any]:
        """The answer to the old message-card callback: the card itself, or a toast."""
        texts = self._texts_for(action)
        if response.view:
            return render_card(self._localizer(texts, response), response.view)
        return {"toast": _toast(texts, response.toast)} if response.toast else {}

    def _localizer(self, texts: Catalog, response: ClickResponse) -> Localizer:
        return Localizer(texts, tuple(self._texts.values()) if response.for_many else ())

    def _texts_for(self, action: CardAction | None) -> Catalog:
        open_id, chat_id = (action.operator.open_id, action.chat_id) if action else ("", "")
        return self._texts[self._language_of(open_id, chat_id)]


def _toast(texts: Catalog, toast: Toast) -> dict[str, str]:
    content = texts(toast.notice.kind, **toast.notice.params)
    return {"type": toast.kind, "content": content}
