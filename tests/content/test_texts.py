from __future__ import annotations

import ast
import functools
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
import yaml

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.alerts import MODEL_CAUSES
from feishu_bot.core.answering.question_context import TAG_NAMES
from feishu_bot.core.balance import BalanceState
from feishu_bot.core.commands.help import BUTTONS
from feishu_bot.core.commands.settings_cards import THREADS
from feishu_bot.core.doctor import STATES
from feishu_bot.core.documents import DocumentUnit
from feishu_bot.core.drawings import SHAPES, STYLES
from feishu_bot.core.limits import Period, Unit, Whose
from feishu_bot.core.modes import MODES
from feishu_bot.core.studio.picture_card import FREE
from feishu_bot.llm.error_kinds import ModelErrorKind
from tests.builders import BotWorld
from tests.content.kinds import kinds_of, template_of

PACKAGE = Path(__file__).parents[2] / "feishu_bot"
# Calls whose first argument is a kind.
SPEAKERS = {"Notice", "Text", "toast", "texts", "_notice", "notice"}
SEVERITIES = {"info", "retry", "admin"}

zh, en = Catalog.load("zh"), Catalog.load("en")
NOTICES = sorted(kind for kind in kinds_of(zh) if zh.notice(kind).title)
LINES = sorted(kinds_of(zh) - set(NOTICES))
each_language = pytest.mark.parametrize("texts", [zh, en], ids=["zh", "en"])


def params_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@functools.cache
def strings_and_calls() -> tuple[ast.Constant | ast.Call, ...]:
    """Those in the code. What is set up and examined is told without a catalog."""
    return tuple(
        node
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] != "setup"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant | ast.Call)
    )


# The kinds that are put together in the code: what stands first, and what may follow.
COMPOSED = {
    "document_": tuple(f"{unit}{cut}" for unit in get_args(DocumentUnit) for cut in ("", "_cut")),
    "balance_": get_args(BalanceState),
    "button_grant_": get_args(Unit),
    "button_": (*BUTTONS, "regenerate", "other_model", "edit_question"),
    "command_": tuple(command.name for command in BotWorld().bot.commands),
    "doctor_": STATES,
    "export_": tuple(TAG_NAMES.split("|")),
    "extra_given_": get_args(Unit),
    "extra_of_": tuple(f"{who}_{often}" for who in get_args(Whose) for often in get_args(Period)),
    "extra_used_": get_args(Unit),
    "limit_": tuple(
        f"{who}_{what}"
        for who in get_args(Whose)
        for what in ("reserved", *get_args(Unit), *(f"month_{unit}" for unit in get_args(Unit)))
    ),
    "picture_": tuple(
        f"{wish}_{value}"
        for wish, values in (("shape", SHAPES), ("style", STYLES))
        for value in (FREE, *values)
    ),
    "studio_example_": ("1", "2", "3"),
    "table_": (
        *("day", "person", "name", "chat", "model", "questions", "prompt_tokens"),
        *("completion_tokens", "cost", "time", "verdict", "comment", "question_id", "answer_id"),
        *("pictures", "audio_minutes", "files", "cut"),
    ),
    "thread_": tuple(THREADS),
    "usage_left": (
        *("", "_month", "_chat", "_chat_month", "_company", "_company_month"),
        *("_questions", "_granted", "_tokens", "_cost"),
        *(f"_month_{unit}" for unit in get_args(Unit)),
    ),
}


def strings_in_source() -> tuple[set[str], set[str]]:
    """All texts in the code, and the beginnings of those kinds that are put together."""
    whole, beginnings = set(), set()
    for node in strings_and_calls():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole.add(node.value)
        if isinstance(node, ast.Call) and name_of(node) in SPEAKERS and node.args:
            first = node.args[0]
            if isinstance(first, ast.JoinedStr):
                beginnings.add(str(getattr(first.values[0], "value", "")))
    return whole, beginnings


