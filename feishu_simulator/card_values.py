"""Required attributes, allowed values and allowed places of components in card JSON 2.0.

From "Card JSON 2.0 structure" and the pages of its components, where those are definite.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from feishu_simulator import card_schema
from feishu_simulator.card_view import Card, elements_of, walk

LABEL_CHARS = 100
INPUT_CHARS = 1_000
HEADER_TAGS = 3
DEEPEST_PANEL = 5
MOST_WEIGHT = 5


def mistakes_in(card: Card) -> Iterator[str]:
    """The wrong values and places in a card whose attributes are all known."""
    config = card.get("config", {})
    yield from _in_config(config)
    if "header" in card:
        yield from _in_header(card["header"])
    own_sizes = ((config.get("style") or {}).get("text_size") or {}).keys()
    for part in walk(card):
        yield from _in_part(part, own_sizes)
    for element in elements_of(card):
        if element.get("tag") == "form":
            yield from _in_form(element)
            yield from _misplaced(element.get("elements"), ("form", "table"), "a form")
        else:
            yield from _misplaced(element, ("form",), f"a {element.get('tag')}")
    deepest = _depth(elements_of(card))
    if deepest > DEEPEST_PANEL:
        yield f"{deepest} collapsible panels in each other"


def _in_config(config: dict[str, Any]) -> Iterator[str]:
    if config.get("update_multi", True) is not True:
        yield "config.update_multi is not true"
    if not isinstance(config.get("streaming_mode", False), bool):
        yield "config.streaming_mode is not a boolean"
    summary = config.get("summary", {"content": ""})
    if not isinstance(summary, dict) or not isinstance(summary.get("content", ""), str):
        yield "config.summary has no text"


def _in_header(header: dict[str, Any]) -> Iterator[str]:
    title = header.get("title")
    if not isinstance(title, dict) or not title.get("content"):
        yield "header without a title"
    elif title.get("tag") not in ("plain_text", "lark_md"):
        yield "header.title is no text"
    template = header.get("template", "default")
    if template not in card_schema.TEMPLATES:
        yield f"header.template {template!r}"
    if len(header.get("text_tag_list") or []) > HEADER_TAGS:
        yield "too many tags in the header"


def _in_part(part: dict[str, Any], own_sizes: Collection[str]) -> Iterator[str]:
    tag = part["tag"]
    for name in sorted(card_schema.REQUIRED.get(tag, frozenset()) - part.keys()):
        yield f"{tag} without {name}"
    for name, choices in card_schema.CHOICES.get(tag, {}).items():
        if name in part and part[name] not in choices:
            yield f"{tag}.{name} {part[name]!r}"
    size = part.get("text_size", "normal")
    if size not in card_schema.TEXT_SIZES and size not in own_sizes:
        yield f"{tag}.text_size {size!r}"
    if part.get("text_align", "left") not in card_schema.TEXT_ALIGNS:
        yield f"{tag}.text_align {part['text_align']!r}"
    yield from _in_languages(part)
    yield from _in_behaviors(part)
    if tag == "button":
        yield from _in_button(part)
    elif tag == "select_static":
        yield from _in_select(part)
    elif tag == "input":
        yield from _in_input(part)
    elif tag == "column":
        yield from _in_column(part)
    elif tag == "chart":
        yield from _in_chart(part)
    elif tag == "person_list":
        yield from _in_people(part)


def _in_languages(part: dict[str, Any]) -> Iterator[str]:
    by_locale = part.get("i18n_content", {})
    if not isinstance(by_locale, dict):
        yield f"{part['tag']}.i18n_content is not an object"
        return
    for locale, text in by_locale.items():
        if locale not in card_schema.LOCALES or not isinstance(text, str):
            yield f"{part['tag']}.i18n_content.{locale}"


def _in_behaviors(part: dict[str, Any]) -> Iterator[str]:
    for behavior in part.get("behaviors") or []:
        kind = behavior.get("type")
        if kind not in card_schema.BEHAVIORS:
            yield f"{part['tag']}.behaviors type {kind!r}"
        if kind == "callback" and not isinstance(behavior.get("value"), dict | str):
            yield f"{part['tag']} calls back without a value"
        if kind == "open_url" and not behavior.get("default_url"):
            yield f"{part['tag']} opens no address"


def _in_button(button: dict[str, Any]) -> Iterator[str]:
    label = (button.get("text") or {}).get("content") or ""
    if len(label) > LABEL_CHARS:
        yield f"button text over {LABEL_CHARS} characters"
    confirm = button.get("confirm")
    if confirm is not None and not (confirm.get("title") or confirm.get("text")):
        yield "button.confirm asks nothing"


def _in_select(select: dict[str, Any]) -> Iterator[str]:
    options = select.get("options") or []
    values = [option.get("value") for option in options]
    if not all(isinstance(value, str) and value for value in values):
        yield "option without a value"
    elif len(set(values)) < len(values):
        yield "two options with one value"
    if not all((option.get("text") or {}).get("content") for option in options):
        yield "option without a text"
    if "initial_option" in select and select["initial_option"] not in values:
        yield "initial_option is no option"


def _in_input(field: dict[str, Any]) -> Iterator[str]:
    most = field.get("max_length", INPUT_CHARS)
    if not isinstance(most, int) or not 1 <= most <= INPUT_CHARS:
        yield f"input.max_length {most!r}"
    elif len(field.get("default_value") or "") > most:
        yield "input.default_value over max_length"


def _in_column(column: dict[str, Any]) -> Iterator[str]:
    width = column.get("width", "auto")
    if width not in ("auto", "weighted") and not str(width).endswith("px"):
        yield f"column.width {width!r}"
    weight = column.get("weight", 1)
    if not isinstance(weight, int) or not 1 <= weight <= MOST_WEIGHT:
        yield f"column.weight {weight!r}"


def _in_chart(chart: dict[str, Any]) -> Iterator[str]:
    spec = chart.get("chart_spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("type"), str):
        yield "chart.chart_spec without a type"
    elif "data" not in spec:
        yield "chart.chart_spec without data"
    height = str(chart.get("height", "auto"))
    if height != "auto" and not re.fullmatch(r"[1-9]\d{0,2}px", height):
        yield f"chart.height {height!r}"


def _in_people(people: dict[str, Any]) -> Iterator[str]:
    persons = people.get("persons")
    if not isinstance(persons, list) or not all(
        isinstance(one, dict) and one.keys() == {"id"} for one in persons
    ):
        yield "person_list.persons is not a list of ids"


def _in_form(form: dict[str, Any]) -> Iterator[str]:
    inside = [p for p in walk(form.get("elements")) if p["tag"] in card_schema.INTERACTIVE]
    names = [part.get("name") for part in inside]
    if not all(names):
        yield "a form with a component without a name"
    if len(set(names)) < len(names):
        yield "a form with two components of one name"
    if not any(_submits(part) for part in inside):
        yield "a form without a submit button"


def _submits(part: dict[str, Any]) -> bool:
    return part.get("form_action_type") == "submit" or any(
        (behavior.get("type"), behavior.get("behavior")) == ("form_action", "submit")
        for behavior in part.get("behaviors") or []
    )


def _misplaced(inside: Any, tags: tuple[str, ...], where: str) -> Iterator[str]:
    for part in walk(inside):
        if part["tag"] in tags:
            yield f"{part['tag']} in {where}"


def _depth(part: Any) -> int:
    """The depth of nested collapsible panels."""
    if isinstance(part, list):
        return max(map(_depth, part), default=0)
    if not isinstance(part, dict):
        return 0
    inside = max(_depth(part.get(key)) for key in ("elements", "columns"))
    return inside + (part.get("tag") == "collapsible_panel")
