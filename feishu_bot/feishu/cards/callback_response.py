"""The response to a click: a toast, and a card in place of the pressed one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.card_actions import CardAction, ClickResponse
from feishu_bot.core.languages import Language
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.card_renderer import render_card
from feishu_bot.feishu.cards.localizer import Localizer


class CallbackResponses:
    """`language_of` is given an open_id and a chat_id, either of which may be empty."""

    def __init__(
        self,
        texts: Mapping[Language, Catalog],
        language_of: Callable[[str, str], Language],
        signer: ButtonSigner,
    ) -> None:
        self._texts = texts
        self._language_of = language_of
        self._signer = signer

    def v2(self, response: ClickResponse, action: CardAction | None = None) -> dict[str, Any]:
        """The response to card.action.trigger ("Card callback")."""
        toast, card = self._parts(response, action)
        return {**toast, **({"card": {"type": "raw", "data": card}} if card else {})}

    def v1(self, response: ClickResponse, action: CardAction | None = None) -> dict[str, Any]:
        """The response to the old message-card callback: the card itself, or a toast."""
        toast, card = self._parts(response, action)
        return card or toast

    def _parts(
        self, response: ClickResponse, action: CardAction | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The toast and the card, empty where there is none."""
        open_id, chat_id = (action.operator.open_id, action.chat_id) if action else ("", "")
        texts = self._texts[self._language_of(open_id, chat_id)]
        toast: dict[str, Any] = {}
        if response.toast:
            notice = response.toast.notice
            content = texts(notice.kind, **notice.params)
            toast["toast"] = {"type": response.toast.severity, "content": content}
        if not (response.card and response.place):
            return toast, {}
        others = tuple(self._texts.values()) if response.for_many else ()
        card = render_card(Localizer(texts, others), response.card)
        return toast, self._signer.sign_buttons(card, response.place)
