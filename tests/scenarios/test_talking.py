"""People talk to the bot: private chats, groups, topics, replies."""

from __future__ import annotations

from feishu_simulator import Script


def test_an_answer_streams_into_a_card(sim, talk, bot):
    words = [f"word{n} " for n in range(40)]
    sim.gateway.enqueue(Script.chunks(words, between=0.03))

    answer = talk.ask("hello")

    assert answer.text.startswith("word0 word1")
    assert "word39" in answer.text
    shown = [text for _, text in answer.history]
    assert len(shown) > 4
    assert not answer.streaming
    assert answer.summary.startswith("word0")


def test_the_card_stands_before_the_model_has_answered(sim, talk, bot):
    sim.gateway.enqueue(Script.text("late", first=1.0))
    question = talk.say("hello")

    sim.feishu.wait_for(lambda: sim.feishu.answers_to(question))

    assert "思考" in sim.feishu.answers_to(question)[0].text
    assert "late" in talk.answer(question).text


def test_a_reply_continues_the_conversation(sim, talk, bot):
    sim.gateway.enqueue(Script.text("Nice to meet you, Ann."), Script.text("Ann."))
    first = talk.ask("My name is Ann.")
    talk.ask("What is my name?", reply_to=first)

    assert [(m["role"], m["content"]) for m in sim.gateway.requests[-1].body["messages"]] == [
        ("user", "My name is Ann."),
        ("assistant", "Nice to meet you, Ann."),
        ("user", "What is my name?"),
    ]


def test_a_message_that_is_no_reply_can_begin_a_new_conversation(sim, talk, start_bot):
    start_bot(P2P_CONTEXT="thread")
    talk.ask("one")
    talk.ask("two")

    assert len(sim.gateway.requests[-1].body["messages"]) == 1


def test_a_private_chat_is_one_conversation_and_can_be_begun_anew(sim, talk, bot):
    talk.ask("one")
    talk.ask("two")
    assert len(sim.gateway.requests[-1].body["messages"]) == 3

    assert "新" in talk.ask("/new").text
    talk.ask("three")

    assert len(sim.gateway.requests[-1].body["messages"]) == 1


def test_a_reply_to_an_older_answer_continues_from_there(sim, talk, bot):
    sim.gateway.enqueue(Script.text("A1"), Script.text("A2"), Script.text("A3"))
    first = talk.ask("Q1")
    talk.ask("Q2", reply_to=first)
    talk.ask("Q3", reply_to=first)

    contents = [m["content"] for m in sim.gateway.requests[-1].body["messages"]]
    assert contents == ["Q1", "A1", "Q3"]


def test_only_what_the_gateway_always_takes_is_sent(sim, talk, bot):
    talk.ask("hello")

    assert set(sim.gateway.requests[0].body) == {"model", "messages", "stream", "stream_options"}


def test_in_a_group_the_bot_answers_when_it_is_named_in_a_thread(sim, talk, bot):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    sim.feishu.say(group, talk.alice, "just among us")
    question = sim.feishu.say(group, talk.alice, "what is up?", mention_bot=True)

    answer = talk.answer(question)

    assert answer.thread_id
    assert sim.gateway.requests[0].body["messages"][-1]["content"] == "Alice: what is up?"
    assert len(sim.gateway.requests) == 1


def test_other_mentions_and_addresses_stay_in_the_text(sim, talk, bot):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    text = "mail a@b.com\n@Override stays"
    question = sim.feishu.say(group, talk.alice, text, mention_bot=True, mentions=[talk.bob])

    talk.answer(question)

    content = sim.gateway.requests[0].body["messages"][-1]["content"]
    assert "a@b.com\n@Override stays" in content
    assert "@Bob" in content


def test_a_call_to_everyone_is_not_a_call_to_the_bot(sim, talk, bot):
    sim.feishu.grant("im:message.group_msg")
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    sim.feishu.say(group, talk.alice, "lunch", mention_all=True, wait=True)
    talk.ask("hello")

    assert len(sim.gateway.requests) == 1


def test_in_the_bots_own_thread_no_mention_is_needed(sim, talk, bot):
    sim.feishu.grant("im:message.group_msg")
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    first = talk.answer(sim.feishu.say(group, talk.alice, "one", mention_bot=True))

    talk.answer(sim.feishu.say(group, talk.bob, "two", reply_to=first))

    assert len(sim.gateway.requests[-1].body["messages"]) == 4


