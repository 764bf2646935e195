from __future__ import annotations

from string import Formatter

import pytest

from feishu_bot.content.texts import Texts
from feishu_bot.llm.failures import Kind

KINDS_LIST = """
    key_refused key_expired key_disabled key_exhausted key_quota_too_small account_empty
    ip_refused account_banned group_missing model_not_allowed model_unavailable
    model_not_chat model_unset gateway_unreachable gateway_untrusted proxy_failed
    gateway_timeout_first gateway_timeout_idle gateway_timeout_total gateway_rate_limited
    gateway_busy upstream_failed upstream_key_refused bad_request context_too_long
    content_filtered endpoint_missing not_a_gateway empty_answer stream_broken waf_blocked
    gateway_failed unsupported_message empty_question gave_up new_topic not_allowed_here
"""
KINDS = KINDS_LIST.split()
LINES_LIST = """
    cut length filtered_partly stopped continue_started continue_unknown action_unknown
    action_failed continue_prompt thinking reasoning_title reasoning_running button_continue
    part_continued part_unused footer_seconds footer_tokens request_line
"""
LINES = LINES_LIST.split()
GRAVITIES = {"info", "retry", "admin"}

zh, en = Texts.load("zh"), Texts.load("en")
each_language = pytest.mark.parametrize("texts", [zh, en], ids=["zh", "en"])


def params_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@each_language
def test_every_kind_that_is_raised_has_a_text(texts: Texts) -> None:
    assert texts.kinds() == {*KINDS, *LINES}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_failure_of_the_model_is_a_notice(kind: Kind) -> None:
    assert kind.value in KINDS


@each_language
@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_has_all_its_parts(texts: Texts, kind: str) -> None:
    notice = texts.notice(kind)

    assert notice.title
    assert notice.what
    assert notice.do
    assert notice.gravity in GRAVITIES


@each_language
@pytest.mark.parametrize("kind", [*KINDS, *LINES])
def test_no_text_is_empty_or_raises_its_voice(texts: Texts, kind: str) -> None:
    text = texts(kind, seconds=1, tokens=1, part=2, request_id="r", model="m", scopes="s")

    assert text.strip()
    assert not set(text) & set("!！")
    assert "{" not in text


@pytest.mark.parametrize("kind", [*KINDS, *LINES])
def test_both_languages_take_the_same_params(kind: str) -> None:
    chinese, english = zh.template(kind), en.template(kind)

    assert params_of(chinese) == params_of(english)


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_see_the_same_gravity(kind: str) -> None:
    assert zh.notice(kind).gravity == en.notice(kind).gravity


def test_both_languages_have_the_same_words() -> None:
    kinds = ["sticker", "image", "file", "audio", "media", "location", "todo", "vote", "folder"]

    for kind in kinds:
        assert kind not in zh("unsupported_message", kind=kind)
        assert zh("unsupported_message", kind=kind) != zh("unsupported_message", kind="new")
        assert en("unsupported_message", kind=kind) != en("unsupported_message", kind="new")


@each_language
def test_an_unknown_kind_is_a_key_error(texts: Texts) -> None:
    with pytest.raises(KeyError):
        texts("no_such_kind")


def test_a_missing_param_reads_as_nothing() -> None:
    assert "the model at present" in en("model_unavailable")


def test_a_param_is_never_a_template() -> None:
    assert "{request_id}" in en("model_unavailable", model="{request_id}", request_id="r1")


def test_an_unknown_kind_of_message_has_a_word_too() -> None:
    assert en("unsupported_message", kind="hologram").startswith("I can't read this kind")


def test_texts_are_read_once() -> None:
    assert Texts.load("zh") is zh
