"""The requests to the model that are kept, and the messages they are joined with."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import httpx2
import lark_oapi as lark
import openai
import pytest

from feishu_simulator import Script, Simulator, failures
from feishu_simulator.exchanges import CHUNKS, KEPT, REQUEST_CHARS, TEXT_CHARS
from tests.polling import eventually
from tests.simulator.conftest import Bot, Writer


@pytest.fixture
def wire(sim: Simulator, bot: Bot, http: Any) -> Any:
    """What the page reads, by path."""
    sim.feishu.bot_url = bot.url
    sim.desk.seed()
    return lambda path: http.get(f"{sim.page_url}/desk/{path}")


def ask(gateway: Any, *said: str, **more: Any) -> str:
    """The answer to messages of a person and the model in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)]
    stream = gateway.chat.completions.create(model="m", messages=messages, stream=True, **more)
    return "".join(c.choices[0].delta.content or "" for c in stream if c.choices)


def test_prompt_parameters_stream_and_usage_of_a_question_stand_in_its_wire(
    sim: Simulator, gateway: Any, wire: Any, alice: Any, chat: Any
) -> None:
    sim.gateway.enqueue(Script.chunks(["Good ", "morning"], first=0.02, between=0.02))
    question = sim.feishu.say(chat, alice, "How are you?", mention_bot=True)
    sim.feishu.say(chat, alice, "Something else")

    system = {"role": "system", "content": "Be kind."}
    messages = [system, {"role": "user", "content": "How are you?"}]
    stream = gateway.chat.completions.create(
        model="gpt-x",
        messages=messages,
        stream=True,
        temperature=0.3,
        stream_options={"include_usage": True},
    )
    usage = [chunk.usage for chunk in stream][-1]
    [line] = eventually(
        lambda: [
            one for one in wire(f"wire/{question.message_id}").json()["exchanges"] if one["is_over"]
        ]
    )
    whole = wire(f"exchange/{line['number']}").json()

    assert (line["model"], line["status"], line["how"]) == ("gpt-x", 200, "text")
    assert 0.02 <= line["first"] < line["seconds"]
    assert line["usage"]["total_tokens"] == usage.total_tokens
    assert [(one["role"], one["text"]) for one in whole["prompt"]] == [
        ("system", "Be kind."),
        ("user", "How are you?"),
    ]
    assert whole["params"]["temperature"] == 0.3
    assert [chunk["text"] for chunk in whole["stream"]] == ["Good ", "morning"]
    assert 0.02 <= whole["stream"][0]["at"] <= whole["stream"][1]["at"]
    assert whole["answer"] == "Good morning"
    assert whole["finish_reason"] == "stop"


def test_keys_are_nowhere(sim: Simulator, gateway: Any, wire: Any, client: lark.Client) -> None:
    key = sim.gateway.keys[0]
    ask(gateway, f"my key is {key}", extra_headers={"X-Extra": "hidden-too", "Api-Key": key})
    Writer(client).create({})

    lines = wire("exchanges").json()["exchanges"]
    shown = json.dumps([lines, wire(f"exchange/{lines[0]['number']}").json()])
    calls = [wire(f"call/{call.serial}").text for call in sim.feishu.calls]

    assert key not in shown
    assert "hidden-too" not in shown
    assert "authorization" not in shown.lower()
    assert sim.credentials.app_secret not in "".join(calls)
    assert '"tenant_access_token": "\\u2022' in "".join(calls)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (failures.account_out_of_money(), {"status": 402, "error": "user quota"}),
        (failures.cut_inside_a_chunk("Half"), {"status": 200, "ending": "cut"}),
        (failures.hang_up_before_headers(), {"ending": "hang_up"}),
        (failures.html_page(), {"status": 200, "error": "doctype"}),
        (failures.ended_without_done("x"), {"ending": "no_done"}),
        (failures.filtered_at_the_end("x"), {"finish_reason": "content_filter"}),
    ],
)
def test_what_went_wrong_is_told(
    sim: Simulator, gateway: Any, wire: Any, script: Script, expected: dict[str, Any]
) -> None:
    sim.gateway.enqueue(script)
    with contextlib.suppress(openai.APIError, httpx2.HTTPError):
        ask(gateway, "x")
    [line] = eventually(
        lambda: [one for one in wire("exchanges").json()["exchanges"] if one["is_over"]]
    )

    for name, value in expected.items():
        shown = line[name]
        assert value in shown if name == "error" else shown == value


