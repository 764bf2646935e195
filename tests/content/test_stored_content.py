"""Roles and prices that administrators have stored, layered over those of the files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from feishu_bot.content.prices import CURRENCY, PriceList
from feishu_bot.content.roles import MAX_ROLES, RoleList
from feishu_bot.core.administration.overrides import Override
from feishu_bot.errors import ChangeRefused

ROLES = """
- id: writer
  tags: [Work]
  zh: {title: 作者, content: 你写。}
  en: {title: Writer, content: You write.}
- title: 翻译
  content: 你翻译。
  tags: 文字
"""
PRICES = """
currency: $
models:
  gpt-5: {prompt: 1, completion: 2}
  gpt-*: {prompt: 3, completion: 4}
"""
POET = {"tags": ["Fun"], "en": {"title": "Poet", "content": "You write poems."}}


def stored(**values: object) -> dict[str, Override]:
    return {name.replace("_", "-"): Override(value=value) for name, value in values.items()}


@pytest.fixture
def roles(tmp_path: Path) -> RoleList:
    (tmp_path / "roles.yaml").write_text(ROLES, "utf-8")
    return RoleList(tmp_path / "roles.yaml")


@pytest.fixture
def prices(tmp_path: Path) -> PriceList:
    (tmp_path / "prices.yaml").write_text(PRICES, "utf-8")
    return PriceList(tmp_path / "prices.yaml")


def titles(roles: RoleList) -> list[str]:
    return [role.title for name in roles.categories("en") for role in roles.of(name, "en")]


def test_a_stored_role_takes_the_place_of_one_or_comes_at_the_end(roles: RoleList) -> None:
    roles.layer(stored(writer=POET))
    assert titles(roles) == ["Poet", "翻译"]

    roles.layer(stored(poet=POET))
    assert titles(roles) == ["Writer", "翻译", "Poet"]
    roles.layer({})
    assert titles(roles) == ["Writer", "翻译"]


def test_a_role_of_the_file_can_be_taken_out(roles: RoleList) -> None:
    roles.layer(stored(writer={}))

    assert titles(roles) == ["翻译"]
    listed = {one.id: (one.is_hidden, one.is_in_file) for one in roles.listed()}
    assert listed == {"writer": (True, True), "翻译": (False, True)}


def test_what_can_be_edited_of_a_role_is_what_stands_in_the_file(roles: RoleList) -> None:
    writer, translator = roles.listed()

    assert writer.document == {
        "tags": ["Work"],
        "zh": {"title": "作者", "content": "你写。"},
        "en": {"title": "Writer", "content": "You write."},
    }
    assert translator.document == {
        "tags": ["文字"],
        "zh": {"title": "翻译", "content": "你翻译。"},
    }
    for one in (writer, translator):
        assert roles.check(one.id, one.document)["zh"] == roles.find(one.id, "zh")


def test_a_stored_role_that_cannot_be_read_costs_no_other(
    roles: RoleList, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        roles.layer(stored(writer={"fr": {"title": "x"}}, poet=POET))
        assert titles(roles) == ["Writer", "翻译", "Poet"]
    assert "stored role refused" in caplog.text


@pytest.mark.parametrize(
    "document",
    [
        {"en": {"title": "x"}},
        {"en": {"title": "", "content": "x"}},
        {"en": {"title": "x", "content": "y" * 8_001}},
        {"zh": {"title": "x", "content": "y", "colour": "red"}},
        {"tags": [1], "zh": {"title": "x", "content": "y"}},
        {},
    ],
)
def test_what_no_file_could_have_is_no_role(roles: RoleList, document: dict[str, object]) -> None:
    with pytest.raises(ChangeRefused):
        roles.check("poet", document)


def test_the_list_has_an_end(roles: RoleList) -> None:
    roles.layer({f"role-{number}": Override(value=POET) for number in range(MAX_ROLES - 2)})

    roles.check("role-1", POET)
    with pytest.raises(ChangeRefused):
        roles.check("another", POET)


def test_stored_prices_go_before_those_of_the_file(prices: PriceList) -> None:
    cost = {"prompt": "10", "completion": "20"}
    prices.layer(stored(gpt_5=cost), {})
    assert prices.cost("gpt-5", 1_000_000, 0) == 10
    assert prices.cost("gpt-6", 1_000_000, 0) == 3
    assert prices.currency == "$"

    prices.layer({"gpt-*": Override(value=cost)}, {CURRENCY: Override(value="¥")})
    assert prices.cost("gpt-5", 1_000_000, 0) == 1
    assert prices.cost("gpt-6", 1_000_000, 0) == 10
    assert prices.currency == "¥"
    prices.layer({}, {})
    assert (prices.cost("gpt-6", 1_000_000, 0), prices.currency) == (3, "$")


def test_without_a_file_stored_prices_are_all_there_are() -> None:
    prices = PriceList()
    assert prices.listed() == ()
    prices.layer(stored(draw={"picture": "0.5"}), {CURRENCY: Override(value="€")})

    (one,) = prices.listed()
    assert (one.model, one.amounts, one.is_stored, one.is_in_file) == (
        "draw",
        {"picture": 0.5},
        True,
        False,
    )
    assert prices.picture_cost("draw", 3) == 1.5
    assert prices.price_of("other") == {}


def test_a_stored_price_that_cannot_be_read_costs_no_other(
    prices: PriceList, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        prices.layer(stored(gpt_5={"per_word": "1"}, gpt_7="free"), {})
        assert prices.cost("gpt-5", 1_000_000, 0) == 1
    assert "stored price refused" in caplog.text


@pytest.mark.parametrize(
    ("model", "amounts"),
    [
        ("", {"prompt": "1", "completion": "1"}),
        ("a*b", {"prompt": "1", "completion": "1"}),
        ("gpt", {"prompt": "1"}),
        ("gpt", {}),
        ("gpt", {"prompt": "-1", "completion": "1"}),
        ("gpt", {"prompt": "nan", "completion": "1"}),
        ("gpt\n", {"prompt": "1", "completion": "1"}),
        ("x" * 121, {"prompt": "1", "completion": "1"}),
    ],
)
def test_what_no_file_could_have_is_no_price(
    prices: PriceList, model: str, amounts: dict[str, str]
) -> None:
    with pytest.raises(ChangeRefused):
        prices.check(model, amounts)
