from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feishu_bot.errors import ModelError
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.model_list import FAILED_FOR, FRESH_FOR, PREFERRED_MODELS, ModelList

from ..polling import Clock
from .fault_server import FaultServer, Script, error, reply

REFUSED = error(401, "无效的令牌", "czloapi_error")


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
def make_list(server: FaultServer, clock: Clock) -> Iterator[Callable[..., ModelList]]:
    clients = Clients(api_url=server.url)

    def make(*keys: str, **changes: Any) -> ModelList:
        return ModelList(clients, keys or ("sk-a",), timer=clock, **changes)

    yield make
    clients.close()


def listing(*names: str) -> Script:
    return reply(200, {"object": "list", "data": [{"id": name} for name in names]})


def test_the_list_is_the_union_over_the_keys(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(listing("a", "b"), listing("b", "c"))

    assert make_list("sk-1", "sk-2").names() == ("a", "b", "c")


def test_a_refused_key_is_left_out(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(REFUSED, listing("a"))

    assert make_list("sk-1", "sk-2").names() == ("a",)


def test_a_list_that_no_key_gets_is_an_error(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(REFUSED)

    with pytest.raises(ModelError) as caught:
        make_list().names()

    assert caught.value.kind == ModelErrorKind.KEY_REFUSED


@pytest.mark.parametrize("data", [None, [], [None, {}, {"id": None}], "odd"])
def test_an_empty_list_is_no_error(
    make_list: Callable[..., ModelList], server: FaultServer, data: Any
) -> None:
    server.will(reply(200, {"data": data}))

    assert make_list().names() == ()


def test_the_list_is_fresh_for_ten_minutes(
    make_list: Callable[..., ModelList], server: FaultServer, clock: Clock
) -> None:
    server.will(listing("a"), listing("b"))
    models = make_list()

    assert [models.names(), models.names()] == [("a",), ("a",)]
    clock.now = FRESH_FOR
    assert models.names() == ("b",)


def test_an_old_list_serves_while_no_new_one_can_be_had(
    make_list: Callable[..., ModelList], server: FaultServer, clock: Clock
) -> None:
    server.will(listing("a"), reply(500))
    models = make_list()
    models.names()
    clock.now = FRESH_FOR

    assert models.names() == ("a",)


def test_a_gateway_that_failed_is_given_a_moment(
    make_list: Callable[..., ModelList], server: FaultServer, clock: Clock
) -> None:
    server.will(reply(500), listing("a"))
    models = make_list()

    for _ in range(3):
        with pytest.raises(ModelError):
            models.names()
    clock.now = FAILED_FOR

    assert models.names() == ("a",)
    assert len(server.requests) == 2


def test_the_configured_model_is_the_default_without_asking(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    assert make_list(model="mine").default() == "mine"
    assert server.requests == []


def test_the_first_preferred_model_that_is_offered_is_the_default(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(listing("gpt-4o", "odd", "gpt-5.6-terra"))

    assert make_list().default() == "gpt-5.6-terra"


def test_without_a_known_model_there_is_no_default(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(listing("odd", "even"))

    with pytest.raises(ModelError) as caught:
        make_list().default()

    assert caught.value.kind == ModelErrorKind.MODEL_UNSET


def test_what_cannot_chat_is_not_offered_and_the_known_ones_come_first(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    odd = ("tts-1", "gpt-image-1", "text-embedding-3-small", "omni-moderation", "whisper-1")
    server.will(listing("zeta", *odd, "gpt-4o", "attsu", "gpt-5.4", "mine"))

    assert make_list(model="mine").offered() == ("mine", "gpt-5.4", "gpt-4o", "zeta", "attsu")


def test_the_administrator_names_what_may_be_chosen(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(listing("gpt-4o", "GPT-x", "gpt-image-1", "[pro]a.b", "tts-1", "other"))

    models = make_list(allowed=("gpt-*", "[PRO]a.b", "tts-1"))

    assert models.offered() == ("gpt-4o", "GPT-x", "[pro]a.b", "tts-1")
    assert not models.allows("[pro]aXb")
    assert models.default() == "gpt-4o"


def test_the_first_that_may_be_chosen_is_the_default_where_none_is_known(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(listing("gpt-4o", "house-b", "house-a"))

    assert make_list(allowed=("house-*",)).default() == "house-b"


def test_the_configured_model_may_always_be_chosen(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    assert make_list(model="mine", allowed=("house-*",)).allows("mine")
    assert server.requests == []


def test_the_preferred_models_are_named_once() -> None:
    assert len(set(PREFERRED_MODELS)) == len(PREFERRED_MODELS)


def test_a_forked_process_opens_its_own_connections(server: FaultServer) -> None:
    process = [1]
    clients = Clients(api_url=server.url, process=lambda: process[0])
    parents = clients.of("sk-a")
    process[0] = 2

    childs = clients.of("sk-a")

    assert childs is not parents
    assert childs._client is not parents._client
    clients.close()
    assert not parents._client.is_closed
    parents.close()


def test_all_keys_share_one_pool(server: FaultServer) -> None:
    clients = Clients(api_url=server.url)

    assert clients.of("sk-a")._client is clients.of("sk-b")._client
    clients.close()


def test_a_name_is_known_from_what_was_configured_or_listed_without_a_call(
    make_list: Callable[..., ModelList], server: FaultServer
) -> None:
    server.will(listing("gpt-4o", "qwen-plus"))
    models = make_list(model="own-model")

    assert [models.known(name) for name in ("own-model", "gpt-4o", "")] == ["own-model", "", ""]
    assert server.requests == []

    models.names()
    assert models.known("gpt-4o-2024-08-06") == "gpt-4o"
    assert models.known("Qwen-Plus") == "qwen-plus"
    assert models.known("made up") == ""
    assert len(server.requests) == 1
