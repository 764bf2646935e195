"""Whether database, Feishu and model service work, by the latest real use of each.

Only what failed, or wasn't used for long, is tried.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

from feishu_bot import metrics
from feishu_bot.content.catalog import Catalog
from feishu_bot.core.languages import Language, Words
from feishu_bot.core.long_connection import ConnectionWatch
from feishu_bot.errors import BotError, FeishuError, ModelError, StoreUnavailable
from feishu_bot.feishu import outages as feishu_outages
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.long_connection import advice as connection_advice
from feishu_bot.llm import Gateway
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.logs import get_logger
from feishu_bot.outcomes import LatestOutcome
from feishu_bot.stores import Database, migrations
from feishu_bot.stores.outage_advice import advice as database_advice
from feishu_bot.stores.queue_state import QueueReader

logger = get_logger(__name__)

# A database that nobody has written to for so long is written to.
QUIET_SECONDS = 60.0
# The gateway's list of models is asked for so often, while all is well.
LIST_SECONDS = 60.0
# A refusal that only another real call would show to be over is believed for so long.
REFUSAL_SECONDS = 600.0
# The long connection may be gone for so long.
RECONNECT_SECONDS = 15.0
# The failures of an answer that any other would meet as well.
SERVICE_DOWN = tuple(
    ModelErrorKind(kind)
    for kind in (
        "key_refused", "key_expired", "key_disabled", "key_exhausted", "account_empty",
        "account_banned", "ip_refused", "group_missing", "gateway_unreachable",
        "gateway_untrusted", "gateway_not_tls", "proxy_failed", "upstream_key_refused",
        "endpoint_missing",
        "not_a_gateway", "waf_blocked",
    )
)  # fmt: skip


class DatabaseCheck:
    """Looks at the database; with `queue`, at what waits in it, for the metrics."""

    def __init__(
        self, database: Database, outcome: LatestOutcome, url: str, queue: QueueReader | None
    ) -> None:
        self._database = database
        self._outcome = outcome
        self._url = url
        self._queue = queue
        self._is_told_of_newer = False

    def run(self) -> None:
        """Raises StoreUnavailable."""
        try:
            is_quiet = self._outcome.seconds_since_success() > QUIET_SECONDS
            revision = self._database.check(writes=self._outcome.is_failing or is_quiet)
            self._note_queue()
        except StoreUnavailable:
            if self._queue:
                metrics.note_queue_unknown()
            raise
        if migrations.is_newer(revision) and not self._is_told_of_newer:
            # It may be a roll-out: this process works until its turn comes.
            self._is_told_of_newer = True
            logger.warning(
                "更新的版本升级了数据库，而这个进程还是旧版本：请把所有副本都换成新版本 / A newer "
                "version has upgraded the database, and this process is of the older one: bring "
                "all replicas to the new version",
                revision=revision,
            )

    def explain(self, exc: BotError) -> Words:
        """What to do."""
        kind = exc.kind if isinstance(exc, StoreUnavailable) else "away"
        return database_advice(self._url, kind)

    def _note_queue(self) -> None:
        if self._queue:
            state = self._queue.read()
            metrics.note_queue(
                waiting=state.waiting, running=state.running, oldest=state.oldest_seconds
            )


class FeishuCheck:
    """Asks Feishu for a token when a real call has failed, and until it is given one."""

    def __init__(self, client: FeishuClient, outcome: LatestOutcome, domain: str) -> None:
        self._client = client
        self._outcome = outcome
        self._domain = domain

    def run(self) -> None:
        """Raises FeishuError."""
        outcome = self._outcome
        if outcome.is_failing and outcome.reason in feishu_outages.APP_REFUSED:
            if outcome.seconds_since_failure() < REFUSAL_SECONDS:
                raise FeishuError("the app is refused", code=outcome.reason)
            return
        is_failing = outcome.is_failing
        self._client.check(anew=is_failing)
        if is_failing:
            outcome.note_success()

    def explain(self, exc: BotError) -> Words:
        """What to do."""
        return feishu_outages.advice_for(exc, self._domain)


class GatewayCheck:
    """Asks for the list of models now and then; an empty account shows in an answer only."""

    def __init__(
        self,
        gateway: Gateway,
        outcome: LatestOutcome,
        texts: Mapping[Language, Catalog],
        *,
        models: Mapping[str, str] | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`models` are the configured ones, by their variables; one that isn't listed is told."""
        self._gateway = gateway
        self._untold = {setting: model for setting, model in (models or {}).items() if model}
        self._outcome = outcome
        self._texts = texts
        self._timer = timer
        self._list_at = -math.inf

    def run(self) -> None:
        """Raises ModelError."""
        if (
            self._outcome.is_failing
            and self._outcome.seconds_since_failure() < REFUSAL_SECONDS
            and self._outcome.reason < len(SERVICE_DOWN)
        ):
            raise ModelError(SERVICE_DOWN[self._outcome.reason])
        if self._timer() >= self._list_at:
            self._gateway.check()
            # Without a model that answers, the best gateway is of no use.
            self._gateway.models.default()
            self._list_at = self._timer() + LIST_SECONDS
            self._tell_of_unlisted()

    def explain(self, exc: BotError) -> Words:
        """What a person in the chat would read."""
        kind = exc.kind if isinstance(exc, ModelError) else "gateway_failed"
        params = exc.params() if isinstance(exc, ModelError) else {}
        zh, en = (self._texts[language].notice(kind, params) for language in ("zh", "en"))
        return Words(f"{zh.what}{zh.remedy}".rstrip("。"), f"{en.what} {en.remedy}".rstrip(". "))

    def _tell_of_unlisted(self) -> None:
        """Once: a service may well answer with a model that it doesn't list."""
        for setting, model in list(self._untold.items()):
            try:
                is_missing = self._gateway.models.missing(model)
            except ModelError:
                # The list that was there a moment ago: the next look tells.
                return
            del self._untold[setting]
            if is_missing:
                near = ", ".join(self._gateway.models.near(model))
                message = (
                    f"{setting}={model}：模型服务的列表里没有这个模型，提问可能失败。请检查写法，"
                    f"相近的有：{near} / {setting}={model}: the model service doesn't list this "
                    f"model, so questions may fail. Check its name; similar ones: {near}"
                )
                logger.warning(message)


