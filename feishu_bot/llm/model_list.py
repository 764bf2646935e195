"""The models that the gateway offers, and the default among them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence

import openai

from feishu_bot.core.model_names import MAX_SUGGESTIONS, plain, same_model, similar_models
from feishu_bot.errors import ModelError
from feishu_bot.llm.allowed_models import ModelFilter
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.error_body import error_in
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import (
    CLIENT_ERRORS,
    copy_of,
    error_in_body,
    model_error,
)
from feishu_bot.llm.listed_models import names_in

LIST_TIMEOUT = 10.0
FRESH_FOR = 600.0
# So that a gateway that hangs is asked by one answer, and not by all of them in turn.
FAILED_FOR = 5.0

# The first of these that the gateway offers answers when OPENAI_MODEL is not set. Capable and
# affordable ones of autumn 2026 come first. gpt-5, gpt-4o and gpt-4.1 are to be shut down by
# their maker in the winter of 2026/27, but gateways keep such names and alias them to
# newer models, as they do with the names at the end, those of this bot's image tags.
PREFERRED_MODELS: tuple[str, ...] = (
    "gpt-5.6-luna",
    "gpt-6-luna",
    "gpt-5.6-terra",
    "deepseek-v4-flash",
    "gpt-5.4-mini",
    "gpt-5.4",
    "gpt-5.6-sol",
    "deepseek-v4-pro",
    "claude-haiku-4-5",
    "claude-sonnet-4-5",
    "claude-sonnet-4",
    "gemini-2.5-flash",
    "qwen-plus",
    "kimi-k2.5",
    "gpt-5.1",
    "gpt-4.1-mini",
    "gpt-4o-mini",
    "gpt-5-mini",
    "gpt-4.1",
    "gpt-4o",
    "deepseek-chat",
    "gpt-3.5-turbo",
    "gpt-3.5-turbo-0613",
    "gpt-3.5-turbo-0613-16k",
    "gpt-3.5-turbo-16k-0613",
    "gpt-4-0613",
    "gpt-4",
)


# The kinds of failure that a service has that lists no models.
NO_LIST = frozenset(
    {
        ModelErrorKind.ENDPOINT_MISSING,
        ModelErrorKind.NOT_A_GATEWAY,
        ModelErrorKind.MODEL_UNAVAILABLE,
        ModelErrorKind.MODEL_NOT_CHAT,
        ModelErrorKind.BAD_REQUEST,
        ModelErrorKind.ACCESS_REFUSED,
    }
)


def fetch_models(clients: Clients, key: str, *, timeout: float) -> list[str]:
    """The names that `GET /models` lists for the key, at the form of the address that has it.

    `timeout` is in seconds. Raises one of `CLIENT_ERRORS`, or ModelError.
    """
    url = clients.base_url
    try:
        return _fetch(clients.of(key, url), timeout)
    except (*CLIENT_ERRORS, ModelError) as exc:
        failure = clients.failure_of(exc)
        other = clients.address.other(url, failure.kind)
        if not other:
            raise
        try:
            return _fetch(clients.of(key, other), timeout)
        except (*CLIENT_ERRORS, ModelError):
            raise exc from None


def _fetch(client: openai.OpenAI, timeout: float) -> list[str]:
    body = client.get("/models", cast_to=object, options={"timeout": timeout})
    names = names_in(body)
    if names is not None:
        return names
    if error_in(body) is not None:
        raise error_in_body(body)
    if isinstance(body, str):
        raise model_error(ModelErrorKind.NOT_A_GATEWAY, "the model list is a page of HTML or text")
    raise model_error(ModelErrorKind.NOT_A_GATEWAY, "the model list is JSON of another kind")


class ModelList:
    """What the gateway offers to any of our keys. Implements `core.chat_model.ModelCatalog`.

    Thread safe; asks at most every ten minutes.
    """

    def __init__(
        self,
        clients: Clients,
        keys: Sequence[str],
        *,
        model: str = "",
        preferred: Sequence[str] = PREFERRED_MODELS,
        allowed: Sequence[str] = (),
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`model` is the configured one; it is the default whether the list holds it or not.

        `allowed` names the models that people may choose, with `*` for any text; none for all.
        """
        self._clients = clients
        self._keys = keys
        self._model = model
        self._preferred = preferred
        self._allowed = ModelFilter(allowed)
        self._timer = timer
        self._lock = threading.Lock()
        self._names: tuple[str, ...] | None = None
        self._failure: ModelError | None = None
        self._fresh_until = -math.inf

    def names(self) -> tuple[str, ...]:
        """The models of all keys, each once, in the gateway's order.

        A key that is refused is left out; an old list serves while no new one can be had. Where
        the service has no list, and the model is configured, there are none. Raises ModelError
        when nothing is known.
        """
        with self._lock:
            if self._timer() >= self._fresh_until:
                self._renew()
            if self._names is None:
                raise copy_of(self._failure or model_error(ModelErrorKind.GATEWAY_FAILED))
            return self._names

    def offered(self) -> tuple[str, ...]:
        """The configured model comes first, then preferred ones, then all others."""
        names = [name for name in self.names() if self.allows(name)]
        known = list(dict.fromkeys((self._model, *self._preferred)))
        ranks = {name: (rank, 0) for rank, name in enumerate(known)}
        alike = {plain(name): (rank, 1) for rank, name in reversed(list(enumerate(known)))}
        last = len(known), 0
        return tuple(
            sorted(names, key=lambda name: ranks.get(name) or alike.get(plain(name), last))
        )

    def known(self, name: str) -> str:
        names = filter(None, (self._model, *(self._names or ())))
        return same_model(name, names) if name else ""

    def allows(self, name: str) -> bool:
        return name == self._model or name in self._allowed

    def default(self) -> str:
        """The configured model, else the first preferred one that is offered, else the only one.

        Where the administrator has named models, the first of those if none is a preferred one.
        Raises ModelError: "model_unset" when there is none.
        """
        if self._model:
            return self._model
        offered = self.offered()
        is_only = len(offered) == 1 or self._allowed.is_limited
        if offered and (is_only or same_model(offered[0], self._preferred)):
            return offered[0]
        failure = model_error(
            ModelErrorKind.MODEL_UNSET, f"none of {len(offered)} models is a preferred one"
        )
        failure.offered = offered
        raise failure

    def near(self, name: str) -> tuple[str, ...]:
        """The offered models most like one that the service doesn't know; none without a list.

        May ask the service.
        """
        try:
            offered = self.offered()
        except ModelError:
            return ()
        return similar_models(name.casefold(), offered) or offered[:MAX_SUGGESTIONS]

    def missing(self, name: str) -> bool:
        """Whether the service's list has no such model. May ask. Raises ModelError."""
        names = self.names()
        return bool(names) and not same_model(name, names)

    def _renew(self) -> None:
        try:
            self._names, self._failure = self._fetch(), None
        except ModelError as failure:
            self._failure = failure
        self._fresh_until = self._timer() + (FAILED_FOR if self._failure else FRESH_FOR)

    def _fetch(self) -> tuple[str, ...]:
        names: dict[str, None] = {}
        failure: ModelError | None = None
        answered = False
        for key in self._keys:
            try:
                names |= dict.fromkeys(fetch_models(self._clients, key, timeout=LIST_TIMEOUT))
                answered = True
            except (*CLIENT_ERRORS, ModelError) as exc:
                failure = self._clients.failure_of(exc)
        if failure is not None and self._model and failure.kind in NO_LIST:
            return tuple(names)
        if failure is not None and not answered:
            raise failure
        return tuple(names)
