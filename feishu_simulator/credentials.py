"""The simulated app's credentials, as the developer console shows them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An empty `encrypt_key` makes events plain and unsigned.

    The secrets are known to everybody, so that a bot's settings stay good from one run to the next;
    those of `random` are known to nobody else.
    """

    app_id: str = "cli_sim"
    app_secret: str = field(default="simulated-app-secret", repr=False)
    encrypt_key: str = field(default="simulated-encrypt-key", repr=False)
    verification_token: str = field(default="simulated-verification-token", repr=False)
    tenant_key: str = "tk_sim"
    bot_open_id: str = "ou_bot_sim"
    bot_union_id: str = "on_bot_sim"
    bot_name: str = "CZLChat"

    @classmethod
    def random(cls) -> Self:
        """Other secrets each time."""
        return cls(
            app_secret=secrets.token_hex(16),
            encrypt_key=secrets.token_hex(16),
            verification_token=secrets.token_hex(16),
        )
