"""Whatever the gateway does wrong ends in a notice of its own, through the real openai client."""

from __future__ import annotations

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_simulator import Script, card_view, failures

TEXTS = Catalog.load("zh")
HALF = "Half an"

REFUSALS = {
    "key_refused": failures.invalid_key(),
    "key_expired": failures.expired_key(),
    "key_disabled": failures.disabled_key(),
    "key_exhausted": failures.exhausted_key(),
    "key_quota_too_small": failures.key_quota_too_small(),
    "account_empty": failures.account_out_of_money(),
    "ip_refused": failures.address_not_allowed(),
    "account_banned": failures.user_banned("one-api"),
    "model_not_allowed": failures.model_not_allowed(),
    "model_unavailable": failures.no_channel(),
    "group_missing": failures.group_missing(),
    "gateway_rate_limited": failures.rate_limited(),
    "gateway_busy": failures.overloaded(),
    "upstream_failed": failures.upstream_unreadable(),
    "upstream_key_refused": failures.upstream_key_invalid(),
    "context_too_long": failures.context_too_long(),
    "content_filtered": failures.content_filtered(),
    "bad_request": failures.bad_request(),
    "model_not_chat": failures.endpoint_not_offered(),
    "gateway_failed": failures.panicked(),
    "waf_blocked": failures.html_page(403),
    "not_a_gateway": failures.html_page(200),
    "empty_answer": Script.text(""),
    "stream_broken": failures.upstream_broke(text=""),
    "gateway_unreachable": failures.hang_up_before_headers(),
}
CUTS = {
    "cut connection": failures.cut_inside_a_chunk(HALF),
    "reset connection": failures.cut_inside_a_chunk(HALF, reset=True),
    "no [DONE]": failures.ended_without_done(HALF),
    "no finish reason": failures.truncated_but_done(HALF),
    "Go's error text": failures.upstream_broke(HALF),
    "truncated JSON": failures.truncated_json(HALF),
    "invalid UTF-8": failures.invalid_utf8(HALF),
    "error event": failures.error_event(HALF),
    "error text event": failures.error_text_event(HALF),
    "named error event": failures.named_error_event(HALF),
}


def shown(answer) -> str:
    return answer.title + answer.text


@pytest.mark.timeout(180)
def test_a_refusal_is_told_in_words(sim, talk, bot):
    # One bot meets them all, as a bot does.
    for kind, refusal in REFUSALS.items():
        sim.gateway.respond_with(lambda body, refusal=refusal: refusal)

        answer = talk.ask("hello")

        notice = TEXTS.notice(kind)
        assert notice.title in shown(answer), kind
        assert (notice.do or notice.what).split("{")[0][:10] in shown(answer), kind
        assert "Traceback" not in shown(answer), kind
        assert "令牌" not in shown(answer), kind


def test_an_answer_that_breaks_off_keeps_its_text_and_offers_to_go_on(sim, talk, bot):
    for case, script in CUTS.items():
        sim.gateway.enqueue(script)

        answer = talk.ask("hello")

        assert HALF in answer.text, case
        assert TEXTS("cut") in answer.text, case
        assert TEXTS("button_continue") in str(answer.buttons), case


def test_an_answer_that_is_too_long_for_the_model_offers_to_go_on(sim, talk, bot):
    sim.gateway.enqueue(failures.out_of_length(HALF), Script.text(" hour later."))
    first = talk.ask("hello")
    button, *_ = first.buttons

    result = sim.feishu.click(first, button, talk.alice)
    second = talk.answer(first)

    assert result.toast["type"] == "info"
    assert "hour later" in second.text
    contents = [m["content"] for m in sim.gateway.requests[-1].body["messages"]]
    assert contents == ["hello", HALF, TEXTS("continue_prompt")]


def test_going_on_works_with_the_old_kind_of_click_too_and_once(sim, talk, start_bot):
    start_bot(LEGACY_CARD_CALLBACKS="true")
    sim.gateway.enqueue(failures.out_of_length(HALF), Script.text(" hour later."))
    first = talk.ask("hello")
    button, *_ = first.buttons

    for old in (True, False, True):
        assert sim.feishu.click(first, button, talk.bob, old=old).status == 200
    talk.answer(first)

    assert len(sim.gateway.requests) == 2


