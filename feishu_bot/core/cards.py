"""Cards as values: what they say and what can be pressed on them, without a word of card JSON.

Texts are keys with parameters, as in notices, or a person's own words as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from feishu_bot.core.languages import Language

Colour = Literal["blue", "green", "grey", "indigo", "orange", "red", "turquoise"]
Style = Literal["default", "primary", "danger"]

# The action of a button that runs a command; `CommandRunner.press` handles the click.
RUN = "run"


@dataclass(frozen=True, slots=True)
class Text:
    """A text by its key in the catalog."""

    key: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several texts on one line, with a dot between them."""

    parts: tuple[Text | str, ...]


Label = Text | str | Joined


@dataclass(frozen=True, slots=True)
class Person:
    """A person by open_id: Feishu itself shows the name and the picture."""

    open_id: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text of its own. Words of people and models are shown as they are, never as Markdown."""

    words: Label
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A name and what stands for it, on one line.

    The value stands out, unless the name `leads` and the value only explains it.
    """

    name: Label | Person
    value: Label
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, by the key that `Messenger.upload_picture` gave; it opens when it is pressed.

    `alt` says what is on it.
    """

    key: str
    alt: Label = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of a chart: where it stands, what it belongs to, and how much it is."""

    place: Label
    series: Label
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Columns, those of one place on top of each other."""

    title: Label
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """A line between parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`value` comes back when it is pressed: `act` names the action, the rest is its own.

    `confirm` asks first. Inside a form the button sends the form.
    """

    label: Label
    value: Mapping[str, Any]
    style: Style = "default"
    confirm: Label | None = None

    @classmethod
    def of(cls, label: Label, act: str, *, style: Style = "default", **value: str) -> Self:
        """One for the `@action` of this name, which gets the other values, too."""
        return cls(label=label, value={"act": act, **value}, style=style)

    @classmethod
    def command(
        cls, label: Label, text: str, *, chat: str = "", style: Style = "default"
    ) -> Button:
        """One that does what sending `text` would.

        `chat` is the kind of chat, where the command asks for it.
        """
        where = {"chat": chat} if chat else {}
        return cls.of(label, RUN, style=style, text=text, **where)


@dataclass(frozen=True, slots=True)
class Link:
    """A button that opens a page."""

    label: Label
    url: str


@dataclass(frozen=True, slots=True)
class Buttons:
    """Buttons beside each other, as far as there is room."""

    buttons: tuple[Button | Link, ...]


@dataclass(frozen=True, slots=True)
class Option:
    label: Label
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A choice of one. Outside a form `value` comes back, with what was chosen beside it.

    Inside a form `name` tells it from the others.
    """

    options: tuple[Option, ...]
    placeholder: Label
    value: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    label: Label | None = None
    chosen: str = ""

    @classmethod
    def of(
        cls, ask: Label, act: str, options: Iterable[Option], *, chosen: str = "", **value: str
    ) -> Self:
        """One for the `@action` of this name, which gets the choice as `option`."""
        back = {"act": act, **value}
        return cls(options=tuple(options), placeholder=ask, value=back, chosen=chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A text to fill in, in a form. `most` is the number of characters that it takes."""

    name: str
    label: Label
    placeholder: Label = ""
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
class Collapsible:
    """A part that opens when its title is pressed."""

    title: Label
    blocks: tuple[Paragraph | Field | Buttons, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of a list: its title, a quotation and notes in small print, and its own button."""

    title: Label
    notes: tuple[Label, ...]
    button: Button
    quote: Label = ""


Block = Paragraph | Field | Image | Chart | Divider | Buttons | Select | Form | Collapsible | Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the bot that is no answer. `icon` is an emoji before the title.

    `language` is set where the card speaks that one, whoever reads it.
    """

    title: Label
    blocks: tuple[Block, ...]
    colour: Colour = "blue"
    icon: str = ""
    language: Language | None = None
