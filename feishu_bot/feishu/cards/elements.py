"""Builders of the elements of a card, shared by answers, notices and the core's cards.

After "Card JSON 2.0 structure" and the pages of its components; an attribute that those pages
don't name makes Feishu refuse the whole card (200621). An element that is updated alone, or that
belongs to an answer or a notice, has an `element_id`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Element = dict[str, Any]
CardJson = dict[str, Any]

# The style of small print, for a `plain_text` element.
SMALL: Mapping[str, str] = {"text_size": "notation", "text_color": "grey"}


def div(text: Element, element_id: str = "") -> Element:
    """A text on lines of its own."""
    return {**_tag("div", element_id), "text": text}


def markdown(content: str, element_id: str, **style: str) -> Element:
    """Markdown that `safe_markdown` has made safe."""
    return {**_tag("markdown", element_id), "content": content, **style}


def header(title: Element, template: str) -> Element:
    """The title of a card; `template` is its colour."""
    return {"title": title, "template": template}


def button(
    label: Element, value: Mapping[str, Any], *, style: str, element_id: str = "", **more: str
) -> Element:
    """A button whose `value` comes back when it is pressed."""
    return {
        **_tag("button", element_id),
        "text": label,
        "type": style,
        **more,
        # The value must be an object: with a string the SDK can't read the card action.
        "behaviors": [callback(value)],
    }


def link_button(label: Element, url: str) -> Element:
    """A button that opens a page ("Button": the behaviour `open_url`)."""
    return {
        "tag": "button",
        "text": label,
        "type": "default",
        "behaviors": [{"type": "open_url", "default_url": url}],
    }


def callback(value: Mapping[str, Any]) -> Element:
    """The behaviour of a control that sends `value` to the bot."""
    return {"type": "callback", "value": dict(value)}


def button_row(
    buttons: Iterable[Element], *, spacing: str, element_id: str = "", **column: str
) -> Element:
    """Buttons beside each other, as far as there is room."""
    return {
        **_tag("column_set", element_id),
        "flex_mode": "flow",
        "horizontal_spacing": spacing,
        "columns": [
            {"tag": "column", "width": "auto", **column, "elements": [button]} for button in buttons
        ],
    }


def person_row(label: Element, people: Iterable[str], element_id: str) -> Element:
    """People by their ids of any kind, behind a label. Nobody is notified.

    The client puts their names, which needs no scope; ids that are wrong are left out ("User
    list").
    """
    persons: Element = {
        "tag": "person_list",
        "persons": [{"id": person} for person in people],
        "size": "small",
        "lines": 2,
        "show_name": True,
        "show_avatar": True,
        "drop_invalid_user_id": True,
    }
    middle = {"tag": "column", "vertical_align": "center"}
    return {
        **_tag("column_set", element_id),
        "flex_mode": "none",
        "horizontal_spacing": "8px",
        "columns": [
            {**middle, "width": "auto", "elements": [label]},
            {**middle, "width": "weighted", "weight": 1, "elements": [persons]},
        ],
    }


def collapsible_panel(
    title: Element, elements: list[Element], *, expanded: bool = False, element_id: str = ""
) -> Element:
    """A part that opens and closes when its title is pressed."""
    return {
        **_tag("collapsible_panel", element_id),
        "expanded": expanded,
        "header": {
            "title": title,
            "icon": {"tag": "standard_icon", "token": "down-small-ccm_outlined"},
            "icon_position": "right",
            "icon_expanded_angle": -180,
        },
        "border": {"color": "grey", "corner_radius": "5px"},
        "elements": elements,
    }


def person(open_id: str) -> Element:
    """A person with name and picture, by open_id ("User list").

    A list of one: an id that Feishu doesn't know makes it refuse a card with a `person`, while it
    can be told to leave it out of a list.
    """
    return {
        "tag": "person_list",
        "persons": [{"id": open_id}],
        "size": "extra_small",
        "show_avatar": True,
        "drop_invalid_user_id": True,
    }


def chart(spec: Mapping[str, Any]) -> Element:
    """A chart as VChart takes it ("Chart"): since client 7.1, with VChart 1.2.2 at least."""
    return {"tag": "chart", "chart_spec": dict(spec), "aspect_ratio": "2:1"}


def _tag(tag: str, element_id: str) -> Element:
    return {"tag": tag, "element_id": element_id} if element_id else {"tag": tag}
