"""Pictures that models make or name are shown in the card of the answer."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from feishu_bot.stores.schema import turns
from feishu_simulator import Script
from feishu_simulator.gateway_media import PICTURE_PATH
from tests.media import files
from tests.polling import eventually
from tests.scenarios.test_files import asides

PICTURE = files.picture(300, 200, (200, 30, 30))
ANSWERS = sa.select(turns.c.answer, turns.c.pictures)
SHOWN = re.compile(r"!\[([^\]]*)\]\((img_[^)]+)\)")


def pictures_in(sim, answer) -> list[tuple[str, bytes]]:
    """What the pictures of an answer are called, and what they are."""
    images = sim.feishu.state.images
    return [(label, images[key].data) for label, key in SHOWN.findall(answer.text)]


def stored(bot) -> tuple[str, dict | None]:
    """Text and pictures of the first answer, once they are in the database."""

    def first():
        with bot.database.read() as connection:
            return connection.execute(ANSWERS).first()

    return tuple(eventually(first))


@pytest.mark.parametrize(("form", "label"), [("images", ""), ("parts", ""), ("markdown", "image")])
def test_a_picture_that_the_model_made_is_shown_and_kept_by_its_key(
    sim, bot, talk, form, label, caplog
):
    sim.gateway.enqueue(Script.drawing("Here you are:", PICTURE, form=form), Script.text("A cat."))

    answer = talk.ask("draw a cat")

    assert pictures_in(sim, answer) == [(label, PICTURE)]
    text, pictures = stored(bot)
    assert re.fullmatch(rf"Here you are:\n\n!\[{label}\]\(picture:[0-9a-f]{{12}}\)", text)
    assert list(pictures.values()) == [SHOWN.search(answer.text)[2]]
    talk.ask("what is it?")
    told = sim.gateway.requests[-1].body["messages"]
    shown = f"[a picture: {label}]" if label else "[a picture]"
    assert told[-2]["content"] == f"Here you are:\n\n{shown}"
    assert "base64" not in caplog.text


def test_a_picture_whose_bytes_are_none_is_told(sim, bot, talk):
    sim.gateway.enqueue(Script.drawing("Here:", b"<html>" * 100))

    answer = talk.ask("draw")

    assert "🖼" in answer.text
    assert asides(answer) == "有 1 张图片没能显示，可以点「重新回答」再试。"


def test_without_the_scope_for_uploads_it_is_named(sim, bot, talk):
    sim.feishu.access.scopes -= {"im:resource", "im:resource:upload"}
    sim.gateway.enqueue(Script.drawing("Here:", PICTURE))

    answer = talk.ask("draw")

    assert "im:resource" in asides(answer)


@pytest.fixture
def address(sim) -> str:
    """A picture at the gateway, the one address of this machine that may be fetched."""
    path = f"{PICTURE_PATH}cat.png"
    sim.gateway.media._pictures[path] = PICTURE
    return f"{sim.gateway.url.removesuffix('/v1')}{path}"


def test_a_picture_that_the_model_names_is_a_link_first_and_a_picture_in_the_end(
    sim, bot, talk, address
):
    sim.gateway.enqueue(Script.text(f"Look: ![a cat]({address}) Nice."))

    answer = talk.ask("show me a cat")

    assert [label for label, _ in pictures_in(sim, answer)] == ["a cat"]
    assert stored(bot)[0] == f"Look: ![a cat]({address}) Nice."


def test_it_stays_a_link_when_that_is_set(sim, start_bot, talk, address):
    start_bot(IMAGES_IN_ANSWERS="never")
    sim.gateway.enqueue(Script.text(f"![a cat]({address})"))

    answer = talk.ask("show me a cat")

    assert answer.text.startswith(f"[a cat]({address})")


def test_an_address_of_this_network_is_not_asked(sim, bot, talk):
    inside = f"{sim.feishu.url}/inside.png"
    sim.gateway.enqueue(Script.text(f"![x]({inside})"))

    answer = talk.ask("hello")

    assert answer.text.startswith(f"[x]({inside})")
    assert not [call for call in sim.feishu.calls if call.path == "/inside.png"]


def test_a_model_that_draws_in_chat_is_simulated(sim, start_bot, talk):
    start_bot(OPENAI_MODEL="gemini-image")

    answer = talk.ask("画一张日落")

    assert answer.text.startswith("画好了，请看：")
    assert len(pictures_in(sim, answer)) == 1
