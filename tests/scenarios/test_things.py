"""What people pass on: forwarded chats, cards, places, polls, contacts, stickers, videos, scans."""

from __future__ import annotations

import pytest

from tests.media import files
from tests.scenarios.test_files import FILE, asides, downloads
from tests.scenarios.test_pictures import RED, said, shown

FORWARD = "请概括这段转发的聊天记录"


@pytest.fixture
def elsewhere(sim, talk):
    """A chat that the bot isn't in."""
    chat = sim.feishu.add_group("Elsewhere", [talk.alice, talk.bob])
    chat.has_bot = False
    return chat


@pytest.fixture
def send(sim, talk):
    """Sends a message of some kind as Alice; what the bot says to it."""

    def send(kind: str, content, **more):
        return talk.answer(sim.feishu.send(talk.chat, talk.alice, kind, content, **more))

    return send


def test_a_forward_is_read_with_names_and_what_is_in_it(sim, talk, bot, elsewhere):
    key = sim.feishu.add_image(files.picture(64, 48, RED))
    document = sim.feishu.add_file("预算表".encode(), "预算.txt", FILE)
    parts = [
        sim.feishu.say(elsewhere, talk.bob, "接口超时了"),
        sim.feishu.send(elsewhere, talk.bob, "image", {"image_key": key}),
        sim.feishu.send(
            elsewhere, talk.bob, "file", {"file_key": document, "file_name": "预算.txt"}
        ),
    ]
    inner = sim.feishu.forward(elsewhere, talk.bob, parts)
    last = sim.feishu.say(elsewhere, talk.alice, "重启后好了")

    answer = talk.answer(sim.feishu.forward(talk.chat, talk.alice, [inner, last]))

    question = said(sim)
    assert question.startswith("<forwarded_chat>\n(a forwarded chat)\n\n[")
    assert "] Bob: (a forwarded chat)\n\n> [" in question
    assert "Bob: 接口超时了" in question
    assert "Alice: 重启后好了" in question
    assert '<document name="预算.txt" pages="1 of 1">\n预算表' in question
    assert question.rpartition("\n\n")[2].startswith(FORWARD)
    assert shown(sim) == [("user", 1)]
    assert asides(answer) == "已读转发的 5 条消息和其中的 1 张图片。已读 预算.txt 全文。"
    assert "om_" not in question

    talk.ask("图里是什么颜色？")
    assert shown(sim) == [("user", 1)]


def test_where_a_forward_gives_nothing_out_it_is_said(sim, talk, bot, elsewhere):
    sim.feishu.quirks.forwards_give_nothing = True
    key = sim.feishu.add_image(files.picture(64, 48, RED))
    picture = sim.feishu.send(elsewhere, talk.bob, "image", {"image_key": key})

    answer = talk.answer(sim.feishu.forward(talk.chat, talk.alice, [picture]))

    # By the forward's id, and once by that of the message itself.
    assert downloads(sim) == 2
    assert "(a picture that isn't shown here)" in said(sim)
    assert "飞书没有把「图片」给我" in asides(answer)


def test_of_a_recalled_message_in_a_forward_only_that_is_told(sim, talk, bot, elsewhere):
    secret = sim.feishu.say(elsewhere, talk.bob, "机密")
    kept = sim.feishu.say(elsewhere, talk.bob, "公开")
    sim.feishu.recall(secret)

    talk.answer(sim.feishu.forward(talk.chat, talk.alice, [secret, kept]))

    assert "Bob: (a message that was recalled)" in said(sim)
    assert "机密" not in said(sim)


def test_a_forward_that_may_not_be_read_names_the_scope(sim, talk, start_bot):
    sim.feishu.access.scopes -= {"im:message", "im:message:readonly"}
    start_bot(LANGUAGE="en")
    part = sim.feishu.say(talk.chat, talk.alice, "hello", wait=True)

    answer = talk.answer(sim.feishu.forward(talk.chat, talk.alice, [part]))

    assert "The app lacks the permission im:message:readonly" in answer.text
    assert len(sim.gateway.requests) == 1


def test_a_card_that_is_sent_on_is_read(sim, send, bot):
    card = {
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": "磁盘告警"}},
        "body": {"elements": [{"tag": "markdown", "content": "host-7 使用率 95%"}]},
    }

    send("interactive", card)

    assert "<sent_message>\n磁盘告警\nhost-7 使用率 95%\n</sent_message>" in said(sim)

    sim.feishu.quirks.cards_given_out = "stand_in"
    answer = send("interactive", card)
    assert "没有读到这条卡片的内容" in answer.text
    assert len(sim.gateway.requests) == 1


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        (
            "location",
            {"name": "虹桥站", "longitude": "121.3", "latitude": "31.2"},
            "latitude: 31.2",
        ),
        ("vote", {"topic": "吃什么", "options": ["米饭", "面"]}, "(a poll)\n吃什么\n- 米饭\n- 面"),
        (
            "todo",
            {"task_id": "t", "summary": {"content": [[{"tag": "text", "text": "交周报"}]]}},
            "(a task)\n交周报",
        ),
        ("calendar", {"summary": "周会", "start_time": "1762131600000"}, "from: 2025-11"),
        ("video_chat", {"topic": "评审", "meet_number": "123"}, "meeting number: 123"),
    ],
)
def test_what_is_made_and_not_written_is_read(sim, send, bot, kind, content, told):
    send(kind, content)

    assert told in said(sim)
    assert "请简单说说里面的内容" in said(sim)


