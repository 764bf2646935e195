"""The picture studio, with everything around the core replaced by fakes."""

from __future__ import annotations

from typing import Any

import pytest

from feishu_bot.core.cards import Button, Buttons, Form, Select
from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.drawings import Drawing
from feishu_bot.core.fetched_messages import FetchedMessage
from feishu_bot.core.messages import Attachment
from feishu_bot.core.picture_model import DrawnPictures
from feishu_bot.core.pictures import Picture
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import DrawAgain
from feishu_bot.errors import (
    FeishuError,
    FeishuUnavailable,
    LeaseLost,
    ModelError,
    PermissionMissing,
)
from tests.builders import BOB, KEY, TEXTS, BotWorld, job, message, turn
from tests.core.fakes import FakePrices, RecordedAnswer, refuse

CAT = b"\x89PNG cat"


@pytest.fixture
def world() -> BotWorld:
    """A bot in a studio."""
    world = BotWorld(ports={"prices": FakePrices("$", each=0.5)})
    world.conversations.set_kind(KEY, "picture")
    world.drawing.drawn = DrawnPictures(pictures=(CAT,), model="draw-1", prompt_tokens=3)
    return world


def draw(
    world: BotWorld, text: str = "a cat", message_id: str = "om_1", **changes: Any
) -> RecordedAnswer:
    """Say something in the studio; what is on the screen in the end."""
    asked = message(text, message_id, **changes)
    world.bot.work(job(asked, key=KEY), JobControl())
    return world.messenger.answers[-1]


def stored(world: BotWorld) -> Turn:
    return world.inbox.finished[1][1]


def remember(world: BotWorld, *turns: Turn) -> None:
    """The studio had these turns."""
    world.remember(*turns)
    world.conversations.set_kind(KEY, "picture")


def drawn(number: int = 1, *keys: str, **changes) -> Turn:
    """A turn with a picture."""
    drawing = Drawing(pictures=keys or (f"img_{number}",), **changes)
    return turn(number, question="a dog", answer="🎨 a dog", drawing=drawing)


def waiting(number: int = 1) -> Turn:
    """A turn of a picture that came without words."""
    tag = f'<picture message="om_q{number}" key="img_q{number}">\n(a picture)\n</picture>\n\n'
    return turn(number, question=tag, answer="", drawing=Drawing())


def picture(key: str = "img_in") -> Attachment:
    return Attachment("image", key)


def labels(answer: RecordedAnswer) -> list[str]:
    """What can be pressed under a picture."""
    rows = [block for block in answer.ending.controls if isinstance(block, Buttons)]
    return [button.label.key for row in rows for button in row.buttons]


def test_what_is_said_in_the_studio_is_drawn_once_and_shown(world):
    answer = draw(world)

    assert [(asked[0], asked[1], asked[2]) for asked in world.drawing.asked] == [("a cat", (), "")]
    assert not world.model.prompts
    assert world.messenger.pictures[-1] == CAT
    assert answer.text == ""
    assert answer.ending.text == "🎨 a cat"
    assert [image.key for image in answer.ending.drawn] == ["img_2"]
    assert answer.drawing[0] == 0
    assert labels(answer) == ["button_draw_again", "button_studio_leave"]


def test_a_picture_is_stored_as_words_with_its_key(world):
    draw(world)

    assert (stored(world).question, stored(world).answer) == ("a cat", "🎨 a cat")
    assert stored(world).drawing == Drawing(pictures=("img_2",))
    assert stored(world).model == "draw-1"


def test_a_picture_counts_as_one_question_and_its_cost_as_a_picture(world):
    draw(world)

    outcome, _, usage = world.inbox.finished[1]
    (media,) = world.inbox.further[1]
    assert (outcome, usage.outcome, usage.cost, usage.prompt_tokens) == (
        "answered",
        "answered",
        0.0,
        0,
    )
    assert (media.model, media.pictures, media.prompt_tokens, media.cost) == ("draw-1", 1, 3, 2.0)


def test_a_picture_with_words_is_changed_by_them(world):
    world.attachments.stored["img_in"] = b"photo"

    draw(world, "make it night", attachments=(picture(),))

    prompt, pictures, *_ = world.drawing.asked[0]
    assert prompt == "make it night"
    assert [one.data for one in pictures] == [b"photo"]
    assert 'message="om_1" key="img_in"' in stored(world).question


def test_a_picture_without_words_waits_for_them(world):
    answer = draw(world, "", kind="image", attachments=(picture(),))

    assert not world.drawing.asked
    assert answer.ending.notice.kind == "picture_waits"
    assert labels(answer) == ["button_studio_leave"]


