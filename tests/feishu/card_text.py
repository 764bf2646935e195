"""Card JSON as text that a reviewer reads: roughly as it looks, with the values behind it.

Whatever a card has that isn't usual is written out, so that nothing of it changes unseen:

    🧹 清除对话 ¦ 🧹 Clear the conversation [orange]     title in both languages, colour
    真的要清除吗？ ¦ Really clear it?                    a text
    · 不会删除任何内容。 ¦ Nothing is deleted.           a small one
    | **Markdown**                                       what a model wrote
    model: gpt-a                                         a field
    /new — 开始新话题                                    a field whose name leads
    · 管理员 ¦ Admins: @ou_boss                          people, by their ids
    [清除 ¦ Clear] type=danger {"act": "clear"}          a button and its value
    <选择 ¦ Choose> {"act": "mode_set"}                  a choice, and its options,
      (•) 自动 ¦ Automatic = auto                        of which this one is chosen
    ▸ 更多 ¦ More                                        what opens, with its parts below it
    @ou_alice: 3                                         a field about a person
    ▣ 图片 ¦ A picture = img_v3_1                        a picture, with its key
    ▥ 次数: 11-22 gpt 3, 11-22 o1 1                      a chart, with its points
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Json = Mapping[str, Any]

WIDTH = 120
# The bot finds a part of its own card again by it; it never shows.
HIDDEN = frozenset({"tag", "element_id"})
SMALL = {"text_size": "notation", "text_color": "grey"}
GREY = {"text_color": "grey"}
ICON = {
    "icon": {"tag": "standard_icon", "token": "down-small-ccm_outlined"},
    "icon_position": "right",
    "icon_expanded_angle": -180,
}
BORDER = {"border": {"color": "grey", "corner_radius": "5px"}}
STREAMING = {
    "streaming_config": {
        "print_frequency_ms": {"default": 35},
        "print_step": {"default": 4},
        "print_strategy": "fast",
    }
}
PERSON = {"size": "extra_small", "show_avatar": True, "drop_invalid_user_id": True}
STACKED = {
    "type": "bar",
    "xField": "place",
    "yField": "amount",
    "seriesField": "series",
    "stack": True,
    "legends": {"visible": True, "orient": "bottom"},
}
MIDDLE = {"vertical_align": "center"}
PEOPLE = {
    "size": "small",
    "lines": 2,
    "show_name": True,
    "show_avatar": True,
    "drop_invalid_user_id": True,
}
MULTILINE = {"input_type": "multiline_text", "rows": 4, "auto_resize": True}


def card_text(card: Json) -> str:
    """The whole card. Raises KeyError for a component that it doesn't know."""
    return "\n".join([*_head(card), *_elements(card["body"]["elements"])]) + "\n"


def _head(card: Json) -> list[str]:
    header, config = card.get("header"), card["config"]
    lines = ["(no title)"]
    if header:
        rest = _rest(header, {}, "title", "template")
        lines = [f"{_said(header['title'])} [{header['template']}]{rest}"]
    if not header or not _repeats(config["summary"], header["title"]):
        lines.append(f"summary: {_said(config['summary'])}")
    is_streaming = config.get("streaming_mode", False)
    if is_streaming:
        lines.append("streaming")
    usual = {"update_multi": True} | (STREAMING if is_streaming else {})
    rest = _rest(card, {"schema": "2.0"}, "config", "header", "body")
    rest += _rest(config, usual, "summary", "streaming_mode")
    rest += _rest(card["body"], {}, "elements")
    return [*lines, *([f"with{rest}"] if rest else [])]


def _repeats(summary: Json, title: Json) -> bool:
    """Whether the preview in the list of chats is the title, but for its icon."""

    def plain(text: str) -> str:
        icon, _, rest = text.partition(" ")
        return rest if rest and not any(map(str.isalnum, icon)) else text

    names = title.get("i18n_content", {})
    bare = {"content": plain(title["content"])}
    if names:
        bare["i18n_content"] = {name: plain(text) for name, text in names.items()}
    return {**summary} == bare


def _elements(elements: Iterable[Json]) -> list[str]:
    return [line for element in elements for line in _COMPONENTS[element["tag"]](element)]


def _div(element: Json) -> list[str]:
    return _text(element["text"], _rest(element, {}, "text"))


def _markdown(element: Json) -> list[str]:
    rest = _rest(element, {}, "content")
    return [*([f"|{rest}"] if rest else []), *(f"| {li}" for li in element["content"].split("\n"))]


def _hr(element: Json) -> list[str]:
    return [f"────{_rest(element, {})}"]


