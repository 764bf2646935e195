"""Renders the core's cards: every card of the bot that is neither an answer nor a notice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Chart,
    Collapsible,
    Divider,
    Entry,
    Field,
    Form,
    Image,
    Input,
    Link,
    Paragraph,
    Person,
    Select,
)
from feishu_bot.feishu.cards import elements
from feishu_bot.feishu.cards.elements import SMALL, CardJson, Element, div
from feishu_bot.feishu.cards.localizer import Localizer, preview, resolve_text, shortened

# "Button": a label takes 100 characters. "Input": 1,000. What is longer is cut, not refused.
LABEL_CHARS = 100
INPUT_CHARS = 1_000


def render_card(localizer: Localizer, card: Card) -> CardJson:
    """The JSON of a card; one that speaks a language of its own speaks that alone."""
    if card.language:
        localizer = Localizer(Catalog.load(card.language))
    ids = itertools.count(1)
    icon = f"{card.icon} " if card.icon else ""

    def title(texts: Catalog) -> str:
        return shortened(resolve_text(texts, card.title), LABEL_CHARS)

    return {
        "schema": "2.0",
        "config": {
            "update_multi": True,
            "summary": localizer.spread(lambda texts: preview(title(texts))),
        },
        "header": elements.header(localizer.put(lambda texts: icon + title(texts)), card.colour),
        "body": {"elements": _blocks(localizer, card.blocks, ids)},
    }


def render_blocks(localizer: Localizer, blocks: Sequence[Block]) -> list[Element]:
    """The elements of blocks that stand on a card of another kind."""
    return _blocks(localizer, blocks, itertools.count(1))


def _blocks(localizer: Localizer, blocks: Sequence[Block], ids: Iterator[int]) -> list[Element]:
    return [part for block in blocks for part in _block(localizer, block, ids)]


def _block(localizer: Localizer, block: Block, ids: Iterator[int]) -> list[Element]:
    match block:
        case Paragraph():
            style = SMALL if block.is_small else {}
            return [div(localizer.plain(block.words, **style))]
        case Field():
            return [_field(localizer, block)]
        case Image():
            alt = localizer.plain(block.alt, LABEL_CHARS)
            # "Image": the whole picture, as wide as the card; pressed, it opens.
            return [
                {"tag": "img", "img_key": block.key, "alt": alt, "scale_type": "fit_horizontal"}
            ]
        case Chart():
            return [elements.chart(_chart_spec(localizer, block))]
        case Divider():
            return [{"tag": "hr"}]
        case Buttons():
            buttons = [_button(localizer, button) for button in block.buttons]
            return [elements.button_row(buttons, spacing="8px")]
        case Select():
            callback = elements.callback(block.value)
            return [
                *_label(localizer, block),
                {**_select(localizer, block), "behaviors": [callback]},
            ]
        case Form():
            return [_form(localizer, block, ids)]
        case Collapsible():
            title = localizer.plain(block.title, LABEL_CHARS)
            return [elements.collapsible_panel(title, _blocks(localizer, block.blocks, ids))]
        case Entry():
            return [_entry(localizer, block)]


def _field(localizer: Localizer, block: Field) -> Element:
    def column(text: Element, weight: int) -> Element:
        part = text if text["tag"] == "person_list" else div(text)
        return {"tag": "column", "width": "weighted", "weight": weight, "elements": [part]}

    is_even = block.leads or isinstance(block.name, Person)
    name_weight, value_weight = (1, 1) if is_even else (2, 3)
    if isinstance(block.name, Person):
        name, value = elements.person(block.name.open_id), localizer.plain(block.value)
    elif block.leads:
        name = localizer.plain(block.name)
        value = localizer.plain(block.value, **SMALL)
    else:
        name = localizer.plain(block.name, text_color="grey")
        value = localizer.plain(block.value)
    return {
        "tag": "column_set",
        "flex_mode": "none",
        "horizontal_spacing": "8px",
        "columns": [column(name, name_weight), column(value, value_weight)],
    }


def _chart_spec(localizer: Localizer, block: Chart) -> Element:
    """A chart has no texts by language: it speaks that of the reader."""
    points = [
        {
            "place": localizer(point.place, LABEL_CHARS),
            "series": localizer(point.series, LABEL_CHARS),
            "amount": point.amount,
        }
        for point in block.points
    ]
    return {
        "type": "bar",
        "title": {"text": localizer(block.title, LABEL_CHARS)},
        "data": {"values": points},
        "xField": "place",
        "yField": "amount",
        "seriesField": "series",
        "stack": True,
        "legends": {"visible": True, "orient": "bottom"},
    }


def _entry(localizer: Localizer, entry: Entry) -> Element:
    notes = localizer.put(
        lambda texts: " · ".join(resolve_text(texts, note) for note in entry.notes), **SMALL
    )
    lines = [div(localizer.plain(entry.title, LABEL_CHARS))]
    if entry.quote:
        lines.append(div(localizer.plain(entry.quote, LABEL_CHARS, **SMALL)))
    lines.append(div(notes))
    text = {"width": "weighted", "weight": 1, "vertical_spacing": "2px", "elements": lines}
    button = {"width": "auto", "elements": [_button(localizer, entry.button)]}
    return {
        "tag": "column_set",
        "flex_mode": "none",
        "horizontal_spacing": "8px",
        "columns": [
            {"tag": "column", "vertical_align": "center", **column} for column in (text, button)
        ],
    }


def _button(localizer: Localizer, button: Button | Link) -> Element:
    label = localizer.plain(button.label, LABEL_CHARS)
    if isinstance(button, Link):
        return elements.link_button(label, button.url)
    element = elements.button(label, button.value, style=button.style)
    if button.confirm is not None:
        element["confirm"] = {"title": label, "text": localizer.plain(button.confirm)}
    return element


def _label(localizer: Localizer, select: Select) -> list[Element]:
    return [div(localizer.plain(select.label, **SMALL))] if select.label else []


def _select(localizer: Localizer, select: Select) -> Element:
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
    return element


def _form(localizer: Localizer, form: Form, ids: Iterator[int]) -> Element:
    parts: list[Element] = []
    for field in form.fields:
        if isinstance(field, Input):
            parts.append(_input(localizer, field))
        else:
            parts += [*_label(localizer, field), _select(localizer, field)]
    submit = _button(localizer, form.submit)
    parts.append({**submit, "name": f"submit_{next(ids)}", "form_action_type": "submit"})
    return {"tag": "form", "name": form.name, "elements": parts}


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