def test_words_after_pictures_change_all_that_wait(world):
    remember(world, drawn(1), waiting(2), waiting(3))
    world.attachments.stored.update(img_q2=b"two", img_q3=b"three")

    draw(world, "put them side by side", "om_5")

    assert [one.data for one in world.drawing.asked[0][1]] == [b"two", b"three"]


def test_the_next_words_draw_anew(world):
    remember(world, drawn(1))

    draw(world, "a fish", "om_5")

    assert world.drawing.asked[0][:2] == ("a fish", ())


def test_a_reply_to_a_picture_goes_on_from_it(world):
    remember(world, drawn(1))
    world.attachments.stored["img_1"] = CAT

    draw(world, "with a hat", "om_5", parent_id="om_a1", root_id="om_1")

    assert world.attachments.fetched == [("", "img_1", "")]
    assert [one.data for one in world.drawing.asked[0][1]] == [CAT]
    assert stored(world).question.startswith('<picture key="img_1">')


def test_more_pictures_than_a_model_takes_are_refused_before_anything_is_paid(world):
    many = tuple(picture(f"img_{number}") for number in range(17))

    answer = draw(world, "join them", attachments=many)

    assert answer.ending.notice.kind == "pictures_too_many"
    assert answer.ending.notice.params["count"] == "17"
    assert not world.drawing.asked


def test_a_picture_that_can_not_be_fetched_is_said_and_nothing_is_drawn(world):
    answer = draw(world, "make it night", attachments=(picture("img_gone"),))

    assert answer.ending.notice.kind == "media_gone"
    assert not world.drawing.asked


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("gateway_timeout_first", "drawing_timed_out"),
        ("stream_broken", "drawing_timed_out"),
        ("content_filtered", "drawing_refused"),
        ("task_unsupported", "task_unsupported"),
        ("picture_missing", "picture_missing"),
        ("key_exhausted", "key_exhausted"),
    ],
)
def test_a_failure_of_the_model_is_said_and_can_be_tried_again(world, kind, told):
    world.drawing.failure = ModelError(kind, request_id="req-1")

    answer = draw(world)

    assert answer.ending.notice.kind == told
    assert answer.ending.notice.params["request_id"] == "req-1"
    assert labels(answer) == ["button_draw_again", "button_studio_leave"]
    assert len(world.drawing.asked) == 1


def test_a_stopped_drawing_says_that_it_may_have_been_paid(world):
    world.drawing.failure = ModelError("gateway_timeout_first")
    control = JobControl()
    control.stop()

    world.bot.work(job(message("a cat"), key=KEY), control)

    assert world.messenger.answers[-1].ending.notice.kind == "drawing_stopped"
    assert world.inbox.finished[1][0] == "stopped"


def test_after_a_crash_in_the_middle_nothing_is_drawn_again(world):
    def die(*_, **__):
        raise LeaseLost

    world.drawing.draw = die
    draw(world)
    left = world.inbox.checkpoints[1]

    world.bot.work(job(message("a cat"), key=KEY, attempt=2, checkpoint=left), JobControl())

    answer = world.messenger.answers[-1]
    assert answer.ending.notice.kind == "drawing_interrupted"
    assert "button_draw_again" in labels(answer)
    assert not world.drawing.asked


def test_after_a_crash_behind_the_drawing_the_picture_is_shown(world):
    first = draw(world)
    left = world.inbox.checkpoints[1]

    world.bot.work(job(message("a cat"), key=KEY, attempt=2, checkpoint=left), JobControl())

    assert world.messenger.answers[-1].ending == first.ending
    assert len(world.drawing.asked) == 1


def test_without_the_scope_to_upload_nothing_is_paid(world):
    world.messenger.upload_picture = refuse(PermissionMissing("no scope", code=99991672))

    answer = draw(world)

    assert answer.ending.notice.kind == "permission_missing"
    assert answer.ending.notice.params["scope"] == "im:resource"
    assert not world.drawing.asked


def test_what_feishu_does_not_take_as_a_picture_is_sent_as_a_file_with_a_smaller_one(world):
    upload = world.messenger.upload_picture
    large = b"\x89PNG" + b"x" * 50

    def refuse_large(data):
        if data == large:
            raise FeishuError("too large", code=234006)
        return upload(data)

    world.messenger.upload_picture = refuse_large
    world.pictures.picture = lambda data: Picture(
        data=b"small", media_type="image/png", width=1, height=1
    )
    world.drawing.drawn = DrawnPictures(pictures=(large,), model="draw-1")

    answer = draw(world)

    assert world.messenger.files == [("picture-1.png", large)]
    assert world.messenger.pictures[-1] == b"small"
    assert [aside.kind for aside in answer.ending.asides] == ["picture_as_file"]
    assert answer.ending.drawn


