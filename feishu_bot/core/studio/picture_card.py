"""What stands on the card of a picture, and what can be pressed on it."""

from __future__ import annotations

from typing import get_args

from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Collapsible,
    Form,
    Image,
    Input,
    Option,
    Paragraph,
    Select,
    Text,
)
from feishu_bot.core.drawings import SHAPES, STYLES, Drawing
from feishu_bot.errors import MediaErrorKind

# "Input": what a text field takes.
INSTRUCTION_CHARS = 1_000
# A select has no empty value.
FREE = "free"

# The endings at which there was nothing to be drawn.
_NOTHING_DRAWN = frozenset(
    {"picture_waits", "picture_wordless", "pictures_too_many", *get_args(MediaErrorKind)}
)


def drawn_images(drawing: Drawing) -> tuple[Image, ...]:
    """The pictures themselves."""
    return tuple(Image(key, Text("picture_alt")) for key in drawing.pictures)


def picture_controls(drawing: Drawing, notice: str) -> tuple[Block, ...]:
    """What can be done with a drawing; `notice` is the kind of the notice that it ended with."""
    if not drawing.pictures:
        again = () if notice in _NOTHING_DRAWN else (_again(),)
        return (Buttons((*again, _leave())),)
    return (
        *_prompt(drawing.prompt),
        Paragraph(Text("picture_choices"), is_small=True),
        _select("shape", Text("picture_shape"), SHAPES, drawing.shape),
        _select("style", Text("picture_style"), tuple(STYLES), drawing.style),
        _change(),
        Buttons((_again(), _leave())),
    )


def _prompt(prompt: str) -> tuple[Block, ...]:
    if not prompt:
        return ()
    return (Collapsible(title=Text("picture_prompt_changed"), blocks=(Paragraph(prompt),)),)


def _select(name: str, asked: Text, values: tuple[str, ...], chosen: str) -> Select:
    options = [Option(Text(f"picture_{name}_{value}"), value) for value in (FREE, *values)]
    return Select.of(asked, "draw_again", options, chosen=chosen or FREE, wish=name)


def _change() -> Form:
    field = Input(
        name="instruction",
        label=Text("picture_change"),
        placeholder=Text("picture_change_example"),
        most=INSTRUCTION_CHARS,
    )
    return Form(
        name="change",
        fields=(field,),
        submit=Button.of(Text("button_picture_change"), "change_picture", style="primary"),
    )


def _again() -> Button:
    return Button.of(Text("button_draw_again"), "draw_again")


def _leave() -> Button:
    return Button.of(Text("button_studio_leave"), "studio_leave")
