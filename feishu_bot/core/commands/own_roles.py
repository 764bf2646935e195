"""What is pressed on the cards of a person's own roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.commands import own_role_cards as cards
from feishu_bot.core.commands.registry import CommandGroup, action
from feishu_bot.core.commands.roles import RoleCommands
from feishu_bot.core.own_roles import MAX_OWN_ROLES, NAME_CHARS, OwnRole, OwnRoles, role_name
from feishu_bot.core.text import whole_number


def _in_private(
    handle: Callable[[OwnRoleActions, CardClick], ClickResponse],
) -> Callable[[OwnRoleActions, CardClick], ClickResponse]:
    """Not in a group: the card that comes in place of the pressed one is everybody's."""

    @wraps(handle)
    def handle_in_private(self: OwnRoleActions, click: CardClick) -> ClickResponse:
        if click.chat_type != "p2p":
            return toast("own_roles_private", "warning")
        return handle(self, click)

    return handle_in_private


@dataclass(frozen=True)
class OwnRoleActions(CommandGroup):
    """An id on a card counts only for the person whose role it is."""

    own: OwnRoles
    roles: RoleCommands

    @action("own_roles")
    @_in_private
    def list(self, click: CardClick) -> ClickResponse:
        """Show the roles of who pressed it."""
        return ClickResponse(card=self.roles.own_list(click.key, _person(click)))

    @action("own_role_show", "option")
    @_in_private
    def show(self, click: CardClick) -> ClickResponse:
        """Show the role that was chosen."""
        role = self._role(click, "option")
        return ClickResponse(card=cards.role_card(role)) if role else _gone()

    @action("own_role_use")
    @_in_private
    def use(self, click: CardClick) -> ClickResponse:
        """Play the role."""
        role = self._role(click, "role")
        if role is None:
            return _gone()
        person = _person(click)
        refusal = self.roles.play(click.key, person, role.prompt)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        for_chat = self.roles.choices.reach_chat(click.key, person)
        return ClickResponse(card=cards.begun_card(role, is_private=True, for_chat=for_chat))

    @action("own_role_form")
    @_in_private
    def form(self, click: CardClick) -> ClickResponse:
        """Show the form for a new role, or for the one that the button names."""
        role = self._role(click, "role")
        if role is None and click.value("role"):
            return _gone()
        return ClickResponse(card=cards.form_card(role))

    @action("own_role_write", "name", "prompt")
    @_in_private
    def write(self, click: CardClick) -> ClickResponse:
        """Keep what was written into the form."""
        role = self._role(click, "role")
        if role is None and click.value("role"):
            return _gone()
        # A prompt too long for the form isn't on it.
        prompt = click.value("prompt").strip() or (role.prompt if role else "")
        refusal = self._name_refusal(click) or self._prompt_refusal(prompt)
        if refusal:
            return refusal
        name, person = role_name(click.value("name")), _person(click)
        if role is None:
            return self._keep(click, name, prompt)
        if not self.own.change(person, role.id, name, prompt):
            return toast("own_role_name_taken", "warning", name=name)
        changed = OwnRole(id=role.id, name=name, prompt=prompt)
        done = toast("own_role_saved", "success", name=name)
        return done.with_card(cards.role_card(changed))

    @action("own_role_ask")
    @_in_private
    def ask(self, click: CardClick) -> ClickResponse:
        """Ask for a name for the role of the conversation."""
        prompt = self.roles.own_prompt(click.key, _person(click))
        if not prompt:
            return toast("own_role_nothing", "warning")
        return ClickResponse(card=cards.keep_card(prompt))

    @action("own_role_keep", "name")
    @_in_private
    def keep(self, click: CardClick) -> ClickResponse:
        """Keep the role of the conversation under the name that was written."""
        prompt = self.roles.own_prompt(click.key, _person(click))
        if not prompt:
            return toast("own_role_nothing", "warning")
        return self._name_refusal(click) or self._keep(
            click, role_name(click.value("name")), prompt
        )

    @action("own_role_delete")
    @_in_private
    def delete(self, click: CardClick) -> ClickResponse:
        """Delete the role; a conversation that plays it goes on playing it."""
        role, person = self._role(click, "role"), _person(click)
        if role is None or not self.own.delete(person, role.id):
            return _gone()
        done = toast("own_role_deleted", "success", name=role.name)
        return done.with_card(self.roles.own_list(click.key, person))

    def _keep(self, click: CardClick, name: str, prompt: str) -> ClickResponse:
        person = _person(click)
        kept = self.own.save(person, name, prompt, most=MAX_OWN_ROLES)
        if kept == "full":
            return toast("own_roles_full", "warning", most=str(MAX_OWN_ROLES))
        done = toast("own_role_saved", "success", name=name)
        return done.with_card(self.roles.own_list(click.key, person))

    def _role(self, click: CardClick, name: str) -> OwnRole | None:
        role_id = whole_number(click.value(name))
        return self.own.find(_person(click), role_id) if role_id is not None else None

    def _name_refusal(self, click: CardClick) -> ClickResponse | None:
        name = role_name(click.value("name"))
        if not name:
            return toast("own_role_unnamed", "warning")
        if len(name) > NAME_CHARS:
            return toast("own_role_name_long", "warning", most=str(NAME_CHARS))
        return None

    def _prompt_refusal(self, prompt: str) -> ClickResponse | None:
        if not prompt:
            return toast("role_empty", "warning")
        refusal = self.roles.refusal(prompt)
        return toast(refusal.kind, "warning", **refusal.params) if refusal else None


def _person(click: CardClick) -> str:
    return click.action.operator.open_id


def _gone() -> ClickResponse:
    return toast("own_role_gone", "warning")
