"""Edits of an answer's card, as the actions of one batch."""

from __future__ import annotations

from functools import partial
from typing import Any

from feishu_bot.core.feedback import Verdict
from feishu_bot.core.messenger import AnswerEdit, FollowUpQuestions, RatingMarks, Retirement
from feishu_bot.feishu.cards.answer_buttons import BUTTONS_ELEMENT, RATING_SIGNS, rating_element
from feishu_bot.feishu.cards.elements import SMALL, Element, button, div
from feishu_bot.feishu.cards.localizer import Localizer
from feishu_bot.feishu.cards.notice import notice_line

Action = dict[str, Any]

FOLLOW_UPS_ELEMENT = "follow_ups"


def edit_actions(localizer: Localizer, edit: AnswerEdit) -> list[Action]:
    """What Feishu is to do to the card; `localizer` speaks the languages of all its readers."""
    match edit:
        case RatingMarks():
            return [_rating(verdict, edit) for verdict in RATING_SIGNS]
        case FollowUpQuestions(questions=()):
            return [_action("delete_elements", element_ids=[FOLLOW_UPS_ELEMENT])]
        case FollowUpQuestions(questions=questions):
            return [_action("add_elements", type="append", elements=[_follow_ups(questions)])]
        case Retirement():
            line = localizer.put(partial(notice_line, notice=edit.notice), **SMALL)
            # In place of the buttons: deleted first, since a card that has none stays as it is.
            return [
                _action("delete_elements", element_ids=[BUTTONS_ELEMENT]),
                _action("add_elements", type="append", elements=[div(line, "retired")]),
            ]


def _follow_ups(questions: tuple[str, ...]) -> Element:
    """The questions, each on a line of its own."""
    buttons = [
        button(
            {"tag": "plain_text", "content": question},
            {"act": "follow_up", "question": question},
            style="default",
            element_id=f"follow_up_{number}",
            size="small",
        )
        for number, question in enumerate(questions, 1)
    ]
    column = {"tag": "column", "width": "weighted", "weight": 1, "vertical_spacing": "4px"}
    return {
        "tag": "column_set",
        "element_id": FOLLOW_UPS_ELEMENT,
        "columns": [{**column, "elements": buttons}],
    }


def _rating(verdict: Verdict, edit: RatingMarks) -> Action:
    number = edit.ratings.up if verdict == "up" else edit.ratings.down
    mark = (str(number) if edit.counts else "✓") if number else ""
    label = f"{RATING_SIGNS[verdict]} {mark}".rstrip()
    changed = {
        "text": {"tag": "plain_text", "content": label},
        "type": "primary_text" if number else "text",
    }
    return _action(
        "partial_update_element", element_id=rating_element(verdict), partial_element=changed
    )


def _action(name: str, **params: Any) -> Action:
    return {"action": name, "params": params}
