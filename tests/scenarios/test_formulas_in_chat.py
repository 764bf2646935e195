"""Formulas and half marks, from the model's stream to the card and back into the prompt."""

from __future__ import annotations

import re

import pytest

from feishu_simulator import Script
from tests.scenarios.test_choices import button, click

FORMULA = (
    "求根公式：\n\n\\[\nx = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n\\]\n\n"
    "其中 $a \\neq 0$，价格 $5 到 $10，路径 C:\\new\\table，**重点是判别式**，见 [说明](https://x.y/a_b)。\n\n"
    "$$\n\\underbrace{a+b}_{c}\n$$\n"
)


@pytest.mark.parametrize("settings", [{}, {"STREAMING": "false"}, {"LANGUAGE": "en"}])
def test_a_formula_is_read_on_the_card_and_stays_latex_for_the_model(
    sim, talk, start_bot, settings
):
    start_bot(**settings)
    sim.gateway.enqueue(Script.text(FORMULA), Script.text("好"))

    answer = talk.ask("求根公式")

    shown = answer.text.replace("&#92;", "\\")
    assert "x = (-b ± √(b² - 4ac))/(2a)" in shown
    assert "其中 a ≠ 0，价格 $5 到 $10，路径 C:\\new\\table，" in shown
    assert "```latex\n$$\n\\underbrace{a+b}_{c}\n$$\n```" in shown
    talk.ask("再短一点", reply_to=answer)
    assert sim.gateway.requests[-1].body["messages"][-2]["content"] == FORMULA


def test_no_frame_shows_half_a_mark(sim, talk, bot):
    sim.gateway.enqueue(Script.chunks(FORMULA, between=0.01))

    answer = talk.ask("求根公式")

    frames = [text for _, text in answer.history]
    assert len(frames) > 5
    for text in frames:
        whole = re.sub(r"```latex.*?```", "", text, flags=re.DOTALL)
        assert whole.count("**") % 2 == 0
        assert "\\frac" not in whole
        assert "\\sqrt" not in whole
        assert not re.search(r"\[说明\](?!\()|\]\([^)]*$", whole)


@pytest.mark.parametrize("ending", ["length", "stop"])
def test_an_answer_that_breaks_off_ends_with_no_half_mark(sim, talk, bot, ending):
    pieces = ["这是我们这次对话的", "**第一句", "话*"]
    if ending == "length":
        sim.gateway.enqueue(Script.chunks(pieces, finish_reason="length"))
        answer = talk.ask("说吧")
    else:
        sim.gateway.enqueue(Script.chunks([*pieces, *[""] * 200], between=0.2))
        question = talk.say("说吧")
        growing = sim.feishu.wait_for(
            lambda: (a := sim.feishu.answers_to(question)) and "对话的" in a[0].text and a[0]
        )
        click(sim, growing, button(growing, "停止"), talk.alice)
        answer = talk.answer(question)

    assert "这是我们这次对话的" in answer.text
    assert "*" not in answer.text.replace("**第一句话**", "").replace("**第一句**", "")
