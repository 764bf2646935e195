"""The cards of /system and /roles."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.models import Role, ThreadKey
from feishu_bot.core.views import (
    Block,
    Button,
    Buttons,
    Folded,
    Form,
    Input,
    Option,
    Paragraph,
    Row,
    Say,
    Select,
    View,
    Words,
)

# What fits on a card without pushing everything else off a phone's screen.
SHORT = 160
PREVIEW = 60
# "Input": what a text field takes.
MOST_WRITTEN = 1_000
# With titles of forty characters, half of the 30 KB that a card takes.
MOST_OPTIONS = 100
TITLE_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Playing:
    """The role that holds: its prompt, and its title if it is one of the list.

    `is_own` says that it was chosen for the conversation, and not for its chat.
    """

    prompt: str
    title: str
    is_own: bool


def categories(names: tuple[str, ...], playing: Playing) -> View:
    """The first card of /roles."""
    blocks: list[Block] = [
        Row(Say("role_now"), role_words(playing.prompt, playing.title)),
        Select(
            options=tuple(Option(shortened(name), name) for name in names[:MOST_OPTIONS]),
            placeholder=Say("roles_category"),
            value={"act": "role_category"},
        ),
    ]
    if playing.is_own:
        blocks.append(Buttons((_reset(),)))
    return _card(Say("roles_title"), *blocks, icon="🛖")


def roles_of(category: str, roles: tuple[Role, ...]) -> View:
    """The roles of a category to choose from."""
    choice = Select(
        options=tuple(Option(shortened(role.title), role.id) for role in roles[:MOST_OPTIONS]),
        placeholder=Say("roles_choose"),
        value={"act": "role_choose"},
    )
    hint = Paragraph(Say("roles_hint"), is_small=True)
    return _card(shortened(category), choice, hint, Buttons((_back(),)), icon="🛖")


def chosen(key: ThreadKey, role: Role, *, once: str) -> View:
    """A role of the list that has begun; `once` makes its example be asked once."""
    blocks: list[Block] = _prompt(role.content)
    if role.example:
        value = {"act": "role_example", "role": role.id, "once": once}
        ask = Button(label=shortened(role.example, 90), value=value, style="primary")
        blocks += [Paragraph(Say("role_example"), is_small=True), Buttons((ask,))]
    others = {"act": "role_category", "category": role.category}
    blocks += [
        Paragraph(_afresh(key), is_small=True),
        Buttons((Button(label=Say("button_role_others"), value=others), _back(), _reset())),
    ]
    return _card(role.title, *blocks)


def begun(key: ThreadKey, prompt: str) -> View:
    """A role of somebody's own that has begun."""
    hint = Paragraph(_afresh(key), is_small=True)
    return _card(Say("role_on"), *_prompt(prompt), hint, Buttons((_reset(),)))


def ended(playing: Playing) -> View:
    """The conversation has no role of its own any more; that of its chat may hold."""
    now = Row(Say("role_now"), role_words(playing.prompt, playing.title))
    return View(
        title=Say("role_title"),
        icon="🥷",
        colour="green",
        blocks=(Paragraph(Say("role_off")), now),
    )


def present(playing: Playing) -> View:
    """The role as it is, with a form for another one."""
    form = Form(
        name="role",
        fields=(
            Input(
                name="prompt",
                label=Say("role_write"),
                placeholder=Say("role_write_hint"),
                is_long=True,
                most=MOST_WRITTEN,
            ),
        ),
        submit=Button(label=Say("button_role_set"), value={"act": "role_write"}, style="primary"),
    )
    choices = [Button(label=Say("roles_title"), value={"act": "role_categories"})]
    blocks: list[Block] = [Row(Say("role_now"), role_words(playing.prompt, playing.title))]
    if playing.prompt:
        blocks += _prompt(playing.prompt)
    if playing.is_own:
        choices.append(_reset())
    blocks += [form, Paragraph(Say("role_write_more"), is_small=True), Buttons(tuple(choices))]
    return _card(Say("role_title"), *blocks)


def role_words(prompt: str, title: str) -> Words:
    """A role in a word: its title, that it is somebody's own, or that there is none."""
    if not prompt:
        return Say("role_none")
    return title or Say("role_own")


def _card(title: Words, *blocks: Block, icon: str = "🥷") -> View:
    return View(title=title, icon=icon, colour="indigo", blocks=blocks)


def _prompt(prompt: str) -> list[Block]:
    if len(prompt) <= SHORT:
        return [Paragraph(prompt)]
    beginning = shortened(" ".join(prompt.split()), PREVIEW)
    return [Folded(title=beginning, blocks=(Paragraph(prompt),))]


def _afresh(key: ThreadKey) -> Say:
    return Say("role_afresh_here" if key.root == "chat" else "role_afresh_reply")


def _back() -> Button:
    return Button(label=Say("button_role_back"), value={"act": "role_categories"})


def _reset() -> Button:
    return Button(label=Say("button_role_reset"), value={"act": "role_reset"})


def shortened(text: str, most: int = TITLE_CHARACTERS) -> str:
    """A text that is long for a label, without its end."""
    return text if len(text) <= most else text[: most - 1] + "…"