class LongConnectionCheck:
    """Whether some process of this bot holds the long connection; this one needn't.

    A reconnection takes a few seconds, and so does the start.
    """

    def __init__(
        self,
        watch: ConnectionWatch,
        domain: str,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watch = watch
        self._domain = domain
        self._timer = timer
        self._seen_at: float | None = None

    def run(self) -> None:
        """Raises FeishuError."""
        state, now = self._watch.state(), self._timer()
        if state.connected or self._seen_at is None:
            self._seen_at = now
        if now - self._seen_at > RECONNECT_SECONDS:
            raise FeishuError("no long connection", code=state.refusal)

    def explain(self, exc: BotError) -> Words:
        """What to do."""
        return connection_advice.advice(getattr(exc, "code", 0), self._domain)


def note_database(outcome: LatestOutcome, failure: StoreUnavailable | None) -> None:
    """A write has succeeded, or something failed because the database is away."""
    if failure is None:
        outcome.note_success()
    else:
        outcome.note_failure()


def note_feishu(outcome: LatestOutcome, failure: FeishuError | None) -> None:
    """A call has ended. Most refusals are about one message: Feishu is there."""
    if failure is not None and feishu_outages.is_outage(failure):
        outcome.note_failure(failure.code)
    else:
        outcome.note_success()


def note_gateway(outcome: LatestOutcome, failure: ModelError | None) -> None:
    """An answer has ended. Most failures are about one question, and tell nothing of the rest."""
    if failure is None:
        outcome.note_success()
    elif failure.kind in SERVICE_DOWN:
        outcome.note_failure(SERVICE_DOWN.index(ModelErrorKind(failure.kind)))
