"""What Feishu is told about a click: a toast, and a card in place of the pressed one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.content.texts import Texts
from feishu_bot.core.clicks import Clicked
from feishu_bot.core.models import CardAction, Language, Toast
from feishu_bot.feishu.panels import view_card
from feishu_bot.feishu.wording import Wording


class ClickAnswers:
    """`language_of` is given an open_id and a chat_id, either of which may be empty."""

    def __init__(
        self,
        texts: Mapping[Language, Texts],
        language_of: Callable[[str, str], Language],
    ) -> None:
        self._texts = texts
        self._language_of = language_of

    def new(self, clicked: Clicked, action: CardAction | None = None) -> dict[str, Any]:
        """The answer to card.action.trigger ("Card callback")."""
        texts = self._texts_for(action)
        answer: dict[str, Any] = {}
        if clicked.toast:
            answer["toast"] = _toast(texts, clicked.toast)
        if clicked.view:
            card = view_card(self._wording(texts, clicked), clicked.view)
            answer["card"] = {"type": "raw", "data": card}
        return answer

    def old(self, clicked: Clicked, action: CardAction | None = None) -> dict[str, Any]:
        """The answer to the old message-card callback: the card itself, or a toast."""
        texts = self._texts_for(action)
        if clicked.view:
            return view_card(self._wording(texts, clicked), clicked.view)
        return {"toast": _toast(texts, clicked.toast)} if clicked.toast else {}

    def _wording(self, texts: Texts, clicked: Clicked) -> Wording:
        return Wording(texts, tuple(self._texts.values()) if clicked.for_many else ())

    def _texts_for(self, action: CardAction | None) -> Texts:
        open_id, chat_id = (action.operator.open_id, action.chat_id) if action else ("", "")
        return self._texts[self._language_of(open_id, chat_id)]


def _toast(texts: Texts, toast: Toast) -> dict[str, str]:
    content = texts(toast.notice.kind, **toast.notice.params)
    return {"type": toast.kind, "content": content}
