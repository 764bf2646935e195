"""The pages of the developer console where something is put right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from urllib.parse import quote, urlsplit

Page = Literal["baseinfo", "auth", "event", "bot", "capability", "version", "safe"]

# With as many scopes in one link the console's page has been seen to fail (openclaw-lark).
MOST_LINKED_SCOPES = 20


class ConsoleLinks:
    """Links to an app in the console of the brand that `domain` belongs to."""

    def __init__(self, domain: str, app_id: str) -> None:
        self._domain = domain
        self._app_id = quote(app_id, safe="")

    def page(self, page: Page) -> str:
        """A page of the app."""
        return f"{self._domain}/app/{self._app_id}/{page}"

    def scopes(self, names: Iterable[str]) -> str:
        """The page where exactly these scopes are granted, all at once."""
        wanted = list(names)
        if not wanted or len(wanted) >= MOST_LINKED_SCOPES:
            return self.page("auth")
        asked = quote(",".join(wanted), safe="")
        return f"{self.page('auth')}?q={asked}&op_from=openapi&token_type=tenant"

    def all_scopes(self, names: Iterable[str]) -> str:
        """The newer page, which asks for as many scopes as there are with one press."""
        asked = quote(",".join(names), safe="")
        return f"{self._domain}/page/scope-apply?clientID={self._app_id}&scopes={asked}"

    def review(self) -> str:
        """Where an administrator of the company approves versions of apps."""
        host = urlsplit(self._domain).netloc
        www = f"www.{host.removeprefix('open.')}" if host.startswith("open.") else "www.feishu.cn"
        return f"https://{www}/admin/appCenter/audit"


def brand_of(domain: str) -> Literal["feishu", "lark", ""]:
    """The brand of an address of the API; empty for a private platform."""
    host = urlsplit(domain).hostname or ""
    if host == "feishu.cn" or host.endswith(".feishu.cn"):
        return "feishu"
    if host == "larksuite.com" or host.endswith(".larksuite.com"):
        return "lark"
    return ""
