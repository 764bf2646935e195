"""Pictures in the text of a card: which are shown, and that cards are cut in the same places."""

from __future__ import annotations

import re

import pytest

from feishu_bot.feishu.cards.answer import answer_card
from feishu_bot.feishu.cards.markdown import MarkdownStream
from feishu_bot.feishu.streaming.card_text import CardText
from tests.builders import TEXTS

CAT = "https://pictures.example/cat.png"
KEYS = {"picture:0a": "img_own", CAT: "img_cat"}


def shown(text: str) -> str:
    stream = MarkdownStream(text, pictures=KEYS)
    stream.finish()
    return stream.text()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("![a cat](picture:0a)", "![a cat](img_own)"),
        (f"![]({CAT})", "![](img_cat)"),
        (f"- ![x]({CAT} 'title')", "- ![x](img_cat)"),
        (f"# ![x]({CAT})", "# ![x](img_cat)"),
        (f"[x]({CAT})", "![x](img_cat)"),
        ("![a cat](picture:ff)", "🖼 a cat"),
        ("![](picture:ff)", "🖼"),
        ("[x](picture:ff)", "x"),
        ("![x](img_forged)", "x (img&#95;forged)"),
        (f"`![x]({CAT})`", f"`![x]({CAT})`"),
        (f"| a |\n|---|\n| ![x]({CAT}) |", f"| a |\n|---|\n| [x]({CAT}) |"),
    ],
)
def test_a_picture_is_shown_by_the_key_that_is_known(text: str, written: str) -> None:
    assert shown(text).replace("img_forged", "img&#95;forged") == written


def test_pictures_that_come_last_take_the_place_of_their_links() -> None:
    text = CardText()
    text.append(f"![a]({CAT}) and ![b](picture:0a)\n\n![c]({CAT})\n\n", replaces=False)
    assert text.text == f"[a]({CAT}) and 🖼 b\n\n[c]({CAT})"

    text.add_pictures(KEYS)
    text.finish(is_cut=False)

    assert text.text == "![a](img_cat) and ![b](img_own)\n\n![c](img_cat)"
    assert text.simplify()
    assert text.text == f"[a]({CAT}) and 🖼 b\n\n[c]({CAT})"


@pytest.mark.parametrize("is_streamed", [True, False])
def test_the_rest_goes_on_where_it_stopped_whenever_the_pictures_came(is_streamed: bool) -> None:
    part = f"words ![a]({CAT}{'?' * 300}) ![b](picture:0a) " * 3
    source = "\n\n".join(f"{number}. {part}" for number in range(200))
    keys = {f"{CAT}{'?' * 300}": "img_cat", "picture:0a": "img_own"}
    first = CardText()
    first.add_picture("picture:0a", "img_own")
    first.append(source, replaces=False)
    cards = []
    if is_streamed:
        full = first.full_card()
        assert full
        cards.append(str(full.text))
        first.drop(full)
    first.add_pictures(keys)
    first.finish(is_cut=False)
    full = first.full_card()
    assert full
    cards.append(str(full.text))
    position = first.remainder(full).position

    rest = CardText(position)
    rest.append(source, replaces=False)
    rest.add_pictures(keys)
    rest.finish(is_cut=False)

    last = int(re.findall(r"(\d+)\. words", cards[-1])[-1])
    assert rest.text.startswith(f"{last + 1}. words ![a](img_cat)")


def test_an_answer_of_a_picture_alone_is_a_picture_in_the_list_of_chats() -> None:
    card = answer_card(TEXTS["zh"], text=shown("![](picture:0a)"), streaming=False)

    assert card["config"]["summary"]["content"] == "[图片]"
