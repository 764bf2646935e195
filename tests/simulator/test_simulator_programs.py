"""The simulator as other programs use it: over HTTP, in a terminal, started and stopped."""

from __future__ import annotations

import io
import json
import threading
import time
import urllib.error
import urllib.request

import pytest
import requests
from lark_oapi.core.utils import AESCipher

from feishu_simulator import Credentials, Script, Simulator
from feishu_simulator.messages import History
from feishu_simulator.terminal import chat


class Talker:
    """A bot of a few lines: answers every message with a streamed card, in a thread of its own."""

    def __init__(self, sim, bot, writer):
        self.sim, self.writer = sim, writer
        self.threads = []
        sim.feishu.bot_url = bot.url
        bot.answer = self.answer

    def answer(self, path, headers, body):
        sealed = json.loads(body)["encrypt"]
        event = json.loads(AESCipher(self.sim.credentials.encrypt_key).decrypt_str(sealed))
        if event["header"]["event_type"] == "card.action.trigger":
            return 200, b'{"toast":{"type":"info","content":"pressed"}}'
        self.threads.append(threading.Thread(target=self.speak, args=(event["event"]["message"],)))
        self.threads[-1].start()
        return 200, b"{}"

    def speak(self, message):
        text = json.loads(message["content"])["text"]
        headers = {"Authorization": f"Bearer {self.sim.gateway.keys[0]}"}
        asked = {"model": "m", "messages": [{"role": "user", "content": text}]}
        url = f"{self.sim.gateway.url}/v1/chat/completions"
        answer = requests.post(url, json=asked, headers=headers, timeout=5).json()
        button = {
            "tag": "button",
            "text": {"tag": "plain_text", "content": "Again"},
            "behaviors": [{"type": "callback", "value": {"act": "again"}}],
        }
        card_id = self.writer.create(self.writer.card("…", button)).data.card_id
        self.writer.reply_card(message["message_id"], card_id)
        self.writer.content(card_id, answer["choices"][0]["message"]["content"], 1)
        self.writer.settings(card_id, 2, streaming_mode=False)


@pytest.fixture
def talker(sim, bot, writer):
    sim.gateway.respond_with(
        lambda body: Script.text(f"You said {body['messages'][-1]['content']}")
    )
    talker = Talker(sim, bot, writer)
    yield talker
    for thread in talker.threads:
        thread.join()


def post(sim, path, **body):
    return requests.post(f"{sim.feishu.url}/_simulator/{path}", json=body, timeout=5)


def report(sim, **query):
    return requests.get(f"{sim.feishu.url}/_simulator/report", params=query, timeout=5).json()


def test_it_starts_and_stops_quickly():
    began = time.monotonic()
    with Simulator() as sim:
        started = time.monotonic() - began
        assert requests.get(sim.gateway.url, timeout=5).status_code == 200
        assert sim.feishu.url.startswith("http://127.0.0.1:")
    assert started < 0.3
    assert time.monotonic() - began < 2


def test_stopping_ends_silent_streams():
    with Simulator() as sim:
        sim.gateway.enqueue(Script.text("x", first=0.0, between=0.0, ending="silence"))
        headers = {"Authorization": f"Bearer {sim.gateway.keys[0]}"}
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
        url = f"{sim.gateway.url}/v1/chat/completions"
        with requests.post(url, json=body, headers=headers, stream=True, timeout=5) as answer:
            next(answer.iter_content(10))
            began = time.monotonic()
            sim.stop()

    assert time.monotonic() - began < 1


def test_settings_are_changed_over_http(sim):
    answer = post(sim, "settings", latency=0.001, enforce_limits=True, bot_url="http://x", chunks=3)

    assert answer.json()["gateway_url"] == sim.gateway.url
    assert (sim.feishu.latency, sim.feishu.enforce_limits) == (0.001, True)
    assert sim.feishu.bot_url == "http://x"
    assert post(sim, "settings", colour="red").status_code == 400


def test_the_report_follows_a_question_to_its_answer(sim, talker):
    post(sim, "settings", chunks=3)
    said = post(sim, "say", text="benchmark 1", person="Bob").json()

    def answered():
        [question] = report(sim)["questions"]
        answers = question["answers"]
        return question if answers and not answers[0]["streaming"] else None

    question = sim.feishu.wait_for(answered)
    [answer] = question["answers"]
    assert question["message_id"] == said["message_id"]
    assert question["deliveries"][0]["status"] == 200
    assert question["expected"] == "word0 word1 word2"
    assert answer["whole"] is True
    assert question["said_at"] <= question["last_chunk_at"] <= answer["first_text_at"]
    assert answer["first_text_at"] <= answer["whole_at"] <= answer["final_at"]
    assert report(sim)["apis"]["element.content"]["peak_second"] == 1
    assert report(sim, since=answer["final_at"])["questions"] == []


