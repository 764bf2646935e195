"""What services of other makers do, up to the card that a reader sees."""

from __future__ import annotations

import re

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_simulator import Script, field_failures
from feishu_simulator.gateway import bare_list, named_list
from tests.polling import eventually

TEXTS = Catalog.load("zh")
WHOLE = "All of it, from the beginning to the end."


def shown(answer) -> str:
    return answer.title + answer.text


@pytest.mark.parametrize(
    "script",
    [
        field_failures.stop_on_every_chunk(WHOLE),
        field_failures.whole_message_at_the_end(WHOLE),
        field_failures.contentless_events(WHOLE),
        field_failures.end_token_left(WHOLE),
        field_failures.in_an_envelope(WHOLE),
        field_failures.refusal(WHOLE),
        field_failures.stream_named_json(WHOLE),
        field_failures.whole_named_stream(WHOLE),
    ],
)
def test_an_odd_service_is_read_as_it_means(sim, talk, bot, script):
    sim.gateway.enqueue(script)

    answer = talk.ask("hello")

    assert answer.text.count(WHOLE) == 1
    assert TEXTS("cut") not in answer.text
    assert "im_end" not in answer.text


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (field_failures.other_shape(), "context_too_long"),
        (field_failures.error_with_success(), "account_empty"),
        (field_failures.error_by_code(), "account_empty"),
        (field_failures.error_by_code("invalid_api_key"), "key_refused"),
        (field_failures.moderated(), "content_filtered"),
        (field_failures.thought_only("hm"), "length_without_text"),
        (
            Script.answer(403, {"error": {"message": "no", "type": "new_api_error"}}),
            "access_refused",
        ),
    ],
)
def test_each_fault_has_the_remedy_that_helps(sim, talk, bot, script, kind):
    sim.gateway.respond_with(lambda body: script)

    answer = shown(talk.ask("hello"))

    assert TEXTS.notice(kind, {"model": sim.gateway.requests[-1].body["model"]}).what in answer


def test_another_end_than_stop_can_be_continued(sim, talk, bot):
    sim.gateway.enqueue(field_failures.end_in_other_words("Half an"))

    answer = talk.ask("hello")

    assert TEXTS("cut") in answer.text
    assert TEXTS("button_continue") in str(answer.buttons)


def test_the_card_says_how_long_it_waits_and_forgets_it(sim, talk, bot):
    sim.gateway.enqueue(field_failures.throttled("2.5"), Script.text(WHOLE))

    answer = talk.ask("hello")

    frames = [text for _, text in answer.history]
    assert any(TEXTS("busy_wait", seconds=3) in text for text in frames)
    assert answer.text.startswith(WHOLE)
    first, second = sim.gateway.requests
    assert second.at - first.at >= 2.5


def test_a_longer_rest_is_told_with_its_end(sim, talk, bot):
    sim.gateway.respond_with(lambda body: field_failures.throttled("1800"))

    answer = talk.ask("hello")

    assert TEXTS.notice("gateway_resting").title in shown(answer)
    assert re.search(r"\d\d:\d\d", answer.text)
    assert len(sim.gateway.requests) == 1


def test_reasoning_without_its_opening_tag_leaves_the_answer(sim, talk, bot):
    sim.gateway.between = 0.02
    sim.gateway.enqueue(field_failures.thought_without_opening("Let me see.", WHOLE))

    answer = talk.ask("hello")

    assert "</think>" not in answer.text
    assert WHOLE in answer.text
    talk.say("and now?")
    sim.feishu.wait_for(lambda: len(sim.gateway.requests) == 2)
    contents = [m["content"] for m in sim.gateway.requests[-1].body["messages"]]
    assert "Let me see." not in str(contents)


def test_a_model_without_a_system_role_is_asked_without_it_from_then_on(sim, talk, start_bot):
    start_bot(SYSTEM_PROMPT="Be kind.")
    sim.gateway.respond_with(
        lambda body: field_failures.system_role_refused(body, Script.text(WHOLE))
    )

    for question in ("one", "two"):
        assert WHOLE in talk.ask(question).text

    roles = [[m["role"] for m in request.body["messages"]] for request in sim.gateway.requests]
    assert roles == [["system", "user"], ["user"], ["user", "assistant", "user"]]
    assert sim.gateway.requests[1].body["messages"][0]["content"] == "Be kind.\n\none"


@pytest.mark.parametrize("base", ["/api/paas/v4", "/api/v3", "/v1beta/openai"])
def test_an_address_with_a_path_of_its_own_is_used_as_it_is(sim, talk, start_bot, base):
    sim.gateway.base = base
    start_bot(API_URL=f"{sim.gateway.url}{base}/chat/completions")
    sim.gateway.enqueue(Script.text(WHOLE))

    assert WHOLE in talk.ask("hello").text


@pytest.mark.parametrize("listed", [bare_list, named_list])
def test_models_are_chosen_from_every_shape_of_a_list(sim, talk, start_bot, listed):
    sim.gateway.list_models, sim.gateway.models = listed, ["odd", "GPT-4o-2024-08-06"]
    start_bot(OPENAI_MODEL="")
    sim.gateway.enqueue(Script.text(WHOLE))

    talk.ask("hello")

    assert sim.gateway.requests[0].body["model"].endswith("GPT-4o-2024-08-06")


def test_a_service_that_lists_no_models_is_ready(sim, talk, start_bot):
    sim.gateway.has_models = False
    bot = start_bot(OPENAI_MODEL="mine")
    sim.gateway.respond_with(lambda body: Script.text(WHOLE))

    assert WHOLE in talk.ask("hello").text
    eventually(lambda: bot.runtime.readiness.failing() == [])
    assert TEXTS("model_set") in shown(talk.ask("/model other"))
