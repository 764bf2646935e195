"""Addresses of Feishu that need no app yet."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

FEISHU: Final = "https://open.feishu.cn"
LARK: Final = "https://open.larksuite.com"


def accounts_of(domain: str) -> str:
    """The host that registers apps, beside the one of the API."""
    parts = urlsplit(domain)
    host = parts.netloc
    return f"{parts.scheme}://accounts.{host.removeprefix('open.')}" if _is_open(host) else domain


def apps_page(domain: str) -> str:
    """All apps of the developer, where one is made by hand."""
    return f"{domain}/app"


def _is_open(host: str) -> bool:
    return host.startswith("open.")