def test_without_a_bot_the_envelope_can_be_pushed_by_the_caller(sim):
    said = post(sim, "say", text="hello", person="Bob").json()

    [message] = sim.feishu.messages
    assert said["envelope"]["header"]["event_id"] == message.event.event_id
    assert said["envelope"]["event"]["message"]["message_id"] == said["message_id"]
    assert message.deliveries == []


def test_the_report_names_the_limits_that_were_broken(sim, writer):
    card_id = writer.create(writer.card()).data.card_id
    for number in range(12):
        writer.content(card_id, f"text {number}", number + 1)
    writer.content(card_id, "late", 1)

    told = report(sim)
    assert told["limits"] == {"card": 3}
    assert told["codes"] == {"300317": 1}


def test_say_over_http_speaks_in_groups_too(sim, talker):
    said = post(sim, "say", text="hello", group="Team").json()

    message = sim.feishu.state.messages[said["message_id"]]
    assert message.text == f"@{sim.credentials.bot_name} hello"
    assert message.chat.name == "Team"
    sim.feishu.wait_for(lambda: any(not a.streaming for a in sim.feishu.answers_to(message)))


def test_lines_from_a_pipe_are_answered_one_by_one(sim, talker):
    output = io.StringIO()

    code = chat(sim, io.StringIO("hello\n:g team\n:p\n:r 1 more\n:b 1\n/help\n:q\nnever\n"), output)

    shown = output.getvalue()
    assert code == 0
    assert "回到私聊" in shown
    assert "back to private" in shown
    assert "#1 Alice: hello\n#2 🤖: You said hello\n  [Again]\n" in shown
    assert "@Simulator: @CZLChat team" in shown
    assert "You said more" in shown
    assert "[Again] → pressed" in shown
    assert "You said /help" in shown
    assert "never" not in shown
    replies = [m for m in sim.feishu.messages if m.text == "more"]
    assert replies[0].replied_to


def test_a_missing_answer_ends_with_a_clear_line(sim):
    output = io.StringIO()

    code = chat(sim, io.StringIO("hello\n"), output, answer_seconds=0.05)

    assert code == 1
    assert "no answer within 0.05 s" in output.getvalue()


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Typist(Terminal):
    """Types a line, and leaves when the answer stands there."""

    def __init__(self, sim, output):
        super().__init__()
        self.sim, self.output, self.typed = sim, output, False

    def readline(self, size=-1):
        if not self.typed:
            self.typed = True
            return "hello\n"
        self.sim.feishu.wait_for(lambda: "You said hello\n" in self.output.getvalue())
        return ":q\n"


def test_on_a_terminal_the_card_grows_in_place(sim, talker):
    output = Terminal()

    assert chat(sim, Typist(sim, output), output) == 0
    assert "\x1b[J" in output.getvalue()


def test_waiting_in_vain_tells_what_was_there(sim):
    alice = sim.feishu.add_person("Alice")
    sim.feishu.say(sim.feishu.private_chat(alice), alice, "anyone?")

    with pytest.raises(TimeoutError, match=r"an answer(.|\n)*Alice: 'anyone\?'"):
        sim.feishu.wait_for(lambda: False, 0.02, "an answer")


def test_a_growing_text_is_kept_once():
    history = History()
    for at, text in enumerate(["", "a", "ab", "ab", "x", "xyz", "x"]):
        history.add(float(at), text)

    assert history.frames() == [
        (0.0, ""), (1.0, "a"), (2.0, "ab"), (4.0, "x"), (5.0, "xyz"), (6.0, "x"),
    ]  # fmt: skip
    assert [kept for _, kept in history._frames] == [0, 1, "ab", 1, "xyz", "x"]


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example:80", "10.0.0.1"])
def test_neither_port_answers_under_another_name(host: str) -> None:
    """A page of another site may have its name resolve to this machine."""
    with Simulator() as simulator:
        paths = ("/", "/open-apis/im/v1/messages", "/_simulator/settings")
        for url in (
            *(simulator.feishu.url + path for path in paths),
            simulator.gateway.url + "/v1",
        ):
            request = urllib.request.Request(url, headers={"Host": host})
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
            refused.value.close()
            assert refused.value.code == 403


def test_a_run_can_have_secrets_of_its_own() -> None:
    first, second = Credentials.random(), Credentials.random()

    assert first.app_id == second.app_id
    for name in ("app_secret", "encrypt_key", "verification_token"):
        assert getattr(first, name) not in (getattr(second, name), getattr(Credentials(), name))