def _image(element: Json) -> list[str]:
    rest = _rest(element, {"scale_type": "fit_horizontal"}, "alt", "img_key")
    return [f"▣ {_said(element['alt'])} = {element['img_key']}{rest}"]


def _columns(element: Json) -> list[str]:
    columns = element["columns"]
    tags = [part["tag"] for column in columns for part in column["elements"]]
    if len(tags) == len(columns) and set(tags) == {"button"}:
        return _button_row(element)
    if tags == ["div", "div"] and len(columns) == 2:
        return _field(element)
    if tags == ["person_list", "div"] and len(columns) == 2:
        return _person_field(element)
    if tags == ["div", "person_list"]:
        return _people(element)
    lines = [f"columns{_rest(element, {}, 'columns')}"]
    for column in columns:
        lines += _indented([f"column{_rest(column, {}, 'elements')}"])
        lines += _indented(_indented(_elements(column["elements"])))
    return lines


def _button_row(element: Json) -> list[str]:
    """The buttons of an answer are small, and those at its end bring their own space."""
    columns = element["columns"]
    is_small = all(column["elements"][0].get("size") == "small" for column in columns)
    gap, width = ("4px", {"vertical_align": "center"}) if is_small else ("8px", {})
    gap = "0px" if element.get("element_id") == "buttons" else gap
    rest = _rest(element, {"flex_mode": "flow", "horizontal_spacing": gap}, "columns")
    lines = [f"row{rest}"] if rest else []
    for column in columns:
        rest = _rest(column, {"width": "auto", **width}, "elements")
        button, *more = _button(column["elements"][0])
        lines += [button + rest, *more]
    return lines


def _field(element: Json) -> list[str]:
    columns = element["columns"]
    name, value = (column["elements"][0]["text"] for column in columns)
    leads = columns[0].get("weight") == 1
    weights, sign = ((1, 1), " — ") if leads else ((2, 3), ": ")
    styles = ({}, SMALL) if leads else (GREY, {})
    rest = _rest(element, {"flex_mode": "none", "horizontal_spacing": "8px"}, "columns")
    for column, weight in zip(columns, weights, strict=True):
        rest += _rest(column, {"width": "weighted", "weight": weight}, "elements")
        rest += _rest(column["elements"][0], {}, "text")
    names, values = _said(name, styles[0]).split(" ¦ "), _said(value, styles[1]).split(" ¦ ")
    said = [f"{names[0]}{sign}{values[0]}"]
    if len(names) + len(values) > 2:
        said.append(f"{names[-1]}{sign}{values[-1]}")
    return _spread(" ¦ ".join(said) + rest)


def _person_field(element: Json) -> list[str]:
    """A person, whose name Feishu shows, and what stands for them."""
    columns = element["columns"]
    person, value = (column["elements"][0] for column in columns)
    rest = _rest(element, {"flex_mode": "none", "horizontal_spacing": "8px"}, "columns")
    for column in columns:
        rest += _rest(column, {"width": "weighted", "weight": 1}, "elements")
    rest += _rest(person, PERSON, "persons") + _rest(value, {}, "text")
    ids = [f"@{one['id']}{_rest(one, {}, 'id')}" for one in person["persons"]]
    return _spread(f"{' '.join(ids)}: {_said(value['text'])}{rest}")


def _chart(element: Json) -> list[str]:
    spec = element["chart_spec"]
    rest = _rest(element, {"aspect_ratio": "2:1"}, "chart_spec")
    rest += _rest(spec, STACKED, "title", "data") + _rest(spec["title"], {}, "text")
    rest += _rest(spec["data"], {}, "values")
    points = [
        f"{one['place']} {one['series']} {one['amount']}"
        + _rest(one, {}, "place", "series", "amount")
        for one in spec["data"]["values"]
    ]
    return [f"▥ {spec['title']['text']}{rest}", *_indented(points)]


def _people(element: Json) -> list[str]:
    """People behind a label, beside each other, none of them notified."""
    label, people = element["columns"]
    (words,), (persons,) = label["elements"], people["elements"]
    rest = _rest(element, {"flex_mode": "none", "horizontal_spacing": "8px"}, "columns")
    rest += _rest(label, {"width": "auto", **MIDDLE}, "elements")
    rest += _rest(people, {"width": "weighted", "weight": 1, **MIDDLE}, "elements")
    rest += _rest(words, {}, "text")
    ids = ", ".join(person["id"] + _rest(person, {}, "id") for person in persons["persons"])
    named, *more = _text(words["text"], rest)
    return [f"{named}: @{ids}{_rest(persons, PEOPLE, 'persons')}", *more]


