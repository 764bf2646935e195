"""Messages, threads, tokens, scopes and files, through the real lark-oapi client."""

from __future__ import annotations

import io
import json

import lark_oapi as lark
import pytest
from lark_oapi.api.im.v1 import (
    CreateFileRequest,
    CreateFileRequestBody,
    CreateImageRequest,
    CreateImageRequestBody,
    CreateMessageReactionRequest,
    CreateMessageReactionRequestBody,
    CreateMessageRequest,
    CreateMessageRequestBody,
    DeleteMessageReactionRequest,
    DeleteMessageRequest,
    Emoji,
    GetChatRequest,
    GetMessageRequest,
    GetMessageResourceRequest,
    ListMessageReactionRequest,
    ListMessageRequest,
    PatchMessageRequest,
    PatchMessageRequestBody,
    UpdateMessageRequest,
    UpdateMessageRequestBody,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32
SHARED = {"config": {"update_multi": True}, "elements": [{"tag": "markdown", "content": "old"}]}


def create(client, receive_id, kind="chat_id", text="hi"):
    body = CreateMessageRequestBody.builder().receive_id(receive_id).msg_type("text")
    body = body.content(json.dumps({"text": text})).build()
    request = CreateMessageRequest.builder().receive_id_type(kind).request_body(body).build()
    return client.im.v1.message.create(request)


def patch(client, message_id, card):
    body = PatchMessageRequestBody.builder().content(json.dumps(card)).build()
    request = PatchMessageRequest.builder().message_id(message_id).request_body(body).build()
    return client.im.v1.message.patch(request)


def react(client, message_id, emoji):
    body = CreateMessageReactionRequestBody.builder()
    body = body.reaction_type(Emoji.builder().emoji_type(emoji).build()).build()
    request = CreateMessageReactionRequest.builder().message_id(message_id).request_body(body)
    return client.im.v1.message_reaction.create(request.build())


def get(client, message_id):
    return client.im.v1.message.get(GetMessageRequest.builder().message_id(message_id).build())


def bot_info(client):
    request = lark.BaseRequest.builder().http_method(lark.HttpMethod.GET)
    request = request.uri("/open-apis/bot/v3/info")
    return client.request(request.token_types({lark.AccessTokenType.TENANT}).build())


def test_every_answer_has_a_log_id(client, chat):
    assert create(client, chat.chat_id).get_log_id()


def test_bot_info_stands_under_bot(sim, client):
    answer = json.loads(bot_info(client).raw.content)

    assert answer["bot"]["open_id"] == sim.credentials.bot_open_id


def test_a_wrong_secret_is_10015(sim):
    client = lark.Client.builder().app_id(sim.credentials.app_id).app_secret("no")

    with pytest.raises(lark.exception.ObtainAccessTokenException, match="10015"):
        bot_info(client.domain(sim.feishu.url).build())


def test_an_unknown_app_is_10003(sim):
    client = lark.Client.builder().app_id("cli_other").app_secret("no")

    with pytest.raises(lark.exception.ObtainAccessTokenException, match="10003"):
        bot_info(client.domain(sim.feishu.url).build())


def test_revoked_and_expired_tokens_are_99991663(sim, client, chat, clock):
    create(client, chat.chat_id)
    sim.feishu.revoke_tokens()
    revoked = create(client, chat.chat_id)
    clock.now += 7201

    assert revoked.code == 99991663
    assert revoked.raw.status_code == 400
    assert create(client, chat.chat_id).code == 99991663


def test_a_withdrawn_scope_is_99991672_and_named(sim, client, chat):
    sim.feishu.withdraw("im:message:send_as_bot")

    answer = create(client, chat.chat_id)

    assert answer.code == 99991672
    assert "im:message:send_as_bot" in answer.msg


def ask(client, address):
    """`data` of what the platform answers to a GET of a service the bot's SDK is without."""
    builder = lark.BaseRequest.builder().http_method(lark.HttpMethod.GET).uri(address)
    request = builder.token_types({lark.AccessTokenType.TENANT}).build()
    return json.loads(client.request(request).raw.content)["data"]


def test_scopes_are_listed_with_their_grant(sim, client):
    sim.feishu.withdraw("cardkit:card:write")

    scopes = ask(client, "/open-apis/application/v6/scopes")["scopes"]

    grants = {scope["scope_name"]: scope["grant_status"] for scope in scopes}
    assert grants["cardkit:card:write"] == 2
    assert grants["im:resource"] == 1


def test_people_are_reached_by_open_id(client, alice, chat):
    assert create(client, alice.open_id, "open_id").data.chat_id == chat.chat_id
    assert create(client, "ou_nobody", "open_id").code == 230034


def test_a_plain_reply_keeps_the_chain_of_root_and_parent(sim, writer, chat, alice):
    question = sim.feishu.say(chat, alice, "one")
    answer = writer.reply(question.message_id, "text", {"text": "two"}).data
    again = sim.feishu.say(chat, alice, "three", reply_to=sim.feishu.answers_to(question)[0])

    assert (answer.root_id, answer.parent_id, answer.thread_id) == (
        question.message_id, question.message_id, None,
    )  # fmt: skip
    assert (again.root_id, again.parent_id) == (question.message_id, answer.message_id)


def test_reply_in_thread_makes_a_topic_and_replies_stay_in_it(sim, writer, group, alice):
    question = sim.feishu.say(group, alice, "one")

    first = writer.reply(question.message_id, "text", {"text": "two"}, thread=True).data
    second = writer.reply(first.message_id, "text", {"text": "three"}).data

    assert first.thread_id.startswith("omt_")
    assert second.thread_id == first.thread_id == question.thread_id
    assert {first.root_id, first.parent_id, second.root_id, second.parent_id} == {
        question.message_id
    }


def test_a_chat_without_threads_refuses_them(sim, writer, alice):
    group = sim.feishu.add_group("Old", [alice], threads=False)
    question = sim.feishu.say(group, alice, "one")

    assert writer.reply(question.message_id, "text", {"text": "x"}, thread=True).code == 230071
    assert writer.reply(question.message_id, "text", {"text": "x"}).code == 0


def test_every_new_message_of_a_topic_group_opens_a_topic(sim, alice):
    group = sim.feishu.add_group("Topics", [alice], topic=True)
    first = sim.feishu.say(group, alice, "one")
    inside = sim.feishu.say(group, alice, "two", reply_to=first)

    assert first.thread_id
    assert not first.root_id
    assert inside.thread_id == first.thread_id
    assert inside.root_id == inside.parent_id == first.message_id
    assert sim.feishu.say(group, alice, "three").thread_id != first.thread_id


def test_a_uuid_succeeds_once_in_an_hour(sim, writer, chat, alice, clock):
    question = sim.feishu.say(chat, alice, "one")
    first = writer.reply(question.message_id, "text", {"text": "a"}, uuid="u").data.message_id
    again = writer.reply(question.message_id, "text", {"text": "a"}, uuid="u").data.message_id
    sim.feishu.state.repeated_uuid_is_an_error = True
    refused = writer.reply(question.message_id, "text", {"text": "a"}, uuid="u").code
    clock.now += 3601
    later = writer.reply(question.message_id, "text", {"text": "a"}, uuid="u")

    assert again == first
    assert refused == 230001
    assert later.data.message_id != first
    assert len(sim.feishu.answers_to(question)) == 2


def test_bad_contents_are_230001(sim, writer, chat, alice):
    question = sim.feishu.say(chat, alice, "one").message_id

    assert writer.reply(question, "text", {"text": ""}).code == 230001
    assert writer.reply(question, "text", {}).code == 230001
    assert writer.reply(question, "nonsense", {"text": "x"}).code == 230001
    assert writer.reply(question, "post", {"post": {"zh_cn": {"content": []}}}).code == 230001
    assert writer.reply(question, "text", {"text": "x" * 160_000}).code == 230025


def test_recalled_missing_and_malformed_targets(sim, writer, chat, alice):
    question = sim.feishu.say(chat, alice, "one")
    sim.feishu.recall(question)

    assert writer.reply(question.message_id, "text", {"text": "x"}).code == 230011
    assert writer.reply("om_none", "text", {"text": "x"}).code == 230110
    assert writer.reply("omt_1", "text", {"text": "x"}).code == 99992354
    assert react(writer.client, question.message_id, "OK").code == 231003
    assert question.text == "This message was recalled"


def test_a_removed_bot_is_230002(sim, client, writer, group, alice):
    question = sim.feishu.say(group, alice, "one")
    sim.feishu.remove_bot(group, alice)

    assert writer.reply(question.message_id, "text", {"text": "x"}).code == 230002
    assert create(client, group.chat_id).code == 230002


def test_reactions_are_made_and_taken_back_by_their_id(sim, client, chat, alice):
    question = sim.feishu.say(chat, alice, "one")
    made = react(client, question.message_id, "Typing").data.reaction_id
    builder = DeleteMessageReactionRequest.builder().message_id(question.message_id)
    shown = dict(question.reactions)

    deleted = client.im.v1.message_reaction.delete(builder.reaction_id(made).build())

    assert shown == {made: "Typing"}
    assert deleted.code == 0
    assert not question.reactions
    assert react(client, question.message_id, "EYES").code == 231001
    again = client.im.v1.message_reaction.delete(builder.reaction_id(made).build())
    assert again.code == 231010


def test_reactions_are_listed_by_kind_and_others_cannot_be_taken_away(sim, client, chat, alice):
    question = sim.feishu.say(chat, alice, "one")
    own = react(client, question.message_id, "OneSecond").data.reaction_id
    for emoji in ("OneSecond", "OK"):
        sim.feishu.react(question, alice, emoji)
    builder = ListMessageReactionRequest.builder().message_id(question.message_id)

    listed = client.im.v1.message_reaction.list(builder.reaction_type("OneSecond").build())

    operators = {item.reaction_id: item.operator for item in listed.data.items}
    assert len(operators) == 2
    assert operators.pop(own).operator_type == "app"
    (other,) = operators
    assert operators[other].operator_id == alice.open_id
    request = DeleteMessageReactionRequest.builder().message_id(question.message_id)
    assert client.im.v1.message_reaction.delete(request.reaction_id(other).build()).code == 231007


def test_patch_needs_shared_cards_before_and_after(sim, writer, chat, alice):
    question = sim.feishu.say(chat, alice, "one").message_id
    alone = {"elements": SHARED["elements"]}
    shared_id = writer.reply(question, "interactive", SHARED).data.message_id
    alone_id = writer.reply(question, "interactive", alone).data.message_id
    new = {**SHARED, "elements": [{"tag": "markdown", "content": "new"}]}

    assert patch(writer.client, shared_id, alone).code == 230099
    assert patch(writer.client, alone_id, new).code == 230099
    assert patch(writer.client, shared_id, new).code == 0
    assert sim.feishu.state.messages[shared_id].text == "new"


def test_put_edits_a_text_twenty_times(sim, writer, chat, alice):
    question = sim.feishu.say(chat, alice, "one").message_id
    answer = writer.reply(question, "text", {"text": "0"}).data.message_id

    def edit(text):
        body = UpdateMessageRequestBody.builder().msg_type("text")
        body = body.content(json.dumps({"text": text})).build()
        request = UpdateMessageRequest.builder().message_id(answer).request_body(body).build()
        return writer.client.im.v1.message.update(request).code

    codes = [edit(str(number)) for number in range(1, 22)]

    assert codes == [0] * 20 + [230072]
    assert sim.feishu.state.messages[answer].text == "20"


def test_a_recalled_answer_shows_as_deleted(sim, writer, chat, alice):
    question = sim.feishu.say(chat, alice, "one").message_id
    answer = writer.reply(question, "text", {"text": "0"}).data.message_id
    request = DeleteMessageRequest.builder().message_id(answer).build()

    assert writer.client.im.v1.message.delete(request).code == 0
    assert get(writer.client, answer).data.items[0].deleted is True


def test_messages_are_read_in_the_flat_shape(sim, client, chat, alice):
    question = sim.feishu.say(chat, alice, "one", mentions=[alice])

    item = get(client, question.message_id).data.items[0]

    assert item.sender.id == alice.open_id
    assert item.mentions[0].id == alice.open_id
    assert json.loads(item.body.content) == {"text": "@_user_1 one"}


def test_group_history_needs_the_sensitive_scope(sim, client, group, alice):
    for number in range(25):
        sim.feishu.say(group, alice, str(number))
    builder = ListMessageRequest.builder().container_id_type("chat").container_id(group.chat_id)

    refused = client.im.v1.message.list(builder.build())
    sim.feishu.grant("im:message.group_msg")
    page = client.im.v1.message.list(builder.sort_type("ByCreateTimeDesc").build()).data
    rest = client.im.v1.message.list(builder.page_token(page.page_token).build()).data

    assert refused.code == 230027
    assert json.loads(page.items[0].body.content) == {"text": "24"}
    assert page.has_more is True
    assert [len(page.items), len(rest.items), rest.has_more] == [20, 5, False]


def test_a_thread_is_listed_by_its_id(sim, writer, chat, alice):
    question = sim.feishu.say(chat, alice, "one")
    writer.reply(question.message_id, "text", {"text": "two"}, thread=True)

    def listing(thread_id):
        request = ListMessageRequest.builder().container_id_type("thread")
        return writer.client.im.v1.message.list(request.container_id(thread_id).build())

    listed, gone = listing(question.thread_id), listing("omt_none")

    assert len(listed.data.items) == 2
    assert gone.code == 230073


def test_chats_and_people_can_be_looked_up(sim, client, group, alice):
    shown = client.im.v1.chat.get(GetChatRequest.builder().chat_id(group.chat_id).build()).data
    address = f"/open-apis/contact/v3/users/{alice.open_id}?user_id_type=open_id"
    named = ask(client, address)["user"]["name"]
    sim.feishu.withdraw("contact:user.base:readonly")
    nameless = ask(client, address)["user"].get("name")

    assert (shown.chat_mode, shown.group_message_type, shown.name) == ("group", "chat", "Team")
    assert (named, nameless) == ("Alice", None)


def test_images_and_files_go_up_and_come_down(sim, client, chat, alice):
    body = CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(PNG)).build()
    image = client.im.v1.image.create(CreateImageRequest.builder().request_body(body).build())
    file = CreateFileRequestBody.builder().file_type("stream").file_name("报告.txt")
    file = file.file(io.BytesIO(b"text")).build()
    uploaded = client.im.v1.file.create(CreateFileRequest.builder().request_body(file).build())
    key = sim.feishu.add_file(b"hello", "报告.txt", "text/plain")
    content = {"file_key": key, "file_name": "报告.txt"}
    message = sim.feishu.send(chat, alice, "file", content)

    def download(file_key):
        request = GetMessageResourceRequest.builder().message_id(message.message_id).type("file")
        return client.im.v1.message_resource.get(request.file_key(file_key).build())

    down, foreign = download(key), download(uploaded.data.file_key)

    assert sim.feishu.state.images[image.data.image_key].data == PNG
    assert sim.feishu.state.files[uploaded.data.file_key].name == "报告.txt"
    assert down.file_name == "报告.txt"
    assert down.file.read() == b"hello"
    assert foreign.code == 234003


def test_uploads_are_checked(client):
    def upload(data):
        body = CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(data))
        request = CreateImageRequest.builder().request_body(body.build()).build()
        return client.im.v1.image.create(request).code

    assert upload(b"not an image") == 234011
    assert upload(b"") == 234010
    assert upload(PNG + b"0" * (10 * 1024 * 1024)) == 234006