def name_of(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def kinds_spoken() -> set[str]:
    """The kinds that the code names where it speaks."""
    spoken = set()
    for node in strings_and_calls():
        if not isinstance(node, ast.Call) or not node.args:
            continue
        first = node.args[0]
        if name_of(node) in SPEAKERS and isinstance(first, ast.Constant) and first.value:
            spoken.add(first.value)
    return spoken


def test_both_languages_have_the_same_texts() -> None:
    assert kinds_of(zh) == kinds_of(en)


def test_no_text_is_unused() -> None:
    whole, beginnings = strings_in_source()
    composed = {first + rest for first, all_rest in COMPOSED.items() for rest in all_rest}

    assert beginnings == COMPOSED.keys()
    assert composed <= kinds_of(zh)
    assert kinds_of(zh) - whole - composed == set()


def test_no_word_for_a_value_is_unused() -> None:
    chinese, english = words("zh_CN"), words("en_US")

    assert chinese["mode"] == english["mode"] == {*MODES, "other"}
    assert chinese == english


def words(folder: str) -> dict[str, set[str]]:
    """The values that have words of their own, by the parameter that they are for."""
    found: dict[str, set[str]] = {}
    for path in (PACKAGE / "content" / "locales" / folder).iterdir():
        content = yaml.safe_load(path.read_text("utf-8"))
        found |= {name: set(values) for name, values in content.get("words", {}).items()}
    return found


def test_everything_that_is_said_has_a_text() -> None:
    assert kinds_spoken() <= kinds_of(zh)


def test_every_failure_of_the_model_is_a_notice() -> None:
    assert {kind.value for kind in ModelErrorKind} - set(NOTICES) == set()


# A test of each text would be two thousand tests, and every worker collects all of them.


@each_language
def test_a_notice_has_all_its_parts(texts: Catalog) -> None:
    for kind in NOTICES:
        notice = texts.notice(kind)

        assert notice.title, kind
        assert notice.what, kind
        assert notice.do, kind
        assert notice.severity in SEVERITIES, kind


@each_language
def test_no_text_is_empty_or_raises_its_voice(texts: Catalog) -> None:
    params = {"seconds": 1, "tokens": 1, "part": 2, "request_id": "r", "model": "m", "scopes": "s"}
    for kind in (*NOTICES, *LINES):
        text = texts(kind, **params, name="n")

        assert text.strip(), kind
        assert not set(text) & set("!！"), kind
        assert "{" not in text, kind


def test_both_languages_take_the_same_params() -> None:
    for kind in (*NOTICES, *LINES):
        chinese, english = template_of(zh, kind), template_of(en, kind)

        # A Chinese word that calls a command says nothing to a reader of English.
        chinese_only = {"plain"} if kind == "command_words" else set()
        assert params_of(chinese) - chinese_only == params_of(english), kind


def test_both_languages_have_the_same_severity() -> None:
    differing = [k for k in NOTICES if zh.notice(k).severity != en.notice(k).severity]

    assert differing == []


def test_both_languages_have_the_same_words() -> None:
    kinds = ["sticker", "image", "file", "audio", "media", "location", "todo", "vote", "folder"]

    for kind in kinds:
        assert kind not in zh("unsupported_message", kind=kind)
        assert zh("unsupported_message", kind=kind) != zh("unsupported_message", kind="new")
        assert en("unsupported_message", kind=kind) != en("unsupported_message", kind="new")


@each_language
def test_an_unknown_kind_is_a_key_error(texts: Catalog) -> None:
    with pytest.raises(KeyError):
        texts("no_such_kind")


def test_a_missing_param_reads_as_nothing() -> None:
    assert en("grant_admin").startswith(" is an admin")


# They speak of models in general, or say that none has been chosen.
# Without a model yet, and of the one that stays, whichever it is.
OF_NO_MODEL = {
    "media_scan",
    "model_unset",
    "picture_model_unset",
    "transcription_model_unset",
    "recording_model_unset",
    "speech_model_unset",
    "new_topic",
}


@each_language
def test_a_notice_that_speaks_of_a_model_names_it(texts: Catalog) -> None:
    of_the_service = {"zh": "模型服务", "en": "model service"}[texts.language]
    for kind in NOTICES:
        spoken = template_of(texts, kind).replace(of_the_service, "")
        speaks = {"zh": "模型", "en": "model"}[texts.language] in spoken.lower()

        assert not speaks or kind in OF_NO_MODEL or "{model}" in spoken, kind


@each_language
def test_a_model_whose_name_is_not_known_leaves_no_gap(texts: Catalog) -> None:
    unknown = {"zh": "（名称未知）", "en": "(name unknown)"}[texts.language]
    kinds = [kind for kind in NOTICES if "{model}" in template_of(zh, kind)]
    assert kinds

    for kind in kinds:
        assert unknown in texts(kind), kind
        assert unknown in texts(kind, model=""), kind
        assert "gpt-x" in texts(kind, model="gpt-x"), kind
        assert unknown not in texts(kind, model="gpt-x"), kind


@each_language
def test_whatever_admins_are_written_to_about_has_a_remedy(texts: Catalog) -> None:
    for kind in MODEL_CAUSES:
        assert kind in set(ModelErrorKind)
        assert texts.notice(kind).remedy, kind


@each_language
def test_a_notice_that_sends_people_to_an_administrator_is_known_as_one(texts: Catalog) -> None:
    words = {
        "zh": ("找管理员", "联系管理员", "告管理员", "给管理员"),
        "en": ("ask an admin", "your administrator"),
    }[texts.language]
    for kind in NOTICES:
        notice = texts.notice(kind)

        assert notice.asks_admins == any(word in notice.do for word in words), kind
        assert notice.do.endswith(notice.remedy), kind


def test_a_param_is_never_a_template() -> None:
    assert "{request_id}" in en("model_unavailable", model="{request_id}", request_id="r1")


def test_an_unknown_kind_of_message_has_a_word_too() -> None:
    assert en("unsupported_message", kind="hologram").startswith("I can't read this kind")


def test_texts_are_read_once() -> None:
    assert Catalog.load("zh") is zh
