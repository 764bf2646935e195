"""Card entities and what the platform checks in cards, through the real lark-oapi client."""

from __future__ import annotations

import json

import pytest
from lark_oapi.api.cardkit.v1 import (
    BatchUpdateCardRequest,
    BatchUpdateCardRequestBody,
    Card,
    CreateCardElementRequest,
    CreateCardElementRequestBody,
    DeleteCardElementRequest,
    DeleteCardElementRequestBody,
    IdConvertCardRequest,
    IdConvertCardRequestBody,
    PatchCardElementRequest,
    PatchCardElementRequestBody,
    UpdateCardElementRequest,
    UpdateCardElementRequestBody,
    UpdateCardRequest,
    UpdateCardRequestBody,
)

from feishu_simulator import CardRules

TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n\n"


@pytest.fixture
def question(sim):
    alice = sim.feishu.add_person("Alice")
    return sim.feishu.say(sim.feishu.private_chat(alice), alice, "hello")


@pytest.fixture
def card_id(writer):
    return writer.create(writer.card()).data.card_id


def markdown(content, element_id=None):
    element = {"tag": "markdown", "content": content}
    return {**element, "element_id": element_id} if element_id else element


def card(*elements, **more):
    return {"schema": "2.0", "body": {"elements": list(elements)}, **more}


def update(client, card_id, content, sequence):
    data = Card.builder().type("card_json").data(json.dumps(content)).build()
    body = UpdateCardRequestBody.builder().card(data).sequence(sequence).build()
    request = UpdateCardRequest.builder().card_id(card_id).request_body(body).build()
    return client.cardkit.v1.card.update(request)


def test_a_streamed_card_grows_before_the_readers_eyes(sim, writer, question, card_id):
    writer.reply_card(question.message_id, card_id)
    writer.content(card_id, "Hel", 1)
    writer.content(card_id, "Hello", 5)
    [answer] = sim.feishu.answers_to(question)
    was_streaming = answer.streaming
    writer.settings(card_id, 6, streaming_mode=False, summary={"content": "Hello"})

    assert answer.text == "Hello"
    assert [text for _, text in answer.history] == ["…", "Hel", "Hello"]
    assert (was_streaming, answer.streaming) == (True, False)
    assert answer.summary == "Hello"


def test_the_sequence_must_grow_over_all_operations(writer, card_id):
    assert writer.content(card_id, "a", 3).code == 0
    assert writer.settings(card_id, 3, streaming_mode=True).code == 300317
    assert writer.content(card_id, "b", 2).code == 300317
    assert writer.content(card_id, "b", 2**31).code == 300317
    assert writer.content(card_id, "b", 4).code == 0


def test_a_repeated_uuid_is_200770(writer, card_id):
    assert writer.content(card_id, "a", 1, uuid="u").code == 0
    assert writer.content(card_id, "b", 2, uuid="u").code == 200770


def test_an_entity_is_sent_once(writer, question, card_id):
    first = writer.reply_card(question.message_id, card_id)
    second = writer.reply_card(question.message_id, card_id)
    unknown = writer.reply_card(question.message_id, "7")

    assert first.code == 0
    assert (second.code, unknown.code) == (230099, 230099)
    assert "ErrCode: 200740; ErrMsg: card entity has been sent already" in second.msg


def test_content_needs_an_open_stream(writer, card_id):
    writer.settings(card_id, 1, streaming_mode=False)
    closed = writer.content(card_id, "a", 2)
    writer.settings(card_id, 3, streaming_mode=True)

    assert closed.code == 300309
    assert writer.content(card_id, "a", 4).code == 0


def test_streaming_closes_itself_after_ten_minutes(sim, writer, question, card_id, clock):
    writer.reply_card(question.message_id, card_id)
    [answer] = sim.feishu.answers_to(question)
    clock.now += 599
    in_time = writer.content(card_id, "a", 1).code
    clock.now += 2

    assert in_time == 0
    assert answer.streaming is False
    assert writer.content(card_id, "b", 2).code == 200850
    assert writer.content(card_id, "b", 3).code == 300309
    assert writer.settings(card_id, 4, streaming_mode=True).code == 0
    assert writer.content(card_id, "b", 5).code == 0


def test_entities_expire_after_fourteen_days(sim, writer, card_id):
    sim.feishu.state.entities[card_id].created -= 14 * 86_400 + 1

    assert writer.content(card_id, "a", 1).code == 200750


