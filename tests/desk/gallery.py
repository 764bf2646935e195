"""Two cards that show every component there is, for the pictures of the documents."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

TOLD = [{"type": "callback", "value": {"action": "show"}}]


def plain(text: str) -> Json:
    return {"tag": "plain_text", "content": text}


def column(*elements: Json, weight: int = 1, **more: Any) -> Json:
    return {
        "tag": "column", "width": "weighted", "weight": weight, "elements": list(elements), **more
    }  # fmt: skip


def row(*columns: Json, **more: Any) -> Json:
    return {"tag": "column_set", "horizontal_spacing": "8px", "columns": list(columns), **more}


def button(text: str, kind: str = "default", **more: Any) -> Json:
    return {"tag": "button", "text": plain(text), "type": kind, "behaviors": TOLD, **more}


def choices(*texts: str) -> list[Json]:
    return [{"text": plain(text), "value": text} for text in texts]


def card(title: str, template: str, *elements: Json) -> Json:
    tag = {"tag": "text_tag", "text": plain("2.0"), "color": template}
    header = {"title": plain(title), "template": template, "text_tag_list": [tag]}
    return {"schema": "2.0", "header": header, "body": {"elements": list(elements)}}


def shown(image: str, people: list[str]) -> Json:
    """What is only looked at."""
    table = {
        "tag": "table",
        "page_size": 3,
        "columns": [
            {"name": "name", "display_name": "客户 Customer", "data_type": "text"},
            {"name": "kind", "display_name": "标签 Tags", "data_type": "options"},
            {
                "name": "sum", "display_name": "金额 Sum", "data_type": "number",
                "format": {"symbol": "¥", "precision": 0, "separator": True},
                "horizontal_align": "right",
            },
        ],
        "rows": [
            {"name": name, "kind": [{"text": kind, "color": colour}], "sum": amount}
            for name, kind, colour, amount in [
                ("云海科技", "新签 new", "green", 128000),
                ("North Ltd.", "续约 renewed", "blue", 96500),
                ("青禾教育", "跟进 pending", "orange", 43000),
                ("Lumen", "新签 new", "green", 22000),
            ]
        ],
    }  # fmt: skip
    panel = {
        "tag": "collapsible_panel",
        "expanded": True,
        "header": {"title": plain("思考过程 · Reasoning")},
        "border": {"color": "grey", "corner_radius": "6px"},
        "elements": [
            {"tag": "markdown", "content": "先看数据，再下结论。", "text_size": "notation"}
        ],
    }
    return card(
        "展示 · Shown", "blue",
        {
            "tag": "markdown",
            "content": f"**周报** <font color='green'>完成 92%</font> "
            f"<text_tag color='orange'>待确认</text_tag> <at id={people[0]}></at> :THUMBSUP:\n"
            "1. 上线新版知识库\n2. 回答了 `1,284` 个问题",
        },
        row(
            column({"tag": "markdown", "content": "**1,284**\n提问 questions"}, padding="8px"),
            column({"tag": "markdown", "content": "**92 %**\n解决 solved"}, padding="8px"),
            column({"tag": "markdown", "content": "**3.1 s**\n用时 time"}, padding="8px"),
            background_style="grey",
        ),
        panel,
        table,
        row(
            column({"tag": "img", "img_key": image, "alt": plain("图"),
                    "scale_type": "crop_center"}),
            column(
                {"tag": "person_list", "persons": [{"id": person} for person in people],
                 "show_name": True, "size": "small"},
                weight=2,
            ),
        ),
    )  # fmt: skip


def used(people: list[str]) -> Json:
    """What is pressed, chosen and filled in."""
    form = {
        "tag": "form",
        "name": "leave",
        "elements": [
            {"tag": "input", "name": "why", "required": True, "width": "fill",
             "label": plain("原因 Reason"), "placeholder": plain("写点什么 Write something")},
            row(
                column({"tag": "select_static", "name": "kind", "width": "fill",
                        "placeholder": plain("类型 Kind"), "options": choices("年假", "调休")}),
                column({"tag": "date_picker", "name": "day", "width": "fill",
                        "placeholder": plain("日期 Day")}),
            ),
            {"tag": "checker", "name": "sure", "text": plain("已告知同事 Colleagues know")},
            row(
                column(button("提交 Submit", "primary_filled", name="ok",
                              form_action_type="submit", width="fill")),
                column(button("重置 Reset", name="no", form_action_type="reset", width="fill")),
            ),
        ],
    }  # fmt: skip
    return card(
        "交互 · Used", "violet",
        row(
            *(
                {"tag": "column", "width": "auto", "elements": [button(text, kind)]}
                for text, kind in [
                    ("默认 Default", "default"), ("主要 Primary", "primary_filled"),
                    ("危险 Danger", "danger"), ("文字 Text", "primary_text"),
                ]
            ),
            {"tag": "column", "width": "auto", "elements": [
                {"tag": "overflow", "options": choices("导出", "归档"), "behaviors": TOLD}]},
            flex_mode="flow",
        ),
        row(
            column({"tag": "multi_select_static", "width": "fill", "behaviors": TOLD,
                    "selected_values": ["飞书", "Lark"],
                    "options": choices("飞书", "Lark", "Web")}),
            column({"tag": "select_person", "width": "fill", "behaviors": TOLD,
                    "options": [{"value": person} for person in people]}),
        ),
        {"tag": "interactive_container", "has_border": True, "padding": "8px 12px",
         "background_style": "wathet-50", "behaviors": TOLD,
         "elements": [{"tag": "markdown", "content": "**整块都能点** · Press anywhere here"}]},
        {"tag": "hr"},
        form,
    )  # fmt: skip