def test_a_wrong_key_and_a_fault_of_the_page_are_told(
    sim: Simulator, gateway: Any, wire: Any
) -> None:
    sim.desk.faults.switch("model", "length")
    ask(gateway, "x")
    with pytest.raises(Exception, match="无效的令牌"):
        ask(gateway.with_options(api_key="sk-of-somebody-else"), "y")

    wrong, faulty = wire("exchanges").json()["exchanges"]
    assert (wrong["status"], wrong["fault"]) == (401, "")
    assert (faulty["fault"], faulty["finish_reason"]) == ("length", "length")
    assert wire(f"exchange/{wrong['number']}").json()["key"] == "sk-…lse"


def test_what_is_kept_is_bounded(sim: Simulator, gateway: Any, wire: Any) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 90_000}}
    huge = [{"role": "user", "content": "x" * 90_000} for _ in range(9)]
    sim.gateway.respond_with(lambda body: Script.chunks(["a"] * (CHUNKS + 5)))
    gateway.chat.completions.create(
        model="m", messages=[{"role": "user", "content": [picture]}, *huge]
    )
    [line] = wire("exchanges").json()["exchanges"]
    whole = wire(f"exchange/{line['number']}").json()

    assert all(len(one["text"]) < TEXT_CHARS + 20 for one in whole["prompt"])
    assert len(json.dumps(whole["prompt"])) < REQUEST_CHARS * 1.1
    assert "AAAA" not in json.dumps(whole["prompt"]).replace("A" * 42, "", 1)
    assert (len(whole["stream"]), whole["left_out"]) == (CHUNKS, 5)

    for _ in range(KEPT):
        sim.gateway.exchanges.begin("/v1/x", {}, "")
    assert len(sim.gateway.exchanges.all()) == KEPT
    assert wire(f"exchange/{line['number']}").status_code == 404


def test_an_exchange_is_joined_by_question_by_answer_or_by_time(
    sim: Simulator, gateway: Any, wire: Any, alice: Any, chat: Any, group: Any, writer: Writer
) -> None:
    def owners() -> list[tuple[str, str]]:
        """Oldest first."""
        lines = wire("exchanges").json()["exchanges"]
        return [(line["owner"], line["how"]) for line in reversed(lines)]

    feishu = sim.feishu
    first = feishu.say(chat, alice, "same words")
    ask(gateway, "same words")
    second = feishu.say(group, alice, "same words", mention_bot=True)
    ask(gateway, "Alice: same words")
    picture = feishu.send(chat, alice, "image", {"image_key": feishu.add_image(b"x")})
    ask(gateway, "")
    said = "This is the answer to a button, long enough to be known again."
    button = feishu.state.add_message(chat, None, "text", {"text": f"{said} More."})
    sim.gateway.enqueue(Script.text(said))
    ask(gateway, "What can you do?")
    feishu.say(chat, alice, "ask about the quoted")
    last = feishu.say(chat, alice, "no")
    ask(gateway, "<quoted>ask about the quoted</quoted>\nno")
    sim.gateway.enqueue(Script.text("Nothing known"))
    ask(gateway, "A title, please")

    assert owners() == [
        (first.message_id, "text"),
        # Said twice within a minute, in two chats: only the time speaks for one of them.
        (second.message_id, "time"),
        (picture.message_id, "time"),
        (button.message_id, "answer"),
        (last.message_id, "text"),
        ("", ""),
    ]
