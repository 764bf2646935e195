"""The buttons of an answer's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from feishu_bot.core.cards import Text
from feishu_bot.core.feedback import Verdict
from feishu_bot.core.messenger import FileOffer, Resumable
from feishu_bot.feishu.cards import elements
from feishu_bot.feishu.cards.elements import SMALL, Element
from feishu_bot.feishu.cards.localizer import Localizer
from feishu_bot.feishu.cards.notice import notice_line

BUTTONS_ELEMENT = "buttons"
RATING_SIGNS: Mapping[Verdict, str] = {"up": "👍", "down": "👎"}
_FILE_BUTTONS: Mapping[str, str] = {
    "whole": "button_file_whole",
    "tables": "button_file_tables",
    "code": "button_file_code",
    "codes": "button_file_codes",
}


@dataclass(frozen=True, slots=True)
class Remainder:
    """What no card shows yet: about how many characters, and where to go on, for a button."""

    chars: int
    position: str

    @property
    def about(self) -> str:
        """The number as people say it: 3,200 for 3,187."""
        step = 100 if self.chars >= 1_000 else 10
        return f"{max(round(self.chars / step) * step, step):,}"


def ending_buttons(
    localizer: Localizer, *, can_continue: bool, can_regenerate: bool, remainder: Remainder | None
) -> list[Element]:
    """What can be asked for once an answer has ended."""
    buttons = []
    if remainder:
        label = localizer.plain(Text("button_more"))
        value = {"act": "more", "position": remainder.position}
        buttons.append(_button(label, "more_button", "primary_text", **value))
    if can_continue:
        label = localizer.plain(Text("button_continue"))
        buttons.append(_button(label, "continue_button", "primary_text", act="continue"))
    if can_regenerate:
        buttons += regenerate_buttons(localizer)
        for verdict, sign in RATING_SIGNS.items():
            label = localizer.plain(sign)
            buttons.append(_button(label, rating_element(verdict), act="rate", verdict=verdict))
    return buttons


def file_buttons(
    localizer: Localizer, files: tuple[FileOffer, ...], *, is_whole: bool
) -> list[Element]:
    """Those that bring the answer as a file.

    They are the last in the row: on a phone they come into a second one.
    """
    if not is_whole and not any(offer.what == "whole" for offer in files):
        files = (FileOffer("whole"), *files)
    buttons = []
    for offer in files:
        if not offer.is_sent:
            kind, _, number = offer.what.partition(":")
            known = {"ending": offer.ending, "number": f" {offer.number}" if offer.number else ""}
            label = localizer.plain(Text(_FILE_BUTTONS[kind], known))
            element_id = f"file_{kind}{number}"
            buttons.append(_button(label, element_id, act="file", what=offer.what))
    return buttons


def regenerate_buttons(localizer: Localizer) -> list[Element]:
    """Ask the question in another way."""
    return [
        _button(localizer.plain(Text(f"button_{act}")), f"{act}_button", act=act)
        for act in ("regenerate", "other_model", "edit_question")
    ]


def stop_button(localizer: Localizer, answer: str) -> Element:
    """Stops this answer."""
    return _button(localizer.plain(Text("button_stop")), "stop_button", act="stop", of=answer)


def resume_row(localizer: Localizer, resumable: Resumable) -> Element:
    """That a conversation has expired, and beside it the button that resumes it."""
    line = localizer.put(partial(notice_line, notice=resumable.notice), **SMALL)
    label = localizer.plain(Text("button_resume"))
    value = {"act": "resume", "turn": resumable.turn_id}
    pressed = _button(label, "resume_button", "primary_text", **value)
    return elements.button_row(
        [elements.div(line, "expired"), pressed],
        spacing="4px",
        element_id="resume",
        vertical_align="center",
    )


def rating_element(verdict: Verdict) -> str:
    """The element of the button with this verdict."""
    return f"rate_{verdict}"


def button_row(buttons: list[Element]) -> Element:
    """The row at the end of a card."""
    # Buttons of the type `text` bring their own padding: on a phone all five stay in one row.
    return elements.button_row(
        buttons, spacing="0px", element_id=BUTTONS_ELEMENT, vertical_align="center"
    )


def _button(label: Element, element_id: str, style: str = "text", **value: str) -> Element:
    return elements.button(label, value, style=style, element_id=element_id, size="small")