def test_a_picture_that_feishu_never_takes_is_said_to_be_lost(world):
    world.messenger.upload_picture = refuse(FeishuUnavailable("away"))

    answer = draw(world)

    assert answer.ending.notice.kind == "picture_undelivered"
    assert "button_draw_again" in labels(answer)


def test_what_the_model_did_not_take_and_what_it_drew_by_is_said(world):
    remember(world, drawn(1, shape="landscape", style="ink"))
    world.drawing.drawn = DrawnPictures(
        pictures=(CAT,), model="draw-1", prompt="A fluffy cat", without=frozenset({"size"})
    )

    answer = draw(world, "a cat", "om_5")

    prompt, _, size, _ = world.drawing.asked[0]
    assert prompt == "a cat\n\nStyle: traditional Chinese ink wash painting"
    assert size == "landscape of draw-1"
    assert [aside.kind for aside in answer.ending.asides] == ["picture_without_size"]
    assert stored(world).drawing == Drawing(
        pictures=("img_2",), shape="landscape", style="ink", prompt="A fluffy cat"
    )
    selects = [block for block in answer.ending.controls if isinstance(block, Select)]
    assert [select.chosen for select in selects] == ["landscape", "ink"]


def test_a_picture_is_drawn_again_in_the_shape_that_was_chosen(world):
    remember(world, drawn(1, style="ink"))

    world.click("draw_again", on="om_a1", wish="shape", form={"option": "portrait"})

    assert world.inbox.tasks[0].task == DrawAgain(answer_id="om_a1", shape="portrait", style="ink")
    world.work()
    assert world.drawing.asked[0][0].startswith("a dog\n\nStyle:")
    assert world.drawing.asked[0][2] == "portrait of draw-1"
    assert stored(world).parent is None


def test_pressing_twice_draws_once(world):
    remember(world, drawn(1))

    first = world.click("draw_again", on="om_a1", event_id="ev_1")
    second = world.click("draw_again", on="om_a1", event_id="ev_2")

    assert (first.toast.notice.kind, second.toast.notice.kind) == (
        "drawing_started",
        "drawing_known",
    )
    assert len(world.inbox.tasks) == 1


def test_others_draw_nothing_again_but_may_change_a_picture(world):
    remember(world, drawn(1))
    world.attachments.stored["img_1"] = CAT

    refused = world.click("draw_again", on="om_a1", operator=BOB)
    world.click("change_picture", on="om_a1", operator=BOB, form={"instruction": " a red hat "})
    world.work()

    assert refused.toast.notice.kind == "picture_not_yours"
    assert world.drawing.asked[0][0] == "a red hat"
    assert [one.data for one in world.drawing.asked[0][1]] == [CAT]


def test_a_picture_is_changed_by_its_form_also_outside_the_studio(world):
    world.remember(drawn(1))
    world.attachments.stored["img_1"] = CAT

    world.click("change_picture", on="om_a1", form={"instruction": "a red hat"})
    world.work()

    assert len(world.drawing.asked) == 1
    assert stored(world).parent == 1


def test_a_button_that_names_a_turn_of_another_conversation_draws_nothing(world):
    world.remember(drawn(1), key=ConversationKey("oc_2", "om_9"))
    world.bind("om_card")

    assert world.click("draw_again", on="om_card").toast.notice.kind == "conversation_unknown"
    assert not world.inbox.tasks


def test_retry_draws_a_picture_again_and_not_an_answer(world):
    world.remember(drawn(1))

    world.say("/retry", "om_5", root_id="om_1", parent_id="om_a1")

    assert world.drawing.asked[0][0] == "a dog"


def test_the_command_makes_a_studio_and_shows_what_it_is():
    world = BotWorld()

    card = world.run("/picture")

    assert world.conversation().kind == "picture"
    assert card.title.key == "studio_title"
    assert isinstance(card.blocks[-1], Buttons)
    assert isinstance(card.blocks[-1].buttons[0], Button)


def test_the_command_draws_at_once_what_stands_behind_it():
    world = BotWorld()

    world.say("图片创作 一只猫", "om_1")

    assert world.conversation(ConversationKey("oc_1", "chat")).kind == "picture"
    assert world.drawing.asked[0][0] == "一只猫"