def test_what_the_filter_cut_off_is_said(sim, talk, bot):
    sim.gateway.enqueue(failures.filtered_at_the_end(HALF))

    assert TEXTS("filtered_partly") in talk.ask("hello").text


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (failures.silent_before_headers(), "gateway_timeout_first"),
        (failures.silent_after_headers(), "gateway_timeout_first"),
        (failures.silent_after(HALF), "cut"),
    ],
)
def test_silence_ends_in_time(sim, talk, start_bot, script, kind):
    start_bot(FIRST_TOKEN_TIMEOUT="1", IDLE_TIMEOUT="1")
    sim.gateway.respond_with(lambda body: script)

    answer = talk.ask("hello")

    assert TEXTS.notice(kind, {"model": sim.gateway.requests[-1].body["model"]}).what in shown(
        answer
    )


@pytest.mark.parametrize(
    "script",
    [
        failures.choices_null("All of it"),
        failures.pinged("All of it"),
        failures.ended_without_done("All of it", finish_reason="stop"),
    ],
)
def test_what_is_only_odd_does_no_harm(sim, talk, bot, script):
    sim.gateway.enqueue(script)

    answer = talk.ask("hello")

    assert "All of it" in answer.text
    assert TEXTS("button_continue") not in str(answer.buttons)


def test_another_key_is_used_when_one_is_exhausted(sim, talk, start_bot):
    spare = f"sk-{'spare' * 10}"
    sim.gateway.keys.append(spare)
    start_bot(OPENAI_KEY=f"{sim.gateway.keys[0]}, {spare}")
    sim.gateway.enqueue(failures.exhausted_key(), Script.text("thanks to the spare"))

    assert "thanks to the spare" in talk.ask("hello").text
    assert sim.gateway.requests[0].key != sim.gateway.requests[1].key


def test_a_history_that_is_too_long_is_shortened_by_itself(sim, talk, bot):
    sim.gateway.enqueue(Script.text("A1"))
    answer = talk.ask("Q1")
    sim.gateway.enqueue(failures.context_too_long(), Script.text("A2"))

    assert "A2" in talk.ask("Q2", reply_to=answer).text
    assert [len(r.body["messages"]) for r in sim.gateway.requests] == [1, 3, 1]


def test_the_request_id_is_shown_for_the_administrator(sim, talk, bot):
    sim.gateway.enqueue(failures.exhausted_key())

    assert "请求编号" in talk.ask("hello").text


def test_without_a_model_the_administrator_is_told_which_there_are(sim, talk, start_bot):
    # Before the bot starts: it reads the list then, and keeps it.
    sim.gateway.models[:] = ["house-one", "house-two"]
    start_bot()

    answer = talk.ask("hello")

    assert TEXTS.notice("model_unset").title in shown(answer)
    assert "house-one, house-two" in shown(answer)


@pytest.mark.parametrize("configured", ["", "gpt4o"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_notice_about_a_model_names_the_one_that_was_asked(
    sim, talk, start_bot, language, configured
):
    start_bot(OPENAI_MODEL=configured, LANGUAGE=language)
    kinds = [kind for kind in REFUSALS if "（名称未知）" in TEXTS(kind)]
    assert kinds

    for kind in kinds:
        sim.gateway.respond_with(lambda body, kind=kind: REFUSALS[kind])

        answer = talk.ask("hello")

        asked = sim.gateway.requests[-1].body["model"]
        assert f" {asked} " in f"{shown(answer)} ".replace("。", " "), kind
        assert asked == configured or not configured, kind
        assert "名称未知" not in shown(answer), kind
        assert "name unknown" not in shown(answer), kind


ADMIN = "ou_admin_one"


def people_named_in(answer) -> list[str]:
    parts = card_view.walk(card_view.elements_of(answer.card))
    return [one["id"] for part in parts if part["tag"] == "person_list" for one in part["persons"]]


def test_who_is_to_be_told_is_named_and_not_notified(sim, talk, start_bot):
    start_bot(ADMINS=f"{ADMIN},on_admin_two")
    sim.gateway.respond_with(lambda body: REFUSALS["key_refused"])

    answer = talk.ask("hello")

    assert people_named_in(answer) == [ADMIN, "on_admin_two"]
    assert "<at" not in str(answer.card)


def test_a_limit_names_those_who_can_raise_it(sim, talk, start_bot):
    start_bot(ADMINS=ADMIN, USER_DAILY_QUESTIONS="1")
    talk.ask("one")

    assert people_named_in(talk.ask("two")) == [ADMIN]


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "还没有设置管理员"), ("en", "no administrators set")]
)
def test_without_administrators_that_is_said(sim, talk, start_bot, language, words):
    start_bot(LANGUAGE=language)
    sim.gateway.respond_with(lambda body: REFUSALS["key_refused"])

    answer = talk.ask("hello")

    assert words in shown(answer)
    assert "ADMINS" in shown(answer)
    assert people_named_in(answer) == []
