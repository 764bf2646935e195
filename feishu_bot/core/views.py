"""Cards as values: what they say and what can be pressed on them, without a word of card JSON.

Texts are kinds with parameters, as in notices, or a person's own words as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Colour = Literal["blue", "green", "grey", "indigo", "orange", "red", "turquoise"]
Style = Literal["default", "primary", "danger"]


@dataclass(frozen=True, slots=True)
class Say:
    """A text by its kind."""

    kind: str
    params: Mapping[str, str] = field(default_factory=dict)


Words = Say | str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text of its own. Words of people and models are shown as they are, never as Markdown."""

    words: Words
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A name and what stands for it, on one line.

    The value stands out, unless the name `leads` and the value only explains it.
    """

    name: Words
    value: Words
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line between parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`value` comes back when it is pressed: `act` names the action, the rest is its own.

    `confirm` asks first. Inside a form the button sends the form.
    """

    label: Words
    value: Mapping[str, Any]
    style: Style = "default"
    confirm: Words | None = None


@dataclass(frozen=True, slots=True)
class Buttons:
    """Buttons beside each other, as far as there is room."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Option:
    label: Words
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A choice of one. Outside a form `value` comes back, with what was chosen beside it.

    Inside a form `name` tells it from the others.
    """

    options: tuple[Option, ...]
    placeholder: Words
    value: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    label: Words | None = None
    chosen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A text to fill in, in a form. `most` is the number of characters that it takes."""

    name: str
    label: Words
    placeholder: Words = ""
    text: str = ""
    is_long: bool = False
    most: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Fields that are sent together."""

    name: str
    fields: tuple[Select | Input, ...]
    submit: Button


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A part that opens when its title is pressed."""

    title: Words
    blocks: tuple[Paragraph | Row | Buttons, ...]


Block = Paragraph | Row | Rule | Buttons | Select | Form | Folded


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A card of the bot that is no answer. `icon` is an emoji before the title."""

    title: Words
    blocks: tuple[Block, ...]
    colour: Colour = "blue"
    icon: str = ""
