"""The simulated app's credentials, as the developer console shows them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An empty `encrypt_key` makes events plain and unsigned."""

    app_id: str = "cli_sim"
    app_secret: str = field(default="simulated-app-secret", repr=False)
    encrypt_key: str = field(default="simulated-encrypt-key", repr=False)
    verification_token: str = field(default="simulated-verification-token", repr=False)
    tenant_key: str = "tk_sim"
    bot_open_id: str = "ou_bot_sim"
    bot_union_id: str = "on_bot_sim"
    bot_name: str = "CZLChat"
