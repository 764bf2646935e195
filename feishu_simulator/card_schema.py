"""Components of card JSON 2.0 and the attributes each may have ("Card JSON 2.0 structure")."""

from __future__ import annotations


def _names(line: str) -> frozenset[str]:
    return frozenset(line.split())


_EVERY = _names("tag element_id margin")
_LAYOUT = _names(
    "direction horizontal_spacing horizontal_align vertical_spacing vertical_align padding elements"
)
_CHOICE = _names(
    "type name placeholder width required disabled disabled_tips hover_tips confirm behaviors"
)
_PICKER = _CHOICE | _names("value initial_date initial_time initial_datetime")

CARD = _names("schema config card_link header body")
CONFIG = _names(
    "streaming_mode streaming_config summary locales enable_forward update_multi width_mode "
    "use_custom_translation enable_forward_interaction style"
)
HEADER = _names("title subtitle text_tag_list i18n_text_tag_list template icon padding")
BODY = _LAYOUT

COMPONENTS: dict[str, frozenset[str]] = {
    "markdown": _EVERY | _names("content i18n_content text_size text_align text_color icon"),
    "div": _EVERY | _names("text icon width"),
    "img": _EVERY
    | _names("img_key i18n_img_key alt title corner_radius scale_type size transparent preview"),
    "img_combination": _EVERY
    | _names("combination_mode combination_transparent corner_radius img_list"),
    "hr": _EVERY,
    "button": _EVERY
    | _names(
        "text type size width icon hover_tips disabled disabled_tips confirm behaviors name "
        "form_action_type"
    ),
    "form": _EVERY | _LAYOUT | _names("name confirm"),
    "collapsible_panel": _EVERY | _LAYOUT | _names("expanded header border background_color"),
    "select_static": _EVERY | _CHOICE | _names("options initial_option initial_index"),
    "multi_select_static": _EVERY | _CHOICE | _names("options selected_values"),
    "select_person": _EVERY | _CHOICE | _names("options initial_option"),
    "multi_select_person": _EVERY | _CHOICE | _names("options selected_values"),
    "input": _EVERY
    | _CHOICE
    | _names(
        "default_value max_length input_type show_icon rows auto_resize max_rows label "
        "label_position value fallback"
    ),
    "date_picker": _EVERY | _PICKER,
    "picker_time": _EVERY | _PICKER,
    "picker_datetime": _EVERY | _PICKER,
    "select_img": _EVERY
    | _CHOICE
    | _names("style multi_select layout aspect_ratio can_preview options value"),
    "checker": _EVERY
    | _CHOICE
    | _names("checked text overall_checkable button_area checked_style padding"),
    "overflow": _EVERY | _names("width options confirm behaviors value"),
    "column_set": _EVERY
    | _names("flex_mode background_style horizontal_spacing horizontal_align columns action"),
    "column": _EVERY | _LAYOUT | _names("background_style width weight action"),
    "interactive_container": _EVERY
    | _LAYOUT
    | _names(
        "width height background_style has_border border_color corner_radius behaviors hover_tips "
        "disabled disabled_tips confirm"
    ),
    "person": _EVERY | _names("user_id size show_avatar show_name style"),
    "person_list": _EVERY
    | _names("persons lines show_name show_avatar size icon ud_icon drop_invalid_user_id"),
    "chart": _EVERY | _names("chart_spec aspect_ratio color_theme preview height"),
    "table": _EVERY
    | _names("page_size row_height row_max_height freeze_first_column header_style columns rows"),
    "audio": _EVERY | _names("file_key audio_id show_time width style fallback"),
    "plain_text": _names(
        "tag element_id content i18n_content text_size text_color text_align lines"
    ),
    "lark_md": _names("tag element_id content i18n_content text_size text_color text_align lines"),
    "standard_icon": _names("tag token color size"),
    "custom_icon": _names("tag img_key size"),
    "text_tag": _names("tag element_id text color"),
}

# Modules of JSON 1.0 that are gone: "200861 tag unsupported in 2.0".
GONE = frozenset({"action", "note"})

# Keys whose values are the developer's own and are not looked into.
OPAQUE = frozenset({"value", "chart_spec", "rows", "i18n_content", "style"})

# What attributes may be, where the pages of the components name all of it.
TEMPLATES = _names(
    "blue wathet turquoise green yellow orange red carmine violet purple indigo grey default"
)
LOCALES = _names(
    "zh_cn en_us ja_jp zh_hk zh_tw id_id vi_vn th_th pt_br es_es ko_kr de_de fr_fr it_it ru_ru "
    "ms_my"
)
CHOICES: dict[str, dict[str, frozenset[str]]] = {
    "button": {
        "type": _names(
            "default primary danger text primary_text danger_text primary_filled danger_filled "
            "laser"
        ),
        "size": _names("tiny small medium large"),
        "form_action_type": _names("submit reset"),
    },
    "column_set": {"flex_mode": _names("none stretch flow bisect trisect")},
    "chart": {
        "aspect_ratio": _names("1:1 2:1 4:3 16:9"),
        "color_theme": _names("brand rainbow complementary converse primary"),
    },
    "person": {
        "size": _names("extra_small small medium large"),
        "style": _names("normal capsule"),
    },
    "person_list": {"size": _names("extra_small small medium large")},
    "column": {"vertical_align": _names("top center bottom")},
    "input": {
        "input_type": _names("text multiline_text password"),
        "label_position": _names("top left"),
    },
}
TEXT_SIZES = _names(
    "heading-0 heading-1 heading-2 heading-3 heading-4 heading normal notation xxxx-large "
    "xxx-large xx-large x-large large medium small x-small"
)
TEXT_ALIGNS = _names("left center right")
BEHAVIORS = _names("callback open_url form_action")

# Components that call back, and so need names of their own in a form.
INTERACTIVE = _names(
    "button select_static multi_select_static select_person multi_select_person input date_picker "
    "picker_time picker_datetime select_img checker"
)
REQUIRED: dict[str, frozenset[str]] = {
    "markdown": _names("content"),
    "plain_text": _names("content"),
    "lark_md": _names("content"),
    "form": _names("name elements"),
    "collapsible_panel": _names("header elements"),
    "column_set": _names("columns"),
    "chart": _names("chart_spec"),
    "person": _names("user_id"),
    "person_list": _names("persons"),
    "standard_icon": _names("token"),
}