def test_people_talking_to_each_other_in_that_thread_are_left_alone(sim, talk, bot):
    sim.feishu.grant("im:message.group_msg")
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    first = talk.answer(sim.feishu.say(group, talk.alice, "one", mention_bot=True))
    sim.feishu.say(group, talk.alice, "agree?", reply_to=first, mentions=[talk.bob], wait=True)
    talk.ask("hello")

    assert len(sim.gateway.requests) == 2


def test_a_topic_group_is_one_conversation_a_topic(sim, talk, bot):
    group = sim.feishu.add_group("Topics", [talk.alice], topic=True)
    first = sim.feishu.say(group, talk.alice, "one", mention_bot=True)
    talk.answer(first)
    second = sim.feishu.say(group, talk.alice, "two", mention_bot=True, reply_to=first)
    talk.answer(second)
    third = sim.feishu.say(group, talk.alice, "three", mention_bot=True, reply_to=first)
    talk.answer(third)
    other = sim.feishu.say(group, talk.alice, "four", mention_bot=True)
    talk.answer(other)

    assert [len(request.body["messages"]) for request in sim.gateway.requests] == [2, 4, 6, 2]


def test_a_chat_without_threads_gets_a_plain_reply(sim, talk, bot):
    group = sim.feishu.add_group("Old", [talk.alice], threads=False)

    answer = talk.answer(sim.feishu.say(group, talk.alice, "one", mention_bot=True))

    assert answer.thread_id in (None, "")


def test_rich_text_is_answered(sim, talk, bot):
    content = [
        [
            {"tag": "text", "text": "look at "},
            {"tag": "a", "text": "this", "href": "https://example.com"},
        ],
        [{"tag": "code_block", "language": "PYTHON", "text": "print(1)"}],
    ]

    talk.answer(sim.feishu.post(talk.chat, talk.alice, content))

    asked = sim.gateway.requests[0].body["messages"][-1]["content"]
    assert "[this](https://example.com)" in asked
    assert "print(1)" in asked


def test_other_kinds_of_messages_get_a_friendly_sentence(sim, talk, bot):
    folder = sim.feishu.send(talk.chat, talk.alice, "folder", {"file_key": "f"})

    answer = talk.answer(folder)

    assert "文件夹" in answer.text
    assert not sim.gateway.requests


def test_a_mention_without_words_is_answered_kindly(sim, talk, bot):
    group = sim.feishu.add_group("Team", [talk.alice])

    answer = talk.answer(sim.feishu.say(group, talk.alice, "", mention_bot=True))

    assert answer.text
    assert not sim.gateway.requests


def test_model_output_cannot_call_anybody(sim, talk, bot):
    sim.gateway.enqueue(Script.text("<at id=all></at> hi ![x](https://e.com/x.png)"))

    answer = talk.ask("hello")

    assert "<at" not in str(answer.card)
    assert "![" not in str(answer.card)


def test_reasoning_goes_into_a_panel_and_not_into_the_history(sim, talk, bot):
    sim.gateway.enqueue(Script.thinking("let me see", "42"), Script.text("yes"))

    first = talk.ask("why?")
    talk.ask("sure?", reply_to=first)

    assert "let me see" in first.panels[0][1]
    assert "let me see" not in first.text
    assert "let me see" not in str(sim.gateway.requests[-1].body)


def test_the_footer_names_model_seconds_and_tokens(sim, talk, start_bot):
    start_bot(LANGUAGE="en", OPENAI_MODEL="echo-1")
    sim.gateway.models.append("echo-1")
    sim.gateway.enqueue(Script.text("hi"))

    footer = talk.ask("hello").text.splitlines()[-1]

    assert "echo-1" in footer
    assert "tokens" in footer


def test_answers_can_come_whole_instead_of_streamed(sim, talk, start_bot):
    start_bot(STREAMING="false")
    sim.gateway.enqueue(Script.chunks(["a ", "b ", "c"]))

    answer = talk.ask("hello")

    assert "a b c" in answer.text
    apis = [
        call.api for call in sim.feishu.calls if call.api.startswith(("card", "element", "mess"))
    ]
    assert apis == ["message.reply"]