def _button(element: Json) -> list[str]:
    is_small = element.get("size") == "small"
    # A button that is only words is small.
    is_small = is_small or str(element.get("type")).endswith("text")
    usual = {"type": "text", "size": "small"} if is_small else {"type": "default"}
    rest = _rest(element, usual, "text", "behaviors", "confirm")
    lines = [f"[{_said(element['text'])}]{rest}{_values(element)}"]
    if "confirm" in element:
        asked = element["confirm"]
        lines += _indented([f"asks first:{_rest(asked, {}, 'title', 'text')}"])
        lines += _indented(_indented(_text(asked["title"]) + _text(asked["text"])))
    return lines


def _select(element: Json) -> list[str]:
    usual = {"width": "fill"}
    rest = _rest(element, usual, "placeholder", "options", "behaviors", "initial_option")
    chosen = element.get("initial_option")
    options = []
    for option in element["options"]:
        mark = "•" if option["value"] == chosen else " "
        name = _said(option["text"])
        value = "" if name == option["value"] else f" = {option['value']}"
        options.append(f"({mark}) {name}{value}{_rest(option, {}, 'text', 'value')}")
    if chosen not in (None, *(option["value"] for option in element["options"])):
        options.append(f"chosen: {chosen}")
    return [f"<{_said(element['placeholder'])}>{rest}{_values(element)}", *_indented(options)]


def _input(element: Json) -> list[str]:
    is_long = "input_type" in element
    usual = {"label_position": "top", "width": "fill"} | (MULTILINE if is_long else {})
    rest = _rest(element, usual, "label", "placeholder", "max_length", "default_value")
    lines = [_said(element["label"]), f"  ({_said(element['placeholder'])})"]
    field = f"  {'≡' if is_long else '_'}{rest} ≤{element['max_length']}"
    return [*lines, field, *_indented(element.get("default_value", "").splitlines())]


def _form(element: Json) -> list[str]:
    return [f"form{_rest(element, {}, 'elements')}", *_indented(_elements(element["elements"]))]


def _collapsible(element: Json) -> list[str]:
    header = element["header"]
    rest = _rest(header, ICON, "title") + _rest(element, BORDER, *_PANEL)
    sign = "▾" if element["expanded"] else "▸"
    return [f"{sign} {_said(header['title'])}{rest}", *_indented(_elements(element["elements"]))]


_PANEL = ("header", "elements", "expanded")
_COMPONENTS = {
    "div": _div,
    "markdown": _markdown,
    "hr": _hr,
    "img": _image,
    "column_set": _columns,
    "button": _button,
    "select_static": _select,
    "input": _input,
    "form": _form,
    "collapsible_panel": _collapsible,
    "chart": _chart,
}


def _text(text: Json, rest: str = "") -> list[str]:
    is_small = all(text.get(name) == value for name, value in SMALL.items())
    return _spread(f"{'· ' if is_small else ''}{_said(text, SMALL if is_small else {})}{rest}")


def _said(text: Json, usual: Json | None = None) -> str:
    """What a text says, in both languages where there are two, and what is odd about it."""
    content, spoken = text["content"], text.get("i18n_content")
    rest = _rest(text, usual or {}, "content", "i18n_content")
    if not spoken:
        return f"{content}{rest}"
    if spoken.keys() == {"zh_cn", "en_us"} and spoken["zh_cn"] == content:
        return f"{content} ¦ {spoken['en_us']}{rest}"
    return f"{content} {_json(spoken)}{rest}"


def _spread(text: str) -> list[str]:
    """On one line what fits there, else each language and each line on its own."""
    if len(text) <= WIDTH and "\n" not in text:
        return [text]
    first, *more = text.replace(" ¦ ", "\n¦ ").split("\n")
    return [first, *_indented(more)]


def _values(element: Json) -> str:
    """What comes back when it is clicked."""
    behaviors = element.get("behaviors")
    if not behaviors:
        return ""
    if len(behaviors) == 1 and {**behaviors[0], "value": 0} == {"type": "callback", "value": 0}:
        return f" {_json(behaviors[0]['value'])}"
    return f" behaviors={_json(behaviors)}"


def _rest(part: Json, usual: Json, *shown: str) -> str:
    """What a part has besides what is shown of it, and what it has not, though it is usual."""
    own = {name: value for name, value in part.items() if name not in HIDDEN and name not in shown}
    odd = [f" {name}={_plain(value)}" for name, value in own.items() if value != usual.get(name)]
    return "".join([*odd, *(f" no {name}" for name in usual if name not in own)])


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]
