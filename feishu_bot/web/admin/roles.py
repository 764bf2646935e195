"""The list of roles, and the form for one of them with its preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feishu_bot.core import days
from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.administration.editable import RoleDocument
from feishu_bot.core.languages import LANGUAGES
from feishu_bot.core.roles import Role
from feishu_bot.errors import ChangeRefused
from feishu_bot.web.admin.forms import reason
from feishu_bot.web.admin.guard import session
from feishu_bot.web.admin.wording import language

TEXTS = ("title", "content", "example")


def add_roles(bp: Blueprint, admin: Administration) -> None:
    """The views of roles."""
    changes, roles = admin.changes, admin.roles

    def form(
        role_id: str,
        document: RoleDocument,
        *,
        problem: str = "",
        shown: Role | None = None,
        status: int = 200,
    ) -> ResponseReturnValue:
        found = next((one for one in roles.listed() if one.id == role_id), None)
        preview = None
        if shown:
            prompt = shown.content.replace("{date}", days.day_name(admin.clock()))
            preview = {"card": admin.role_card(shown), "prompt": prompt}
        page = render_template(
            "admin/role.html",
            role_id=role_id,
            found=found,
            document=document,
            problem=problem,
            preview=preview,
            words=admin.words[language()],
            languages=LANGUAGES,
        )
        return page, status

    @bp.get("/roles")
    def role_list() -> ResponseReturnValue:
        listed = roles.listed()
        return render_template("admin/roles.html", roles=listed, title_of=_title_of)

    @bp.get("/roles/edit")
    def role() -> ResponseReturnValue:
        role_id = request.args.get("id", "")
        found = next((one for one in roles.listed() if one.id == role_id), None)
        if role_id and found is None:
            abort(404)
        shown = roles.find(role_id, language()) if found and not found.is_hidden else None
        return form(role_id, found.document if found else {}, shown=shown)

    @bp.post("/roles/edit")
    def edit_role() -> ResponseReturnValue:
        role_id, document = request.form.get("id", "").strip(), _document(request.form)
        action = request.form.get("action", "preview")
        try:
            if action == "hide":
                changes.hide_role(session().actor, role_id)
            elif action == "reset":
                changes.reset_role(session().actor, role_id)
            elif action == "save":
                changes.set_role(session().actor, role_id, document)
            else:
                shown = roles.check(role_id, document)[language()]
                return form(role_id, document, shown=shown)
        except ChangeRefused as exc:
            return form(role_id, document, problem=reason(exc), status=400)
        return redirect(url_for("admin.role_list", done="1"), 303)


def _document(form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as it stands in a file of roles; browsers send lines as Windows ends them."""
    document: dict[str, Any] = {
        "tags": [tag for part in form.get("tags", "").replace("，", ",").split(",")
                 if (tag := part.strip())],
    }  # fmt: skip
    for name in LANGUAGES:
        texts = {key: text for key in TEXTS if (text := _clean(form.get(f"{name}_{key}", "")))}
        if texts:
            document[name] = texts
    return document


def _clean(text: str) -> str:
    plain = text.replace("\r\n", "\n").strip()
    return "".join(letter for letter in plain if letter.isprintable() or letter in "\n\t")


def _title_of(document: RoleDocument) -> str:
    """What a role is called, in the reader's language or the other."""
    for name in (language(), *LANGUAGES):
        title = document.get(name, {}).get("title", "")
        if title:
            return str(title)
    return ""
