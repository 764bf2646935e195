"""The cards of a person's own roles. Only in private chats: nobody else reads them."""

from __future__ import annotations

from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Form,
    Input,
    Label,
    Option,
    Paragraph,
    Select,
    Text,
)
from feishu_bot.core.commands.role_cards import MAX_INPUT_CHARS, afresh, prompt_blocks
from feishu_bot.core.own_roles import MAX_OWN_ROLES, NAME_CHARS, OwnRole


def list_card(roles: tuple[OwnRole, ...], *, can_keep: bool) -> Card:
    """All of a person's roles; `can_keep` is whether the conversation has one to keep."""
    blocks: list[Block] = []
    if roles:
        options = (Option(role.name, str(role.id)) for role in roles)
        blocks.append(Select.of(Text("roles_choose"), "own_role_show", options))
    else:
        blocks.append(Paragraph(Text("own_roles_none")))
    counts = {"count": str(len(roles)), "most": str(MAX_OWN_ROLES)}
    blocks.append(Paragraph(Text("own_roles_hint", counts), is_small=True))
    buttons = [Button.of(Text("button_own_role_new"), "own_role_form")]
    if can_keep:
        keep = Button.of(Text("button_own_role_keep"), "own_role_ask", style="primary")
        buttons.insert(0, keep)
    buttons.append(Button.of(Text("button_role_back"), "role_categories"))
    return _card(Text("own_roles_title"), *blocks, Buttons(tuple(buttons)))


def role_card(role: OwnRole) -> Card:
    """One role, with what can be done with it."""
    value = str(role.id)
    delete = Button(
        label=Text("button_own_role_delete"),
        value={"act": "own_role_delete", "role": value},
        style="danger",
        confirm=Text("own_role_delete_sure", {"name": role.name}),
    )
    buttons = (
        Button.of(Text("button_own_role_use"), "own_role_use", style="primary", role=value),
        Button.of(Text("button_own_role_change"), "own_role_form", role=value),
        delete,
        _back(),
    )
    return _card(role.name, *prompt_blocks(role.prompt), Buttons(buttons))


def form_card(role: OwnRole | None) -> Card:
    """A form for a new role, or for this one. What is too long for a field is left as it is."""
    fields = [_name(role.name if role else "")]
    is_long = role is not None and len(role.prompt) > MAX_INPUT_CHARS
    if not is_long:
        field = Input(
            name="prompt",
            label=Text("role_write"),
            placeholder=Text("role_write_hint"),
            text=role.prompt if role else "",
            is_long=True,
            most=MAX_INPUT_CHARS,
        )
        fields.append(field)
    value = {"role": str(role.id)} if role else {}
    submit = Button.of(Text("button_own_role_save"), "own_role_write", style="primary", **value)
    title: Label = role.name if role else Text("button_own_role_new")
    hint = Paragraph(Text("own_role_long"), is_small=True)
    form = Form(name="own_role", fields=tuple(fields), submit=submit)
    return _card(title, form, hint, Buttons((_back(),)))


def keep_card(prompt: str) -> Card:
    """Asks for the name under which the conversation's role is to be kept."""
    submit = Button.of(Text("button_own_role_save"), "own_role_keep", style="primary")
    form = Form(name="own_role", fields=(_name(""),), submit=submit)
    return _card(Text("own_role_keep"), *prompt_blocks(prompt), form, Buttons((_back(),)))


def begun_card(role: OwnRole, *, is_private: bool, for_chat: bool) -> Card:
    """An own role that has begun. In a group its prompt isn't shown."""
    blocks: list[Block] = prompt_blocks(role.prompt) if is_private else []
    hint = afresh(for_chat=for_chat)
    reset = Button.of(Text("button_role_reset"), "role_reset")
    buttons = (_back(), reset) if is_private else (reset,)
    return _card(role.name, *blocks, hint, Buttons(buttons))


def _name(name: str) -> Input:
    return Input(
        name="name",
        label=Text("own_role_name"),
        placeholder=Text("own_role_name_hint"),
        text=name,
        most=NAME_CHARS,
    )


def _back() -> Button:
    return Button.of(Text("own_roles_title"), "own_roles")


def _card(title: Label, *blocks: Block) -> Card:
    return Card(title=title, icon="⭐", colour="indigo", blocks=blocks)
