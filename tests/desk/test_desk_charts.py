"""Charts on the page: those that are drawn, and that of others the figures are shown."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from feishu_simulator import Simulator
from tests.desk.test_desk_cards import card_of, part, show, shown

SHARES = {
    "values": [{"kind": "问答", "n": "3"}, {"kind": "<b>画图", "n": 1}, {"kind": "无", "n": 0}]
}


def chart(**spec: Any) -> dict[str, Any]:
    return {"tag": "chart", "chart_spec": {"title": {"text": "分布"}, "data": SHARES, **spec}}


def test_pies_rings_and_lying_bars_are_drawn_with_their_figures(
    desk: Simulator, page: Page
) -> None:
    pie = {"type": "pie", "categoryField": "kind", "valueField": "n"}
    kinds = [
        chart(**pie),
        chart(**pie, innerRadius=0.6),
        chart(type="bar", direction="horizontal", xField="n", yField="kind"),
        chart(**{**pie, "valueField": "nothing"}),
        chart(type="radar", categoryField="kind", valueField="n"),
    ]
    cards = [shown(page, show(desk, card_of(kind))) for kind in kinds]

    for drawn in cards[:2]:
        image = drawn.get_by_role("img", name="分布")
        expect(image.locator("path title")).to_have_text(["问答 · 3 · 75%", "<b>画图 · 1 · 25%"])
        expect(drawn.locator("li")).to_have_text(["问答 75%", "<b>画图 25%", "无 0%"])
    rows = part(cards[2], "chart").get_by_role("img", name="分布").locator("> div")
    expect(rows).to_have_text(["问答3", "<b>画图1", "无0"])
    widths = [row.locator("b").bounding_box() for row in rows.all()[:2]]
    assert widths[0]
    assert widths[1]
    assert round(widths[0]["width"] / widths[1]["width"]) == 3
    for other in cards[3:]:
        expect(other).to_contain_text("VChart")
        expect(other.locator("tbody tr")).to_have_count(3)
