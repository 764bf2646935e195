"""Pictures in a prompt, and the models that take none."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from feishu_bot.core.chat_model import ChatMessage, Prompt, TextDelta
from feishu_bot.core.pictures import Picture, picture_tokens
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.adjustments import without_system
from feishu_bot.llm.chat_endpoint import request_body
from feishu_bot.llm.sight import REMEMBERED_FOR, Sight
from tests.polling import Clock

from .fault_server import FaultServer, Script, answer, error, event, reply, stream

MakeGateway = Callable[..., Gateway]

PICTURE = Picture(data=b"\xff\xd8jpeg", media_type="image/jpeg", width=800, height=600)
URL = "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8jpeg").decode()
SEEN = {"type": "image_url", "image_url": {"url": URL}}
SHOWN = Prompt(messages=(ChatMessage("user", "What is it?", (PICTURE,)),))
TOLD = Prompt(messages=(ChatMessage("user", "hello"),))

# As services and gateways say it, with the status that each gives.
CANT_SEE: list[tuple[int, str]] = [
    (400, "Invalid content type. image_url is only supported by certain models."),
    (404, "No endpoints found that support image input"),
    (400, "this model does not support image input (ref: b8bd630e)"),
    (400, "Model do not support image input.\nRequest id: 02178884657342"),
    (400, "Invalid request: Image input not supported for model kimi-k2-0905-preview"),
    (
        400,
        "Failed to deserialize the JSON body into the target type: messages[0]: unknown variant"
        " `image_url`, expected `text` at line 1 column 99",
    ),
    (400, "messages[0]: invalid type: sequence, expected a string at line 1 column 5"),
    (400, "/root/models/Qwen3-8B is not a multimodal model None"),
    (400, "The provided model is not a vision model. Please provide a vision model."),
    (400, "Unsupported content part type for text-only server: image_url"),
    (400, "At most 0 image(s) may be provided in one prompt."),
    (500, "image input is not supported - hint: if this is unexpected, you may need the mmproj"),
    (400, "messages[1].content must be a string"),
    (422, "messages.1.content: Input should be a valid string"),
    (400, "The model is not a VLM (Vision Language Model). Please use a text-only prompt."),
    (400, "This model doesn't support images"),
    (400, "Provider API error: Model gpt-x does not support vision"),
    (400, "该模型不支持图片输入"),
    (400, "当前模型不支持多模态"),
    (400, "模型仅支持文本输入"),
    (400, "messages.content.type 参数非法，取值范围 ['text']"),
]
# These models can see, or it is not about seeing.
OTHER: list[tuple[int, str]] = [
    (400, "You uploaded an unsupported image. Please make sure your image is valid."),
    (400, "Unsupported image format: image/tiff is not supported"),
    (400, "Invalid image data: could not decode image"),
    (400, "image exceeds 5 MB maximum"),
    (400, "图片格式不支持"),
    (401, "Incorrect API key provided"),
    (400, "Your input image may contain content that is not allowed by our safety system."),
    (400, "The input token count exceeds the maximum number of tokens allowed"),
]


@pytest.mark.parametrize(("status", "said"), CANT_SEE)
def test_a_model_that_cant_see_is_told_as_such_and_asked_no_more(
    make_gateway: MakeGateway, server: FaultServer, status: int, said: str
) -> None:
    server.will(error(status, said))
    gateway = make_gateway()

    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            list(gateway.stream(SHOWN))
        assert caught.value.kind == "model_cant_see"

    assert len(server.requests) == 1
    assert not gateway.can_see("wanted-model")
    assert not gateway.can_see("")
    assert gateway.can_see("other-model")


@pytest.mark.parametrize(("status", "said"), OTHER)
def test_other_refusals_of_a_picture_are_something_else(
    make_gateway: MakeGateway, server: FaultServer, status: int, said: str
) -> None:
    server.will(error(status, said))
    gateway = make_gateway()

    with pytest.raises(ModelError) as caught:
        list(gateway.stream(SHOWN))

    assert caught.value.kind != "model_cant_see"
    assert gateway.can_see("wanted-model")


@pytest.mark.parametrize("said", [said for _, said in CANT_SEE])
def test_without_a_picture_the_words_mean_nothing_of_sight(
    make_gateway: MakeGateway, server: FaultServer, said: str
) -> None:
    server.will(error(400, said))
    gateway = make_gateway()

    with pytest.raises(ModelError) as caught:
        list(gateway.stream(TOLD))

    assert caught.value.kind != "model_cant_see"
    assert gateway.can_see("wanted-model")


@pytest.mark.parametrize(
    "refusal",
    [
        stream(event({"error": {"message": "This model does not support image input"}})),
        reply(200, {"error": {"message": "This model does not support image input"}}),
        reply(400, {"object": "error", "message": "m is not a multimodal model", "code": 400}),
        reply(400, {"error": "this model does not support image input"}),
    ],
)
def test_the_refusal_is_read_wherever_it_stands(
    make_gateway: MakeGateway, server: FaultServer, refusal: Script
) -> None:
    server.will(refusal)

    with pytest.raises(ModelError) as caught:
        list(make_gateway().stream(SHOWN))

    assert caught.value.kind == "model_cant_see"


def test_a_blind_model_is_still_asked_in_words(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(error(400, "does not support image input"), answer("Hi"))
    gateway = make_gateway()
    with pytest.raises(ModelError):
        list(gateway.stream(SHOWN))

    assert TextDelta("Hi") in list(gateway.stream(TOLD))


def test_pictures_follow_the_words_and_messages_without_any_stay_as_they_are(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(answer("A cat"))
    messages = (
        ChatMessage("system", "Be kind."),
        ChatMessage("user", "hello"),
        ChatMessage("user", "Which?", (PICTURE, PICTURE)),
        ChatMessage("user", "", (PICTURE,)),
    )

    list(make_gateway().stream(Prompt(messages=messages)))

    assert server.requests[0].body["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "hello"},
        {"role": "user", "content": [{"type": "text", "text": "Which?"}, SEEN, SEEN]},
        {"role": "user", "content": [SEEN]},
    ]


def test_instructions_are_folded_into_a_question_with_a_picture() -> None:
    messages = (ChatMessage("system", "Be kind."), ChatMessage("user", "What?", (PICTURE,)))

    body = without_system(request_body(Prompt(messages=messages), "m"))

    parts = [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "What?"}, SEEN]
    assert body["messages"] == [{"role": "user", "content": parts}]


def test_what_a_model_refused_is_forgotten_in_time_and_beyond_its_number() -> None:
    clock = Clock()
    sight = Sight(most=2, timer=clock)
    for model in ("a", "b", "c"):
        sight.note_refused(model)

    assert [sight.can_see(model) for model in "abc"] == [True, False, False]
    clock.now += REMEMBERED_FOR
    assert sight.can_see("c")


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    # The first three are examples of OpenAI's own page.
    [
        (1024, 1024, 765),
        (2048, 4096, 1105),
        (512, 512, 255),
        (1, 1, 255),
        (10_000, 10, 85 + 170 * 4),
    ],
)
def test_a_picture_costs_by_its_size(width: int, height: int, tokens: int) -> None:
    assert picture_tokens(width, height) == tokens
    shown = Picture(data=b"x", media_type="image/png", width=width, height=height)
    assert shown.tokens == tokens
