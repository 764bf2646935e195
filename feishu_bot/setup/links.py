"""Addresses of Feishu's own pages and hosts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import quote, urlsplit

FEISHU: Final = "https://open.feishu.cn"
LARK: Final = "https://open.larksuite.com"
Page = Literal["baseinfo", "auth", "event", "bot", "capability", "version", "safe"]


def accounts_of(domain: str) -> str:
    """The host that registers apps, beside the one of the API."""
    parts = urlsplit(domain)
    host = parts.netloc
    return f"{parts.scheme}://accounts.{host.removeprefix('open.')}" if _is_open(host) else domain


def console_page(domain: str, app_id: str, page: Page) -> str:
    """A page of the app in the developer console."""
    return f"{domain}/app/{app_id}/{page}"


def scopes_page(domain: str, app_id: str, scopes: Iterable[str]) -> str:
    """The page that asks for all of these scopes at once."""
    names = quote(",".join(scopes), safe="")
    return f"{domain}/page/scope-apply?clientID={app_id}&scopes={names}"


def apps_page(domain: str) -> str:
    """All apps of the developer, where one is made by hand."""
    return f"{domain}/app"


def admin_console(domain: str) -> str:
    """Where administrators of the company approve apps."""
    return "https://www.larksuite.com/admin" if is_lark(domain) else "https://www.feishu.cn/admin"


def is_lark(domain: str) -> bool:
    """Whether it is the brand outside of China."""
    host = urlsplit(domain).hostname or ""
    return host == "larksuite.com" or host.endswith(".larksuite.com")


def _is_open(host: str) -> bool:
    return host.startswith("open.")
