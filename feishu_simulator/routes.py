"""The routes of the platform's API: method, path, name, handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from feishu_simulator.api_app_info import AppInfoApi
from feishu_simulator.api_application import ApplicationApi
from feishu_simulator.api_cards import CardApi
from feishu_simulator.api_directory import DirectoryApi
from feishu_simulator.api_files import FileApi
from feishu_simulator.api_messages import MessageApi
from feishu_simulator.api_reactions import ReactionApi
from feishu_simulator.api_request import ApiAnswer, ApiRequest
from feishu_simulator.api_resources import ResourceApi


@dataclass(frozen=True, slots=True)
class Route:
    """One API call: `api` is the name that faults, limits and records use."""

    method: str
    pattern: re.Pattern[str]
    api: str
    handler: Callable[[ApiRequest], ApiAnswer]


def routes(
    messages: MessageApi,
    reactions: ReactionApi,
    cards: CardApi,
    directory: DirectoryApi,
    *,
    app_info: AppInfoApi,
    application: ApplicationApi,
    files: FileApi,
    resources: ResourceApi,
) -> Iterator[Route]:
    """Every route; the first match counts."""
    message, card = "im/v1/messages/:message_id", "cardkit/v1/cards/:card_id"
    element = f"{card}/elements/:element_id"
    v6, v7 = (f"application/{version}/applications/:app_id" for version in ("v6", "v7"))
    panel = "application/v7/app_slash_commands"
    table: list[tuple[str, str, str, Callable[[ApiRequest], ApiAnswer]]] = [
        ("POST", "auth/v3/tenant_access_token/internal", "token", directory.token),
        ("GET", "bot/v3/info", "bot.info", directory.bot_info),
        ("GET", "application/v6/scopes", "scopes", directory.scopes),
        ("POST", "application/v6/scopes/apply", "scopes.apply", app_info.apply_for_scopes),
        ("GET", v6, "app", app_info.app),
        ("GET", f"{v6}/app_versions", "app.versions", application.versions),
        ("GET", f"{v6}/app_versions/:version_id", "app.version", application.version),
        ("PATCH", f"{v7}/config", "app.config", application.config),
        ("PATCH", f"{v7}/ability", "app.ability", application.ability),
        ("PATCH", f"{v7}/base", "app.base", application.base),
        ("POST", f"{v7}/publish", "app.publish", application.publish),
        ("GET", panel, "panel.list", application.commands),
        ("POST", panel, "panel.create", application.add_command),
        ("PATCH", f"{panel}/:command_id", "panel.update", application.change_command),
        ("DELETE", f"{panel}/:command_id", "panel.delete", application.delete_command),
        ("GET", "im/v1/chats/:chat_id", "chat.get", directory.chat),
        ("GET", "contact/v3/users/:user_id", "user.get", directory.user),
        ("POST", "im/v1/images", "image.create", files.upload_image),
        ("GET", "im/v1/images/:image_key", "image.get", files.download_image),
        ("POST", "im/v1/files", "file.create", files.upload_file),
        ("GET", f"{message}/resources/:file_key", "resource.get", resources.resource),
        ("POST", "im/v1/messages", "message.create", messages.create),
        ("GET", "im/v1/messages", "message.list", messages.history),
        ("POST", f"{message}/reply", "message.reply", messages.reply),
        ("GET", message, "message.get", messages.get),
        ("PATCH", message, "message.patch", messages.patch),
        ("PUT", message, "message.update", messages.update),
        ("DELETE", message, "message.delete", messages.delete),
        ("POST", f"{message}/reactions", "reaction.create", reactions.create),
        ("GET", f"{message}/reactions", "reaction.list", reactions.list),
        (
            "DELETE",
            f"{message}/reactions/:reaction_id",
            "reaction.delete",
            reactions.delete,
        ),
        ("POST", "cardkit/v1/cards", "card.create", cards.create),
        ("POST", "cardkit/v1/cards/id_convert", "card.id_convert", cards.id_convert),
        ("PUT", card, "card.update", cards.update),
        ("PATCH", f"{card}/settings", "card.settings", cards.settings),
        ("POST", f"{card}/batch_update", "card.batch_update", cards.batch_update),
        ("POST", f"{card}/elements", "element.create", cards.create_element),
        ("PUT", element, "element.update", cards.update_element),
        ("PATCH", element, "element.patch", cards.patch_element),
        ("DELETE", element, "element.delete", cards.delete_element),
        ("PUT", f"{element}/content", "element.content", cards.content),
    ]
    for method, template, api, handler in table:
        pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", f"/open-apis/{template}")
        yield Route(method, re.compile(pattern), api, handler)
