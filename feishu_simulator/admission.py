"""What lies between an app and every call it makes: the company's switch, lists and quotas."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate

from feishu_simulator.refusals import Refusal

# "Get bot info".
ENABLED = 2


@dataclass(slots=True)
class Admission:
    """Changed under the platform's lock. By default everything is let in.

    `app_status` is 0 for disabled, 1 for enabled, 2 for never enabled ("Get app information");
    `activate_status` is the bot's. Calls come from `caller_ip`, and from nowhere else once there is
    an `ip_white_list`. `token_code` refuses every token with it. `clock_ahead` is how many seconds
    the platform's clock is ahead of this machine's.
    """

    app_status: int = 1
    activate_status: int = ENABLED
    caller_ip: str = "203.0.113.10"
    ip_white_list: list[str] = field(default_factory=list)
    quota_used_up: bool = False
    token_code: int = 0
    clock_ahead: float = 0.0

    def check_token(self) -> None:
        """Raises Refusal where no token is given out; the list of IPs doesn't count here."""
        if self.token_code:
            raise Refusal(self.token_code, "token refused", status=200)
        if self.app_status == 0:
            raise Refusal(10014, "app is not available", status=200)

    def check(self) -> None:
        """Raises Refusal for what is refused whatever it asks for ("Common error codes")."""
        if self.ip_white_list and self.caller_ip not in self.ip_white_list:
            raise Refusal(99991401, f"ip {self.caller_ip} is denied by app setting")
        if self.quota_used_up:
            raise Refusal(99991403, "this month's api call quota has been exceeded")
        if self.app_status == 0:
            raise Refusal(99991662, "the app is not in use")

    def date(self) -> str:
        """The platform's time as a header."""
        return formatdate(time.time() + self.clock_ahead, usegmt=True)

    def allow(self, ips: Iterable[str]) -> None:
        """Let calls in from these addresses alone; none for all."""
        self.ip_white_list = list(ips)
