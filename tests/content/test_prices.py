from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from feishu_bot import content
from feishu_bot.content.prices import PriceList
from feishu_bot.errors import SettingsError

EXAMPLE = Path(content.__file__).with_name("prices.yaml")
TABLE = """
currency: ¥
models:
  some: {prompt: 2, completion: 8}
  some-*: {prompt: 3, completion: 9}
  some-small*: {prompt: 0.5, completion: 0}
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "prices.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_a_table_nothing_has_a_price() -> None:
    prices = PriceList(None)

    assert prices.currency == ""
    assert prices.cost("some", 1000, 1000) == 0


def test_the_example_names_no_models() -> None:
    prices = PriceList(EXAMPLE)

    assert prices.currency == ""
    assert prices.cost("some-model", 1000, 1000) == 0


def test_what_the_example_shows_is_a_table(write: Callable[[str], Path]) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = text[text.index("# models:\n") :].split("\n#\n")[0]
    table = "currency: $\n" + "\n".join(line.removeprefix("# ") for line in shown.splitlines())

    prices = PriceList(write(table))

    assert prices.currency == "$"
    assert prices.cost("some-model", 1_000_000, 0) == 2.5
    assert prices.cost("some-model-mini-2", 0, 1_000_000) == 0.6
    assert prices.cost("another", 1_000_000, 1_000_000) == 5


def test_prices_are_for_a_million_tokens(write: Callable[[str], Path]) -> None:
    prices = PriceList(write(TABLE))

    assert prices.currency == "¥"
    assert prices.cost("some", 1_000, 500) == pytest.approx(0.006)


@pytest.mark.parametrize(
    ("model", "cost"),
    [("some", 2), ("some-", 3), ("some-big", 3), ("some-small", 0.5), ("some-small-2", 0.5)],
)
def test_the_longest_name_that_fits_counts(
    write: Callable[[str], Path], model: str, cost: float
) -> None:
    assert PriceList(write(TABLE)).cost(model, 1_000_000, 0) == cost


@pytest.mark.parametrize("model", ["", "som", "something", "Some"])
def test_a_model_that_no_name_fits_costs_nothing(write: Callable[[str], Path], model: str) -> None:
    assert PriceList(write(TABLE)).cost(model, 1_000_000, 1_000_000) == 0


def test_a_full_name_wins_over_the_same_beginning(write: Callable[[str], Path]) -> None:
    table = "currency: $\nmodels: {a*: {prompt: 1, completion: 1}, a: {prompt: 2, completion: 2}}"

    prices = PriceList(write(table))

    assert prices.cost("a", 1_000_000, 0) == 2


def test_a_picture_and_a_minute_of_speech_have_prices_of_their_own(
    write: Callable[[str], Path],
) -> None:
    prices = PriceList(
        write(
            "currency: $\nmodels:\n"
            "  draws: {picture: 0.04}\n"
            "  hears: {minute: 0.006}\n"
            "  both: {picture: 0.01, prompt: 5, completion: 40}\n"
        )
    )

    assert prices.picture_cost("draws", 2) == pytest.approx(0.08)
    assert prices.picture_cost("draws", 1, 1_000_000, 1_000_000) == pytest.approx(0.04)
    assert prices.picture_cost("both", 1, 1_000_000, 1_000_000) == pytest.approx(45.01)
    assert prices.audio_cost("hears", 90) == pytest.approx(0.009)
    assert prices.cost("hears", 1_000_000, 1_000_000) == 0


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "prices.yaml: the file is empty"),
        ("- a", "prices.yaml: this should have the keys currency and models"),
        ("curency: $", 'line 1: unknown key "curency", perhaps "currency"'),
        ("models: [a]", 'line 1: "models" should have names of models under it'),
        ("models: {a: {prompt: 1, completion: 1}}", '"currency" is missing'),
        ("models: {a: 1}", '"a" should have prices under it: prompt and completion'),
        ("models:\n  a: {prompt: 1}", 'line 2: "completion" is missing'),
        ("models:\n  a: {picture: 1, prompt: 1}", 'line 2: "completion" is missing'),
        ("models: {a: {}}", '"prompt" is missing'),
        ("models: {a: {prompt: 1, output: 1}}", 'unknown key "output"'),
        ("models:\n  a:\n    prompt: -1", 'line 3: "prompt" should be a number, 0 or above'),
        ("models: {a: {prompt: nan}}", 'should be a number, 0 or above, not "nan"'),
        ("models: {a: {prompt: 1e999}}", 'should be a number, 0 or above, not "1e999"'),
        ("models: {a: {prompt: $2}}", 'should be a number, 0 or above, not "\\$2"'),
        ("models: {a*b: {prompt: 1}}", '"a\\*b": a \\* may only stand at the end'),
        ("models: {a: {}, a: {}}", 'line 1: "a" is given twice'),
        ("models: {*: {prompt: 1}}", "line 1: this is not valid YAML"),
    ],
)
def test_a_broken_table_is_refused_in_one_sentence(
    write: Callable[[str], Path], content: str, fault: str
) -> None:
    with pytest.raises(SettingsError, match=fault) as caught:
        PriceList(write(content))

    assert len(caught.value.faults) == 1


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"PRICES_FILE: .*there is no such file"):
        PriceList(tmp_path / "none.yaml")


def test_a_changed_table_is_read_again_and_a_broken_one_is_not(
    write: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    path = write(TABLE)
    prices = PriceList(path, timer=lambda: now[0])

    write(TABLE.replace("¥", "$"))
    os.utime(path, (1, 1))
    now[0] = 1.0
    assert prices.currency == "$"

    write("models: []")
    os.utime(path, (2, 2))
    now[0] = 2.0
    assert prices.currency == "$"
    now[0] = 3.0
    assert prices.currency == "$"
    assert len(caplog.records) == 1
