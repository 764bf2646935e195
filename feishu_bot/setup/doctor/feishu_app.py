"""The app in Feishu: at most six calls, one after the other, each only where it can tell more."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.doctor import Finding
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.settings import Settings
from feishu_bot.setup.doctor.app_state import (
    Versions,
    check_bot,
    check_version,
    check_visibility,
)
from feishu_bot.setup.doctor.credentials import check_admission, check_credentials, not_reached
from feishu_bot.setup.doctor.grants import check_scopes, granted_scopes
from feishu_bot.setup.doctor.open_api import (
    APP_PATH,
    BOT_PATH,
    SCOPES_PATH,
    VERSIONS,
    VERSIONS_PATH,
    OpenApi,
)
from feishu_bot.setup.doctor.subscriptions import address_told, check_callback, check_events


@dataclass(frozen=True, slots=True)
class AppFindings:
    """What was found; `address` is the bot's public one as the console has it, if that is told."""

    findings: tuple[Finding, ...]
    address: str = ""


def examine_app(settings: Settings) -> AppFindings:
    """Ask Feishu about the app."""
    domain = settings.feishu_domain
    links = ConsoleLinks(domain, settings.app_id)

    def api(domain: str) -> OpenApi:
        return OpenApi(domain, settings.app_id, settings.app_secret)

    ours = api(domain)
    is_in, findings = check_credentials(ours, domain, links, api)
    if not is_in:
        return AppFindings(tuple(findings))
    bot = ours.get(BOT_PATH)
    if bot.code is None:
        return AppFindings((*findings, not_reached(bot, domain)))
    refused = [*check_admission(bot, links)]
    if refused:
        return AppFindings((*findings, *refused))
    app = ours.get(APP_PATH, {"lang": "zh_cn"})
    versions = Versions.of(ours.get(VERSIONS_PATH, VERSIONS))
    granted = granted_scopes(app, ours.get(SCOPES_PATH))
    findings += [
        *check_bot(bot, settings.bot_name, links),
        *check_version(app, versions, links),
        *check_visibility(versions, links),
        *check_scopes(granted, links, needs_whole_groups=settings.group_reply == "all"),
        *check_events(versions, links),
        *check_callback(app, settings.transport, settings.public_url, links),
    ]
    return AppFindings(tuple(findings), address_told(app))
