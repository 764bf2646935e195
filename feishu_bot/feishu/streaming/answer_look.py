"""The look of one answer: its languages, its Stop button, and what Feishu takes of its Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.messenger import FinalAnswer
from feishu_bot.errors import FeishuError
from feishu_bot.feishu.api.error_codes import is_about_card
from feishu_bot.feishu.cards.answer import ANSWER_ELEMENT, answer_card
from feishu_bot.feishu.cards.answer_buttons import Remainder
from feishu_bot.feishu.cards.elements import CardJson, div
from feishu_bot.feishu.cards.markdown import SafeMarkdown, safe_markdown
from feishu_bot.feishu.cards.notice import Admins
from feishu_bot.feishu.cards.plain_text import without_escapes
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Notices that speak of the answer's end; what was stopped is said at once.
END_NOTICES = frozenset({"length", "cut"})


class Form(IntEnum):
    """How the text stands in its card; each takes less of Feishu than the one before."""

    AS_WRITTEN = 0
    # Tables as code, and pictures as links.
    SIMPLE = 1
    PLAIN = 2


@dataclass(slots=True, kw_only=True)
class AnswerLook:
    """`others` are the texts of further languages, for a card that many read.

    `admins` are named where a notice asks for one; `chat` is its kind, p2p or group. `stop` names
    the answer that its Stop button stops, `asked` is the question that was pressed. Without
    `streaming` only the end is shown. `waiting` counts the messages behind it, `heard` is what a
    voice message says that is answered; `is_stale` says that the card shows something else. `sign`
    signs what can be pressed.
    """

    texts: Catalog
    others: tuple[Catalog, ...] = ()
    admins: Admins = None
    chat: str = ""
    stop: str
    streaming: bool
    sign: Callable[[CardJson], CardJson]
    waiting: int = 0
    heard: str = ""
    is_stale: bool = False
    asked: str = ""
    form: Form = Form.AS_WRITTEN

    def simplify(self, exc: FeishuError) -> None:
        """Show this card and all that follow in the next form.

        Raises `exc`, the refusal, when no form is left or none helps.
        """
        if self.form is Form.PLAIN or not is_about_card(exc):
            raise exc
        self.form = Form(self.form + 1)
        logger.warning("card refused, showing it simpler", form=self.form.name, error=str(exc))

    def frame(self, text: str, waiting: int, heard: str = "") -> str:
        """The text of one frame; empty where the card has to be drawn whole."""
        self.is_stale |= waiting != self.waiting or heard != self.heard
        self.waiting, self.heard = waiting, heard
        return "" if self.is_stale else self.content(text, streaming=True)

    def with_line(self, text: SafeMarkdown, key: str) -> SafeMarkdown:
        """Safe text with a line of the bot's own below it."""
        return SafeMarkdown(f"{text}\n\n{self.texts(key)}")

    def content(self, text: str, *, streaming: bool) -> str:
        """The text for the card's Markdown; empty where the card has none."""
        return "" if self.form is Form.PLAIN else safe_markdown(text, streaming=streaming)

    def card(
        self,
        text: str,
        reasoning: str,
        *,
        part: int,
        streaming: bool = False,
        ending: FinalAnswer | None = None,
        remainder: Remainder | None = None,
    ) -> CardJson:
        """The `part`th card: while its text grows, when it is full, or with the `ending`."""
        ending = ending or FinalAnswer(text=text)
        if remainder and ending.can_continue:
            # The end comes with the rest, and what there is to say about it.
            is_told = bool(ending.notice and ending.notice.kind in END_NOTICES)
            notice = None if is_told else ending.notice
            ending = replace(ending, notice=notice, can_continue=False)
        card = answer_card(
            self.texts,
            text=text,
            reasoning="" if self.form is Form.PLAIN else reasoning,
            streaming=streaming,
            notice=ending.notice,
            asides=ending.asides,
            resumable=ending.resumable,
            footer=ending.footer,
            can_continue=ending.can_continue,
            can_regenerate=ending.can_regenerate,
            files=ending.files,
            drawn=ending.drawn,
            controls=ending.controls,
            stop=self.stop,
            waiting=self.waiting,
            asked=self.asked,
            heard=ending.heard or self.heard,
            part=part,
            others=self.others,
            # Whatever it is that Feishu doesn't take, it may be the people.
            admins=self.admins if self.form is Form.AS_WRITTEN else None,
            chat=self.chat,
            remainder=remainder,
        )
        if self.form is Form.PLAIN and text.strip():
            plain = {"tag": "plain_text", "content": without_escapes(text)}
            elements = card["body"]["elements"]
            card["body"]["elements"] = [
                div(plain, ANSWER_ELEMENT)
                if element.get("element_id") == ANSWER_ELEMENT
                else element
                for element in elements
            ]
        return self.sign(card)
