"""Cards as the platform gives them out, in events and where messages are read."""

from __future__ import annotations

import json
from typing import Any

from feishu_simulator import card_view
from feishu_simulator.quirks import STAND_IN, Quirks


def given_card(card: dict[str, Any], quirks: Quirks, *, whole: bool = False) -> str:
    """A card as a string of JSON: simplified to its lines, or `whole` where that is asked for."""
    if quirks.cards_given_out != "whole":
        return json.dumps(_stand_in(card, quirks), ensure_ascii=False)
    if whole:
        return json.dumps(card, ensure_ascii=False)
    lines = card_view.text_of(card).splitlines()
    elements = [[{"tag": "text", "text": line}] for line in lines]
    simplified = {"title": card_view.title_of(card) or None, "elements": elements}
    return json.dumps(simplified, ensure_ascii=False)


def _stand_in(card: dict[str, Any], quirks: Quirks) -> dict[str, Any]:
    """What old clients are shown; newer answers have the card itself beside it."""
    rows = [[{"tag": "img", "image_key": "img_stand_in"}, {"tag": "text", "text": STAND_IN}]]
    shown: dict[str, Any] = {"title": None, "elements": rows}
    if quirks.cards_given_out == "user_dsl":
        shown["user_dsl"] = json.dumps(card, ensure_ascii=False)
    return shown
