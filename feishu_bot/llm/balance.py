"""The balance of each key, as gateways of the one-api family report it.

They keep OpenAI's two old billing addresses: what was granted in all, and what of it is used.
A key whose quota is used up is refused like an unknown one, and only the words of the refusal say
why. A gateway that doesn't have the addresses answers with an error or with its web page.
"""

from __future__ import annotations

import concurrent.futures
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feishu_bot.core.balance import BalanceState, KeyBalance
from feishu_bot.errors import ModelError
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.deadline_transport import deadline_for_requests
from feishu_bot.llm.error_body import error_in
from feishu_bot.llm.error_kinds import TIMEOUTS, ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS, error_in_body, model_error
from feishu_bot.llm.keys import partial_key
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Seconds: for both calls of a key, for all keys together, and how long the outcome holds. The
# billing addresses share the limit of the web API, CZL's is 300 requests in 3 minutes.
KEY_TIMEOUT = 8.0
ALL_TIMEOUT = 9.0
FRESH_FOR = 60.0
MOST_THREADS = 16
# What one-api and new-api give for a key without a quota.
UNLIMITED = 100_000_000

_USED_UP = frozenset(
    {ModelErrorKind.KEY_EXHAUSTED, ModelErrorKind.KEY_QUOTA_TOO_SMALL, ModelErrorKind.ACCOUNT_EMPTY}
)
_REFUSED = frozenset(
    {
        ModelErrorKind.KEY_EXPIRED,
        ModelErrorKind.KEY_DISABLED,
        ModelErrorKind.ACCOUNT_BANNED,
        ModelErrorKind.IP_REFUSED,
    }
)
_FAILED = TIMEOUTS | {
    ModelErrorKind.GATEWAY_UNREACHABLE,
    ModelErrorKind.GATEWAY_UNTRUSTED,
    ModelErrorKind.GATEWAY_NOT_TLS,
    ModelErrorKind.GATEWAY_RATE_LIMITED,
    ModelErrorKind.GATEWAY_BUSY,
    ModelErrorKind.GATEWAY_RESTING,
    ModelErrorKind.PROXY_FAILED,
}


class KeyBalances:
    """Implements `core.balance.BalanceReader`. Thread safe; asks at most once a minute."""

    def __init__(
        self,
        clients: Clients,
        keys: Sequence[str],
        *,
        timeout: float = KEY_TIMEOUT,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` is for one key, in seconds; all are asked at the same time."""
        self._clients = clients
        self._keys = keys
        self._timeout = timeout
        self._timer = timer
        self._lock = threading.Lock()
        self._balances: tuple[KeyBalance, ...] = ()
        self._fresh_until = -math.inf

    def of_keys(self) -> tuple[KeyBalance, ...]:
        with self._lock:
            if self._timer() >= self._fresh_until:
                self._balances = self._ask_all()
                self._fresh_until = self._timer() + FRESH_FOR
            return self._balances

    def _ask_all(self) -> tuple[KeyBalance, ...]:
        pool = concurrent.futures.ThreadPoolExecutor(min(len(self._keys), MOST_THREADS))
        ends_at = time.monotonic() + self._timeout
        futures = {key: pool.submit(self._ask, key, ends_at) for key in self._keys}
        # Resolving a host name has no timeout: a thread that hangs there is not waited for.
        done, _ = concurrent.futures.wait(futures.values(), ALL_TIMEOUT)
        pool.shutdown(wait=False, cancel_futures=True)
        return tuple(
            future.result() if future in done else KeyBalance(key=partial_key(key), state="failed")
            for key, future in futures.items()
        )

    def _ask(self, key: str, ends_at: float) -> KeyBalance:
        name = partial_key(key)
        try:
            granted = self._fetch(key, "subscription", "hard_limit_usd", ends_at)
            if granted >= UNLIMITED:
                return KeyBalance(key=name, state="unlimited")
            used = self._fetch(key, "usage", "total_usage", ends_at) / 100
        except (*CLIENT_ERRORS, ModelError) as exc:
            failure = self._clients.failure_of(
                exc,
                broken=ModelErrorKind.GATEWAY_UNREACHABLE,
            )
            logger.info("no balance", key=name, reason=failure)
            return KeyBalance(key=name, state=_state_of(failure))
        balance = KeyBalance(key=name, state="known", granted=granted, used=used)
        return balance if balance.left else KeyBalance(key=name, state="used_up")

    def _fetch(self, key: str, path: str, field: str, ends_at: float) -> float:
        """A number of a billing address. Raises one of `CLIENT_ERRORS`, or ModelError."""
        seconds = ends_at - time.monotonic()
        deadline = StreamDeadline(first=seconds, idle=seconds, ends_at=ends_at)
        with deadline_for_requests(deadline):
            body = self._clients.of(key).get(
                f"/dashboard/billing/{path}",
                cast_to=object,
                options={"timeout": max(seconds, 0.1)},
            )
        return _number(body, field)


def _number(body: object, field: str) -> float:
    """The field of a reply; gateways report their own errors with status 200, too."""
    if not isinstance(body, Mapping):
        raise model_error(ModelErrorKind.NOT_A_GATEWAY, "the balance is a page of HTML or text")
    number: Any = body.get(field)
    if isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number):
        return float(number)
    if error_in(body) is not None:
        raise error_in_body(dict(body))
    raise model_error(ModelErrorKind.NOT_A_GATEWAY, f"the balance is JSON without {field}")


def _state_of(failure: ModelError) -> BalanceState:
    """The state of a key that gives no figures."""
    # "Quota"; the gateways have more sentences with it than those that are known.
    if failure.kind in _USED_UP or "额度" in failure.detail:
        return "used_up"
    # OpenAI itself refuses the address, not the key: only the family's own words tell.
    if failure.kind in _REFUSED or (
        failure.kind == ModelErrorKind.KEY_REFUSED and "无效" in failure.detail
    ):
        return "refused"
    return "failed" if failure.kind in _FAILED else "unknown"