def test_without_a_model_that_draws_the_command_says_what_to_set():
    world = BotWorld()
    world.drawing.is_unset = True

    assert world.run("/picture").kind == "picture_model_unset"
    assert world.conversation().kind == "chat"


def test_the_studio_is_left_by_its_button(world):
    world.bind("om_card")

    left = world.click("studio_leave", is_studio="yes")

    assert world.conversation().kind == "chat"
    assert left.card.title.key == "studio_left"
    assert world.click("studio_leave").card is None


def test_a_chat_after_the_studio_knows_its_pictures_in_words(world):
    world.remember(drawn(1))
    world.model.enqueue_text("Hi")

    draw(world, "Hello?", "om_5")

    assert world.model.last_messages[-2].content == "(a picture: 🎨 a dog)"


def test_a_chat_question_in_reply_to_a_picture_sees_it(world):
    world.remember(drawn(1))
    world.attachments.stored["img_1"] = CAT
    world.model.enqueue_text("A dog")

    draw(world, "what is it?", "om_5", parent_id="om_a1", root_id="om_1")

    assert [one.data for one in world.model.last_messages[-1].pictures] == [CAT]


def test_a_reply_to_words_draws_them(world):
    remember(world, turn(1, answer="The moon over a lake"))

    draw(world, "draw this", "om_5", parent_id="om_a1", root_id="om_1")

    assert world.drawing.asked[0][0] == "draw this\n\nThe moon over a lake"


def test_a_card_of_a_picture_has_one_form(world):
    answer = draw(world)

    assert sum(isinstance(block, Form) for block in answer.ending.controls) == 1


def test_what_is_said_in_a_voice_message_is_drawn(world):
    world.attachments.stored["file_v"] = b"OggS"
    world.transcriber.text = "一只猫"
    voice = Attachment("audio", "file_v")

    answer = draw(world, "", kind="audio", attachments=(voice,))

    assert world.drawing.asked[0][:2] == ("一只猫", ())
    assert answer.ending.heard == "一只猫"
    assert stored(world).question == "一只猫"
    assert [used.model for used in world.inbox.further[1]] == ["hear-1", "draw-1"]


def test_words_behind_a_picture_that_waited_for_them_reply_to_nothing_else(world):
    remember(world, drawn(1))
    world.attachments.stored["img_in"] = b"photo"
    before = Attachment("image", "img_in", message_id="om_4")

    draw(world, "make it night", "om_5", parent_id="om_4", root_id="om_1", attachments=(before,))

    assert [one.data for one in world.drawing.asked[0][1]] == [b"photo"]
    assert 'message="om_4"' in stored(world).question


def test_the_pictures_of_a_forwarded_chat_can_be_changed(world):
    part = FetchedMessage(message_id="om_p", kind="image", attachments=(picture("img_f"),))
    world.reader.messages = (
        FetchedMessage(message_id="om_1", kind="merge_forward", parts=(part,)),
    )
    world.attachments.stored["img_f"] = b"forwarded"

    answer = draw(world, "", kind="merge_forward")

    assert answer.ending.notice.kind == "picture_waits"
    assert 'message="om_1" inner="om_p" key="img_f"' in stored(world).question


def test_a_reply_to_a_picture_that_a_chat_model_made_goes_on_from_it(world):
    answer = "![a dog](picture:0b1c2d)"
    remember(world, turn(1, answer=answer, pictures={"picture:0b1c2d": "img_made"}))
    world.attachments.stored["img_made"] = CAT

    draw(world, "with a hat", "om_5", parent_id="om_a1", root_id="om_1")

    assert world.drawing.asked[0][0] == "with a hat"
    assert [one.data for one in world.drawing.asked[0][1]] == [CAT]


@pytest.mark.parametrize("words", ["/chat", "回到聊天", "退出图片创作"])
def test_the_studio_is_left_by_words(words):
    world = BotWorld()
    world.conversations.set_kind(KEY, "picture")

    assert world.run(words).title.key == "studio_left"
    assert world.conversation().kind == "chat"
    assert not world.drawing.asked


def test_help_says_how_the_studio_is_left():
    assert all("/chat" in say("command_picture") for say in TEXTS.values())


def test_an_export_has_the_words_of_a_picture_and_not_its_key(world):
    remember(world, drawn(1))

    file = world.run("/export")

    assert "🎨 a dog" in file.data.decode()
    assert "img_1" not in file.data.decode()
