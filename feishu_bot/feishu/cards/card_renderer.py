"""Views as card JSON 2.0: every card of the bot that is neither an answer nor a notice.

Built after "Card JSON 2.0 structure" and the pages of its components; an attribute that those
pages don't name makes Feishu refuse the whole card (200621).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Collapsible,
    Divider,
    Field,
    Form,
    Input,
    Label,
    Paragraph,
    Select,
)
from feishu_bot.feishu.cards.answer import CardJson
from feishu_bot.feishu.cards.localizer import (
    Element,
    Localizer,
    preview,
    resolve_text,
    shortened,
)

# "Button": a label takes 100 characters. "Input": 1,000. What is longer is cut, not refused.
LABEL_CHARS = 100
INPUT_CHARS = 1_000


def render_card(localizer: Localizer, view: Card) -> CardJson:
    """The card of a view."""
    ids = itertools.count(1)
    elements = [part for block in view.blocks for part in _block(localizer, block, ids)]
    icon = f"{view.icon} " if view.icon else ""

    def title(texts: Catalog) -> str:
        return shortened(resolve_text(texts, view.title), LABEL_CHARS)

    return {
        "schema": "2.0",
        "config": {
            "update_multi": True,
            "summary": localizer.spread(lambda texts: preview(title(texts))),
        },
        "header": {
            "title": localizer.put(lambda texts: icon + title(texts)),
            "template": view.colour,
        },
        "body": {"elements": elements},
    }


def _block(localizer: Localizer, block: Block, ids: Iterator[int]) -> list[Element]:
    match block:
        case Paragraph():
            return [_paragraph(localizer, block)]
        case Field():
            return [_row(localizer, block)]
        case Divider():
            return [{"tag": "hr"}]
        case Buttons():
            return [_buttons(localizer, block)]
        case Select():
            label = [_small(localizer, block.label)] if block.label else []
            return [*label, _select(localizer, block, behaviors=True)]
        case Form():
            return [_form(localizer, block, ids)]
        case Collapsible():
            return [_folded(localizer, block, ids)]


def _paragraph(localizer: Localizer, block: Paragraph) -> Element:
    if block.is_small:
        return _small(localizer, block.words)
    return {"tag": "div", "text": localizer.plain(block.words)}


def _small(localizer: Localizer, words: Label) -> Element:
    text = localizer.plain(words, text_size="notation", text_color="grey")
    return {"tag": "div", "text": text}


def _row(localizer: Localizer, block: Field) -> Element:
    def column(text: Element, weight: int) -> Element:
        return {
            "tag": "column",
            "width": "weighted",
            "weight": weight,
            "elements": [{"tag": "div", "text": text}],
        }

    name_weight, value_weight = (1, 1) if block.leads else (2, 3)
    if block.leads:
        name = localizer.plain(block.name)
        value = localizer.plain(block.value, text_size="notation", text_color="grey")
    else:
        name = localizer.plain(block.name, text_color="grey")
        value = localizer.plain(block.value)
    return {
        "tag": "column_set",
        "flex_mode": "none",
        "horizontal_spacing": "8px",
        "columns": [column(name, name_weight), column(value, value_weight)],
    }


def _buttons(localizer: Localizer, block: Buttons) -> Element:
    columns = [
        {"tag": "column", "width": "auto", "elements": [_button(localizer, button)]}
        for button in block.buttons
    ]
    return {
        "tag": "column_set",
        "flex_mode": "flow",
        "horizontal_spacing": "8px",
        "columns": columns,
    }


def _button(localizer: Localizer, button: Button) -> Element:
    element: Element = {
        "tag": "button",
        "text": localizer.plain(button.label, LABEL_CHARS),
        "type": button.style,
        # The value must be an object: with a string the SDK can't read the card action.
        "behaviors": [{"type": "callback", "value": dict(button.value)}],
    }
    if button.confirm is not None:
        element["confirm"] = {
            "title": localizer.plain(button.label, LABEL_CHARS),
            "text": localizer.plain(button.confirm),
        }
    return element


def _select(localizer: Localizer, select: Select, *, behaviors: bool) -> Element:
    element: Element = {
        "tag": "select_static",
        "placeholder": localizer.plain(select.placeholder, LABEL_CHARS),
        "width": "fill",
        "options": [
            {"text": localizer.plain(option.label, LABEL_CHARS), "value": option.value}
            for option in select.options
        ],
    }
    if select.name:
        element["name"] = select.name
    if any(option.value == select.chosen for option in select.options):
        element["initial_option"] = select.chosen
    if behaviors:
        element["behaviors"] = [{"type": "callback", "value": dict(select.value)}]
    return element


def _form(localizer: Localizer, form: Form, ids: Iterator[int]) -> Element:
    elements: list[Element] = []
    for part in form.fields:
        if isinstance(part, Input):
            elements.append(_input(localizer, part))
        else:
            if part.label:
                elements.append(_small(localizer, part.label))
            elements.append(_select(localizer, part, behaviors=False))
    submit = _button(localizer, form.submit)
    elements.append({**submit, "name": f"submit_{next(ids)}", "form_action_type": "submit"})
    return {"tag": "form", "name": form.name, "elements": elements}


def _input(localizer: Localizer, field: Input) -> Element:
    element: Element = {
        "tag": "input",
        "name": field.name,
        "label": localizer.plain(field.label, LABEL_CHARS),
        "label_position": "top",
        "placeholder": localizer.plain(field.placeholder, LABEL_CHARS),
        "width": "fill",
        "max_length": min(field.most, INPUT_CHARS),
    }
    if field.text:
        element["default_value"] = field.text[: element["max_length"]]
    if field.is_long:
        element |= {"input_type": "multiline_text", "rows": 4, "auto_resize": True}
    return element


def _folded(localizer: Localizer, block: Collapsible, ids: Iterator[int]) -> Element:
    return {
        "tag": "collapsible_panel",
        "expanded": False,
        "header": {
            "title": localizer.plain(block.title, LABEL_CHARS),
            "icon": {"tag": "standard_icon", "token": "down-small-ccm_outlined"},
            "icon_position": "right",
            "icon_expanded_angle": -180,
        },
        "border": {"color": "grey", "corner_radius": "5px"},
        "elements": [part for inner in block.blocks for part in _block(localizer, inner, ids)],
    }