def test_contents_and_elements_are_checked(writer, card_id):
    assert writer.content(card_id, "", 1).code == 300307
    assert writer.content(card_id, "x", 1, element="none").code == 300313
    assert writer.content(card_id, "x" * 31_000, 1).code == 200860
    assert writer.content("7123", "x", 1).code == 200740


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (card(markdown("x" * 31_000)), 200860),
        (card(*[markdown("x")] * 201), 300305),
        (card(markdown("x", "a"), markdown("y", "a")), 300301),
        (card(markdown("x", "1a")), 300301),
        (card(markdown("x", "a" * 21)), 300301),
        (card({"tag": "marquee"}), 200621),
        (card({"content": "x"}), 200621),
        (card({**markdown("x"), "colour": "red"}), 200621),
        (card(markdown("x"), colour="red"), 200621),
        (card(markdown("x"), config={"wide_screen_mode": True}), 200621),
        (card({"tag": "note", "elements": []}), 200861),
        (card({"tag": "action", "actions": []}), 200861),
        (card(markdown("x"), config={"update_multi": False}), 300302),
        ({"elements": [markdown("x")], "config": {"update_multi": True}}, 300303),
        (card(markdown("![x](https://example.com/x.png)")), 200570),
        (card({"tag": "img", "img_key": "img_none"}), 200570),
        (card(markdown(TABLE * 5)), 230099),
        (card(*[markdown(TABLE)] * 6), 230099),
        (card(markdown("<at id=ou_nobody></at>")), 100290),
        (card({"tag": "person_list", "persons": [{"id": "ou_nobody"}]}), 100290),
        (card(markdown("<at ids=ou_nobody,ou_other></at>")), 100290),
        ([], 200621),
    ],
)
def test_bad_cards_are_refused_with_their_code(writer, content, code):
    assert writer.create(content).code == code


def test_code_is_not_interpreted(writer):
    fence = f"```\n![x](https://e.com/x.png) <at id=ou_nobody></at>\n{TABLE * 9}\n```\n"
    span = "`![x](https://e.com/x.png)` and `<at id=ou_nobody>`"

    assert writer.create(card(markdown(fence + span))).code == 0


def test_known_people_and_uploaded_images_may_be_shown(sim, writer):
    bob = sim.feishu.add_person("Bob")
    key = sim.feishu.add_image(b"\x89PNG")

    text = f"![x]({key}) <at id={bob.open_id}></at> {TABLE * 4}"
    assert writer.create(card(markdown(text))).code == 0


def test_the_limit_of_tables_can_be_moved(sim, writer):
    sim.feishu.state.card_rules = CardRules(max_tables=3)

    refused = writer.create(card(*[markdown(TABLE)] * 4))

    assert "ErrCode: 11310" in refused.msg
    assert writer.create(card(*[markdown(TABLE)] * 3)).code == 0


def test_bad_cards_in_messages_are_230099_around_the_code(writer, question):
    def send(content):
        answer = writer.reply(question.message_id, "interactive", content)
        return answer.code, answer.msg

    assert send(card(markdown("x" * 31_000)))[0] == 230025
    code, msg = send(card({"tag": "marquee"}))
    assert code == 230099
    assert "ErrCode: 200621;" in msg


def test_a_rich_card_of_every_kind_passes(writer):
    button = {
        "tag": "button",
        "text": {"tag": "plain_text", "content": "Stop", "i18n_content": {"zh_cn": "停"}},
        "type": "primary_filled",
        "element_id": "stop",
        "behaviors": [{"type": "callback", "value": {"act": "stop", "tag": "x"}}],
        "confirm": {"title": {"tag": "plain_text", "content": "?"}},
    }
    panel = {
        "tag": "collapsible_panel",
        "expanded": False,
        "header": {
            "title": {"tag": "plain_text", "content": "Thoughts"},
            "icon": {"tag": "standard_icon", "token": "down-small-ccm_outlined"},
            "icon_position": "right",
            "icon_expanded_angle": -180,
        },
        "border": {"color": "grey", "corner_radius": "5px"},
        "elements": [markdown("hm")],
    }
    column = {"tag": "column", "width": "weighted", "weight": 1, "elements": [button]}
    form = {
        "tag": "form",
        "name": "f",
        "elements": [
            {"tag": "input", "name": "note", "max_length": 10},
            {"tag": "button", "name": "ok", "form_action_type": "submit"},
        ],
    }
    header = {
        "title": {"tag": "plain_text", "content": "Bot"},
        "template": "blue",
        "text_tag_list": [
            {"tag": "text_tag", "text": {"tag": "plain_text", "content": "x"}, "color": "red"}
        ],
    }
    whole = card(
        markdown("hi", "answer"),
        panel,
        {"tag": "column_set", "columns": [column]},
        form,
        {"tag": "hr"},
        header=header,
        config={"style": {"color": {"x": {}}}, "summary": {"content": "s"}},
    )

    answer = writer.create(whole)

    assert (answer.code, answer.msg) == (0, "success")


