"""Refusals of a field, and the request that is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from feishu_bot.core.chat_model import ChatMessage, Prompt
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.adjustments import MAX_TOKENS, adjusted, without_system

from .fault_server import FaultServer, Script, answer, error, event, reply, stream

MakeGateway = Callable[..., Gateway]
PROMPT = Prompt(
    messages=(ChatMessage("system", "Be kind."), ChatMessage("user", "hello")), temperature=0.5
)
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
    "stream": True,
    "stream_options": {"include_usage": True},
    "temperature": 0.5,
}
FOLDED = {"messages": [{"role": "user", "content": "s\n\nu"}]}

REFUSALS: list[tuple[str, str]] = [
    ("messages", "System role not supported"),
    ("messages", "Developer instruction is not enabled for models/gemma"),
    ("messages", "Conversation roles must alternate user/assistant/user/assistant/..."),
    ("messages", "Only user and assistant roles are supported!"),
    ("messages", "'system' is not one of ['user', 'assistant']"),
    ("messages", "body.messages.0.role: Input should be 'user' or 'assistant'"),
    ("messages", "Invalid role: system"),
    ("messages", "Unsupported value: 'messages[0].role' does not support 'system'"),
    ("messages", "该模型不支持 system 角色"),
    ("messages", "messages中第一个role必须为user"),
    ("stream_options", "Unrecognized request argument supplied: stream_options"),
    ("stream_options", "Extra inputs are not permitted: include_usage"),
    ("temperature", "Unsupported value: 'temperature' does not support 0.5 with this model."),
    ("stream", "Your organization must be verified to stream this model."),
    ("stream", "Streaming is not supported for this model"),
    ("stream", "stream is not supported"),
    ("stream", "该模型不支持流式输出"),
    ("max_tokens", "max_tokens: Field required"),
    ("max_tokens", "max_tokens 不能为空"),
]


@pytest.mark.parametrize(
    "said",
    [
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        "Unrecognized request argument supplied: max_tokens",
        "max_tokens is not supported",
    ],
)
def test_a_limit_is_sent_under_the_name_that_the_model_has_for_it(said: str) -> None:
    limited = {**BODY, "max_tokens": 200}

    assert adjusted(limited, "bad_request", said) == {**BODY, "max_completion_tokens": 200}
    assert adjusted({**BODY, "max_completion_tokens": 200}, "bad_request", said) is None


@pytest.mark.parametrize(("field", "said"), REFUSALS)
def test_each_refusal_is_of_its_field(field: str, said: str) -> None:
    body = adjusted(BODY, "bad_request", said)

    assert body is not None
    changed = {name for name in {*BODY, *body} if BODY.get(name) != body.get(name)}
    assert changed == ({"stream", "stream_options"} if field == "stream" else {field})


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("bad_request", "odd"),
        ("bad_request", "Invalid value for 'n'"),
        ("key_refused", "system role not supported"),
        ("gateway_rate_limited", "the stream of requests is not allowed"),
    ],
)
def test_other_refusals_change_nothing(kind: str, said: str) -> None:
    assert adjusted(BODY, kind, said) is None


def test_the_instructions_stand_before_the_first_question() -> None:
    assert without_system(BODY)["messages"] == FOLDED["messages"]
    assert without_system({"messages": [{"role": "system", "content": "s"}]}) == {
        "messages": [{"role": "user", "content": "s"}]
    }


SYSTEM_REFUSED = "System role not supported"


@pytest.mark.parametrize(
    ("refusal", "field", "value"),
    [
        (
            error(400, SYSTEM_REFUSED),
            "messages",
            [{"role": "user", "content": "Be kind.\n\nhello"}],
        ),
        (
            stream(event({"error": {"message": SYSTEM_REFUSED}})),
            "messages",
            [{"role": "user", "content": "Be kind.\n\nhello"}],
        ),
        (
            stream(event({"error": {"message": "unknown field stream_options"}})),
            "stream_options",
            None,
        ),
        (reply(422, {"detail": "max_tokens: Field required"}), "max_tokens", MAX_TOKENS),
    ],
)
def test_a_refused_field_is_remembered_for_its_model_alone(
    make_gateway: MakeGateway, server: FaultServer, refusal: Script, field: str, value: Any
) -> None:
    server.will(refusal, answer("x"))
    gateway = make_gateway()

    for model in ("", "", "other"):
        list(gateway.stream(Prompt(messages=PROMPT.messages, model=model, temperature=0.5)))

    sent = [request.body.get(field) == value for request in server.requests]
    assert sent == [False, True, True, False]


def test_a_model_that_takes_no_form_is_told_as_such(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(error(400, SYSTEM_REFUSED))

    with pytest.raises(ModelError) as caught:
        list(make_gateway().stream(PROMPT))

    assert caught.value.kind == "model_unsuited"
    assert len(server.requests) == 2
