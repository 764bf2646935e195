"""The cards of /system and /roles."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Collapsible,
    Field,
    Form,
    Input,
    Label,
    Option,
    Paragraph,
    Select,
    Text,
)
from feishu_bot.core.roles import Role
from feishu_bot.core.text import shorten

# What fits on a card without pushing everything else off a phone's screen.
SHORT_PROMPT_CHARS = 160
PREVIEW_CHARS = 60
# "Input": what a text field takes.
MAX_INPUT_CHARS = 1_000
# With titles of forty characters, half of the 30 KB that a card takes.
MAX_OPTIONS = 100
TITLE_CHARS = 40


@dataclass(frozen=True, slots=True)
class ActiveRole:
    """The role that holds: its prompt, and its title if it is one of the list.

    `is_own` says that it can be given up here: in a group that of the chat can't.
    """

    prompt: str
    title: str
    is_own: bool


def categories_card(names: tuple[str, ...], playing: ActiveRole) -> Card:
    """The first card of /roles."""
    options = (Option(shorten(name, TITLE_CHARS), name) for name in names[:MAX_OPTIONS])
    choice = Select.of(Text("roles_category"), "role_category", options)
    buttons = [Button.of(Text("own_roles_title"), "own_roles")]
    if playing.is_own:
        buttons.append(_reset())
    blocks = (_now(playing), choice, Buttons(tuple(buttons)))
    return _card(Text("roles_title"), *blocks, icon="🛖")


def roles_card(category: str, roles: tuple[Role, ...]) -> Card:
    """The roles of a category to choose from."""
    options = (Option(shorten(role.title, TITLE_CHARS), role.id) for role in roles[:MAX_OPTIONS])
    choice = Select.of(Text("roles_choose"), "role_choose", options)
    hint = Paragraph(Text("roles_hint"), is_small=True)
    return _card(shorten(category, TITLE_CHARS), choice, hint, Buttons((_back(),)), icon="🛖")


def chosen_card(role: Role, *, once: str, for_chat: bool) -> Card:
    """A role of the list that has begun; `once` makes its example be asked once.

    `for_chat` says that it holds for the whole private chat.
    """
    blocks: list[Block] = prompt_blocks(role.content)
    if role.example:
        example = shorten(role.example, 90)
        ask = Button.of(example, "role_example", style="primary", role=role.id, once=once)
        blocks += [Paragraph(Text("role_example"), is_small=True), Buttons((ask,))]
    others = Button.of(Text("button_role_others"), "role_category", category=role.category)
    blocks += [afresh(for_chat=for_chat), Buttons((others, _back(), _reset()))]
    return _card(role.title, *blocks)


def custom_role_card(prompt: str, *, for_chat: bool, can_keep: bool = False) -> Card:
    """A role of somebody's own that has begun; `can_keep` offers to keep it under a name."""
    buttons = (_keep(), _reset()) if can_keep else (_reset(),)
    hint = afresh(for_chat=for_chat)
    return _card(Text("role_on"), *prompt_blocks(prompt), hint, Buttons(buttons))


def reset_card(playing: ActiveRole) -> Card:
    """No role is chosen here any more; that of a group may hold."""
    blocks = (Paragraph(Text("role_off")), _now(playing))
    return Card(title=Text("role_title"), icon="🥷", colour="green", blocks=blocks)


def current_card(
    playing: ActiveRole, *, can_keep: bool = False, hides_prompt: bool = False
) -> Card:
    """The role as it is, with a form for another one.

    `can_keep` offers to keep it under a name; `hides_prompt` is for one that is somebody's own.
    """
    field = Input(
        name="prompt",
        label=Text("role_write"),
        placeholder=Text("role_write_hint"),
        is_long=True,
        most=MAX_INPUT_CHARS,
    )
    submit = Button.of(Text("button_role_set"), "role_write", style="primary")
    form = Form(name="role", fields=(field,), submit=submit)
    choices = [Button.of(Text("roles_title"), "role_categories")]
    blocks: list[Block] = [_now(playing)]
    if playing.prompt and not hides_prompt:
        blocks += prompt_blocks(playing.prompt)
    if can_keep:
        choices.append(_keep())
    if playing.is_own:
        choices.append(_reset())
    blocks += [form, Paragraph(Text("role_write_more"), is_small=True), Buttons(tuple(choices))]
    return _card(Text("role_title"), *blocks)


def role_label(prompt: str, title: str) -> Label:
    """A role in a word: its title, that it is somebody's own, or that there is none."""
    if not prompt:
        return Text("role_none")
    return title or Text("role_own")


def _card(title: Label, *blocks: Block, icon: str = "🥷") -> Card:
    return Card(title=title, icon=icon, colour="indigo", blocks=blocks)


def _now(playing: ActiveRole) -> Field:
    return Field(Text("role_now"), role_label(playing.prompt, playing.title))


def prompt_blocks(prompt: str) -> list[Block]:
    """A prompt, folded where it is long."""
    if len(prompt) <= SHORT_PROMPT_CHARS:
        return [Paragraph(prompt)]
    beginning = shorten(" ".join(prompt.split()), PREVIEW_CHARS)
    return [Collapsible(title=beginning, blocks=(Paragraph(prompt),))]


def afresh(*, for_chat: bool) -> Paragraph:
    """That a new conversation begins, and where the role holds."""
    words = Text("role_afresh_for_chat" if for_chat else "role_afresh_for_conversation")
    return Paragraph(words, is_small=True)


def _back() -> Button:
    return Button.of(Text("button_role_back"), "role_categories")


def _reset() -> Button:
    return Button.of(Text("button_role_reset"), "role_reset")


def _keep() -> Button:
    return Button.of(Text("button_own_role_keep"), "own_role_ask")
