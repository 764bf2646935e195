"""Where the API is, from whatever people put into API_URL."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.base_address import candidates, query_of

from .conftest import PROMPT
from .fault_server import FaultServer, Request, Script, answer, error, reply

MakeGateway = Callable[..., Gateway]
NOT_FOUND = reply(404, {"detail": "Not Found"}, by_gateway=False)
PAGE = reply(200, b"<!doctype html><html></html>", content_type="text/html", by_gateway=False)

# The addresses that services document, and where their chats are.
DOCUMENTED = [
    ("https://api.openai.com/v1", "https://api.openai.com/v1"),
    ("https://oapi.czl.net", "https://oapi.czl.net/v1"),
    ("https://api.deepseek.com", "https://api.deepseek.com/v1"),
    ("https://open.bigmodel.cn/api/paas/v4/", "https://open.bigmodel.cn/api/paas/v4"),
    ("https://ark.cn-beijing.volces.com/api/v3", "https://ark.cn-beijing.volces.com/api/v3"),
    ("https://qianfan.baidubce.com/v2", "https://qianfan.baidubce.com/v2"),
    (
        "https://generativelanguage.googleapis.com/v1beta/openai/",
        "https://generativelanguage.googleapis.com/v1beta/openai",
    ),
    ("https://models.github.ai/inference", "https://models.github.ai/inference"),
    ("https://api.deepinfra.com/v1/openai", "https://api.deepinfra.com/v1/openai"),
    ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
    ("http://localhost:3000/api", "http://localhost:3000/api"),
    ("http://localhost:11434", "http://localhost:11434/v1"),
    ("http://h/v1/chat/completions?x=1#y", "http://h/v1"),
    ("http://h/chat/completions/", "http://h/v1"),
    ("http://h/api/v3/models", "http://h/api/v3"),
    ("http://h/v1/completions", "http://h/v1"),
    ("  http://h/v1// ", "http://h/v1"),
]


@pytest.mark.parametrize(("given", "base"), DOCUMENTED)
def test_an_address_is_used_as_it_is_meant(given: str, base: str) -> None:
    assert candidates(given)[0] == base


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ("http://h", "http://h"),
        ("http://h/v1", "http://h"),
        ("http://h/sub", "http://h/sub/v1"),
        ("http://h/sub/v1", "http://h/sub"),
        ("http://h/api/v3", "http://h/api/v1"),
    ],
)
def test_each_address_has_another_form(given: str, other: str) -> None:
    assert candidates(given)[1] == other


def test_only_the_version_that_azure_needs_is_sent_along() -> None:
    assert query_of("https://x/openai/deployments/m?api-version=2026-01-01&x=1") == {
        "api-version": "2026-01-01"
    }


def only_at(path: str, script: Script, elsewhere: Script = NOT_FOUND) -> Script:
    def at(sock: socket.socket, request: Request) -> bool:
        is_there = request.path.partition("?")[0] == path
        return (script if is_there else elsewhere)(sock, request)

    return at


@pytest.mark.parametrize("elsewhere", [NOT_FOUND, PAGE, error(404, "Invalid URL (POST /x)")])
@pytest.mark.parametrize(
    ("given", "works"),
    [("", "/chat/completions"), ("/v1", "/chat/completions"), ("/sub", "/sub/v1/chat/completions")],
)
def test_the_other_form_is_tried_once_and_kept(
    make_gateway: MakeGateway, server: FaultServer, given: str, works: str, elsewhere: Script
) -> None:
    server.will(only_at(works, answer("x"), elsewhere))
    gateway = make_gateway(api_url=server.url + given)

    for _ in range(2):
        list(gateway.stream(PROMPT))

    assert [request.path == works for request in server.requests] == [False, True, True]


def test_an_address_where_nothing_is_is_told_as_it_was_given(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(NOT_FOUND)

    with pytest.raises(ModelError) as caught:
        list(make_gateway().stream(PROMPT))

    assert caught.value.kind == "endpoint_missing"
    assert [request.path for request in server.requests] == [
        "/v1/chat/completions",
        "/chat/completions",
    ]


def test_a_model_that_is_not_there_is_no_wrong_address(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(error(404, "model m not found", by_gateway=False))

    with pytest.raises(ModelError):
        list(make_gateway().stream(PROMPT))

    asked = [request for request in server.requests if request.method == "POST"]
    assert len(asked) == 1


def test_the_list_of_models_follows_the_address_that_was_found(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    gateway = make_gateway(model="")
    server.will(only_at("/models", reply(200, [{"id": "only"}])))

    assert gateway.models.default() == "only"


def test_a_service_without_a_list_is_well_where_chats_are_answered(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(only_at("/v1/chat/completions", error(400, "no messages")))

    make_gateway().check()


def test_a_service_without_a_list_and_without_chats_is_not_well(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(NOT_FOUND)

    with pytest.raises(ModelError):
        make_gateway().check()


def test_headers_are_sent_with_every_call_and_never_shown(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    gateway = make_gateway(headers={"X-Portal-Key": "hush-hush-hush"})
    server.will(reply(200, []), error(500, "for hush-hush-hush and sk-first-0000000000000001"))
    gateway.models.names()

    with pytest.raises(ModelError) as caught:
        list(gateway.stream(PROMPT))

    sent = {request.headers["x-portal-key"] for request in server.requests}
    assert sent == {"hush-hush-hush"}
    assert server.requests[0].headers["accept-language"] == "zh-CN, en"
    assert "hush-hush" not in str(caught.value)
    assert "first-0" not in str(caught.value)