def test_whose_card_it_is_is_told_where_the_app_may_know(sim, talk, send, bot):
    group = sim.feishu.add_group("产品组", [talk.alice])
    send("share_user", {"user_id": talk.bob.open_id})
    assert "(a person's contact card: Bob)" in said(sim)
    send("share_chat", {"chat_id": group.chat_id})
    assert "(a group's contact card: 产品组)" in said(sim)

    group.has_bot = False
    answer = send("share_chat", {"chat_id": group.chat_id})

    assert "我还读不了群名片" in answer.text
    assert len(sim.gateway.requests) == 2


def test_a_kind_that_events_do_not_tell_is_looked_up(sim, send, bot):
    sim.feishu.quirks.told_as_nonsupport = {"vote"}

    send("vote", {"topic": "吃什么", "options": ["米饭"]})

    assert "(a poll)\n吃什么\n- 米饭" in said(sim)


def test_a_sticker_gets_a_light_reply_and_a_second_one_none(sim, talk, send, bot):
    answer = send("sticker", {"file_key": "file_v3_s"})
    again = sim.feishu.send(talk.chat, talk.alice, "sticker", {"file_key": "file_v3_s"})
    talk.ask("你好")
    sim.feishu.wait_for(lambda: bot.is_idle)

    assert answer.title == "😊 收到"
    assert not sim.feishu.answers_to(again)
    assert len(sim.gateway.requests) == 1


def test_the_cover_of_a_video_is_seen(sim, send, bot):
    cover = sim.feishu.add_image(files.picture(64, 48, RED))

    answer = send("media", {"file_key": "file_v3_1", "image_key": cover, "file_name": "a.mp4"})

    assert shown(sim) == [("user", 1)]
    assert "这是一段视频的封面" in said(sim)
    assert asides(answer) == "视频我还看不了，只看了封面。"


def scan(count: int) -> bytes:
    return files.scanned_pdf([(200, 20 * number, 30) for number in range(count)])


def test_a_scan_is_looked_at_page_by_page(sim, talk, send, start_bot):
    start_bot(CONTEXT_TOKENS="4600")
    content = {"file_key": sim.feishu.add_file(scan(5), "合同.pdf", FILE), "file_name": "合同.pdf"}
    answer = send("file", content)

    assert '<document name="合同.pdf" pages="1–2 of 5">' in said(sim)
    assert '<picture page="2">\n(page 2 of 合同.pdf)\n</picture>' in said(sim)
    assert shown(sim) == [("user", 2)]
    assert "合同.pdf 第 1–2 页没有文字，是当作图片看的。" in asides(answer)
    assert downloads(sim) == 1

    later = talk.ask("第 4 页呢？")

    # Those of before are drawn again: they are kept nowhere.
    assert [count for _, count in shown(sim)] == [1, 1]
    assert "第 4 页，共 5 页" in asides(later)


def test_without_a_model_that_sees_a_scan_is_said_to_be_one(sim, talk, send, start_bot):
    start_bot(OPENAI_MODEL="gpt-blind")
    talk.answer(
        sim.feishu.send(
            talk.chat,
            talk.alice,
            "image",
            {"image_key": sim.feishu.add_image(files.picture())},
        )
    )
    content = {"file_key": sim.feishu.add_file(scan(1), "合同.pdf", FILE), "file_name": "合同.pdf"}

    answer = send("file", content)

    assert "「合同.pdf」是扫描件" in answer.text
    assert "/model" in answer.text
    assert len(sim.gateway.requests) == 1


def test_vision_says_that_it_is_not_needed_and_answers_what_comes_with_it(sim, talk, bot):
    assert "现在直接发图片就行" in talk.ask("图片推理").title
    assert "现在直接发图片就行" in talk.ask("/vision").title
    assert not sim.gateway.requests

    key = sim.feishu.add_image(files.picture(64, 48, RED))
    rows = [[{"tag": "text", "text": "/vision 什么颜色？"}], [{"tag": "img", "image_key": key}]]
    answer = talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    assert "红" in answer.text
    assert said(sim).endswith("什么颜色？")


def test_a_card_of_a_command_can_be_asked_about(sim, talk, bot):
    card = talk.ask("/usage")

    talk.ask("这是什么意思？", reply_to=card)

    assert "<quoted_message>" in said(sim)
    assert "今天还可以" in said(sim)