def test_readers_see_text_panels_and_buttons_apart(sim, writer, question):
    button = {
        "tag": "button",
        "text": {"tag": "plain_text", "content": "Stop"},
        "behaviors": [{"type": "callback", "value": {"act": "stop"}}],
    }
    title = {"title": {"tag": "plain_text", "content": "Thoughts"}}
    panel = {"tag": "collapsible_panel", "header": title, "elements": [markdown("hm")]}
    note = {"tag": "div", "text": {"tag": "plain_text", "content": "footer"}}
    writer.reply(question.message_id, "interactive", card(panel, markdown("body"), note, button))

    [answer] = sim.feishu.answers_to(question)

    assert answer.text == "body\nfooter"
    assert answer.panels == [("Thoughts", "hm")]
    assert answer.buttons == [button]


def test_a_whole_card_can_be_replaced(sim, writer, question, card_id):
    writer.reply_card(question.message_id, card_id)

    assert update(writer.client, card_id, card(markdown("end", "answer")), 1).code == 0
    assert update(writer.client, card_id, card(markdown("late")), 1).code == 300317
    [answer] = sim.feishu.answers_to(question)
    assert (answer.text, answer.streaming) == ("end", False)


def test_elements_are_added_replaced_changed_and_removed(sim, writer, question, card_id):
    writer.reply_card(question.message_id, card_id)
    kit = writer.client.cardkit.v1.card_element
    added = CreateCardElementRequestBody.builder().type("insert_before").sequence(1)
    added = added.target_element_id("answer").elements(json.dumps([markdown("top", "top")]))
    put = UpdateCardElementRequestBody.builder().sequence(2)
    put = put.element(json.dumps(markdown("middle", "answer")))
    patched = PatchCardElementRequestBody.builder().sequence(3)
    patched = patched.partial_element(json.dumps({"content": "end"}))
    deleted = DeleteCardElementRequestBody.builder().sequence(4).build()

    codes = [
        kit.create(
            CreateCardElementRequest.builder().card_id(card_id).request_body(added.build()).build()
        ).code,
        kit.update(
            UpdateCardElementRequest.builder()
            .card_id(card_id)
            .element_id("answer")
            .request_body(put.build())
            .build()
        ).code,
        kit.patch(
            PatchCardElementRequest.builder()
            .card_id(card_id)
            .element_id("answer")
            .request_body(patched.build())
            .build()
        ).code,
        kit.delete(
            DeleteCardElementRequest.builder()
            .card_id(card_id)
            .element_id("top")
            .request_body(deleted)
            .build()
        ).code,
    ]

    [answer] = sim.feishu.answers_to(question)
    assert codes == [0, 0, 0, 0]
    assert [text for _, text in answer.history] == [
        "…", "top\n…", "top\nmiddle", "top\nend", "end",
    ]  # fmt: skip


def test_a_batch_is_done_whole_or_not_at_all(sim, writer, card_id):
    def batch(sequence, *actions):
        body = BatchUpdateCardRequestBody.builder().sequence(sequence)
        body = body.actions(json.dumps(actions)).build()
        request = BatchUpdateCardRequest.builder().card_id(card_id).request_body(body).build()
        return writer.client.cardkit.v1.card.batch_update(request).code

    close = {
        "action": "partial_update_setting",
        "params": {"settings": {"config": {"streaming_mode": False}}},
    }
    add = {
        "action": "add_elements",
        "params": {"type": "append", "elements": [markdown("more", "more")]},
    }
    remove = {"action": "delete_elements", "params": {"element_ids": ["none"]}}
    entity = sim.feishu.state.entities[card_id]

    assert batch(1, close, add, remove) == 300314
    assert entity.is_streaming
    assert batch(1, close, add) == 0
    assert not entity.is_streaming
    assert len(entity.card["body"]["elements"]) == 2


def test_a_sent_card_turns_into_an_entity(sim, writer, question):
    plain = card(markdown("x", "answer"), config={"update_multi": True})
    message_id = writer.reply(question.message_id, "interactive", plain).data.message_id
    body = IdConvertCardRequestBody.builder().message_id(message_id).build()
    request = IdConvertCardRequest.builder().request_body(body).build()

    assert writer.client.cardkit.v1.card.id_convert(request).code == 99991672
    sim.feishu.grant("cardkit:card:read")
    card_id = writer.client.cardkit.v1.card.id_convert(request).data.card_id
    writer.settings(card_id, 1, streaming_mode=True)
    writer.content(card_id, "y", 2)

    assert sim.feishu.answers_to(question)[0].text == "y"
