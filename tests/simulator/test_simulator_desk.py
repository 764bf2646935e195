"""The page's backend over HTTP, without a browser: live stream, actions, files, wire, faults."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import lark_oapi as lark
import pytest
from lark_oapi.api.im.v1 import GetMessageResourceRequest

from feishu_simulator import Simulator
from feishu_simulator.access import ALL_GROUP_MESSAGES
from feishu_simulator.desk.things import THINGS
from tests.polling import eventually
from tests.simulator.conftest import Bot, Writer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


class Desk:
    """The page's requests, and who and what is there."""

    def __init__(self, sim: Simulator, client: Any) -> None:
        self.sim = sim
        self.url = sim.page_url
        self.http = client
        self.person = sim.desk.seed()
        chats = list(sim.feishu.state.chats.values())
        self.private = sim.feishu.private_chat(self.person)
        self.group, self.topics = (chat for chat in chats if not chat.is_private)

    def do(self, action: str, /, **fields: Any) -> Any:
        given = {"person": self.person.open_id, "chat_id": self.private.chat_id, **fields}
        headers = {"X-Desk": "1"}
        return self.http.post(f"{self.url}/desk/do/{action}", json=given, headers=headers)

    def upload(self, data: bytes, mime: str, **query: Any) -> Any:
        given = {"person": self.person.open_id, "chat_id": self.private.chat_id, **query}
        headers = {"X-Desk": "1", "Content-Type": mime}
        url = f"{self.url}/desk/upload"
        return self.http.post(url, params=given, content=data, headers=headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(f"{self.url}{path}", headers=headers)

    def wire(self, message_id: str, since: int = 0) -> Any:
        return self.get(f"/desk/wire/{message_id}?since={since}").json()

    def message(self, answer: Any) -> Any:
        return self.sim.feishu.state.messages[answer.json()["message_id"]]


@pytest.fixture
def desk(sim: Simulator, bot: Bot, http: Any) -> Desk:
    sim.feishu.bot_url = bot.url
    return Desk(sim, http)


class Live:
    """One page's stream: what it was told, joined as the page joins it."""

    def __init__(self, desk: Desk) -> None:
        self.told: list[dict[str, Any]] = []
        self.messages: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}
        self.ended = threading.Event()
        connection = http.client.HTTPConnection(urlsplit(desk.url).netloc, timeout=20)
        connection.request("GET", "/desk/live")
        self._socket = connection.sock
        threading.Thread(target=self._read, args=(connection,), daemon=True).start()
        eventually(lambda: self.told)

    def leave(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self, connection: http.client.HTTPConnection) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection):
            for line in connection.getresponse():
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]))
        self.ended.set()

    def _take(self, news: dict[str, Any]) -> None:
        self.parts.update(news)
        self.messages |= {one["message_id"]: one for one in news.get("messages", [])}
        self.told.append(news)

    def has(self, message_id: str, **fields: Any) -> bool:
        """Whether the page shows the message so by now."""
        shown = self.messages.get(message_id, {})
        return bool(shown) and all(shown[name] == value for name, value in fields.items())


def threads_of_streams() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_a_stream_tells_everything_once_and_then_what_changed(desk: Desk) -> None:
    first = desk.message(desk.do("say", text="one"))
    live, other = Live(desk), Live(desk)
    assert live.told[0]["people"][0]["name"] == desk.person.name
    assert live.has(first.message_id, text="one")
    eventually(lambda: live.has(first.message_id, deliveries=[{"status": 200, "error": ""}]))

    before = len(live.told)
    second = desk.message(desk.do("say", text="two", reply_to=first.message_id, in_thread=True))
    desk.do("react", message_id=second.message_id, emoji="THUMBSUP")
    desk.do("recall", message_id=first.message_id)

    reactions = [{"emoji": "THUMBSUP", "person": desk.person.open_id}]
    for page in (live, other):
        eventually(lambda page=page: page.has(first.message_id, deleted=True, text=""))
        thread = page.messages[second.message_id]["thread_id"]
        assert thread
        assert page.has(first.message_id, thread_id=thread)
        eventually(lambda page=page: page.has(second.message_id, reactions=reactions))
    news = live.told[before:]
    assert all(set(one) <= {"messages", "calls"} for one in news)
    eventually(lambda: live.messages == other.messages)
    assert live.parts["chats"] == other.parts["chats"]


def test_a_burst_of_changes_is_told_in_a_few_lines(desk: Desk) -> None:
    live = Live(desk)

    for number in range(60):
        desk.sim.feishu.say(desk.private, desk.person, f"{number}")

    eventually(lambda: len(live.messages) == 60)
    assert len(live.told) < 30


def test_streams_end_when_the_page_goes_and_when_the_simulator_stops(desk: Desk) -> None:
    before = threads_of_streams()
    gone, staying = Live(desk), Live(desk)
    assert threads_of_streams() == before + 2

    gone.leave()
    eventually(lambda: threads_of_streams() <= before + 1)
    desk.sim.stop()

    assert staying.ended.wait(5)
    eventually(lambda: threads_of_streams() <= before)


def test_people_write_mention_and_answer_as_in_feishu(desk: Desk, bot: Bot) -> None:
    group, bot_id = desk.group.chat_id, desk.sim.credentials.bot_open_id
    other = desk.group.people[1].open_id

    said = desk.message(desk.do("say", chat_id=group, text="hi", mentions=[bot_id, other, "all"]))
    reply = desk.message(
        desk.do("say", chat_id=group, text="and?", reply_to=said.message_id, in_thread=True)
    )

    assert said.content["text"] == "@_all @_user_1 @_user_2 hi"
    assert [one["id"]["open_id"] for one in said.mentions] == [bot_id, other]
    assert (reply.root_id, reply.thread_id) == (said.message_id, said.thread_id)
    assert (said.pushed, reply.pushed) == (True, False)
    eventually(lambda: len(bot.received) == 1)


@pytest.mark.parametrize("kind", THINGS)
def test_a_thing_of_each_kind_can_be_sent(desk: Desk, kind: str) -> None:
    message = desk.message(desk.do("pass_on", kind=kind))

    assert (message.message_type, message.pushed) == (kind, True)
    assert desk.do("pass_on", kind="bomb").status_code == 400


def test_a_message_and_what_followed_are_forwarded_to_the_bot(desk: Desk) -> None:
    texts = ("one", "two", "three")
    said = [desk.message(desk.do("say", text=text, chat_id=desk.group.chat_id)) for text in texts]

    forward = desk.message(desk.do("forward", message_id=said[1].message_id))

    assert forward.chat is desk.private
    assert forward.content == {"forwarded": [one.message_id for one in said[1:]]}


def test_uploads_become_images_voice_and_files_the_bot_can_fetch(
    desk: Desk, client: lark.Client
) -> None:
    image = desk.message(desk.upload(PNG, "image/png", name="a.png"))
    voice = desk.message(desk.upload(b"opus", "audio/webm;codecs=opus", name="v", duration="2400"))
    page = desk.message(desk.upload(b"<svg/>", "image/svg+xml", name="../../etc/p\n.svg"))

    kinds = [one.message_type for one in (image, voice, page)]
    assert kinds == ["image", "audio", "file"]
    assert voice.content["duration"] == 2400
    assert page.content["file_name"] == "p.svg"
    request = GetMessageResourceRequest.builder().message_id(voice.message_id).type("file")
    request = request.file_key(voice.content["file_key"])
    assert client.im.v1.message_resource.get(request.build()).file.read() == b"opus"

    shown = desk.get(f"/desk/files/{image.content['image_key']}")
    assert (shown.headers["content-type"], shown.content) == ("image/png", PNG)
    part = desk.get(f"/desk/files/{voice.content['file_key']}", Range="bytes=1-2")
    assert (part.status_code, part.content) == (206, b"pu")
    assert part.headers["content-type"] == "audio/webm"
    kept = desk.get(f"/desk/files/{page.content['file_key']}")
    assert kept.headers["content-type"] == "application/octet-stream"
    assert "attachment" in kept.headers["content-disposition"]
    assert kept.headers["x-content-type-options"] == "nosniff"
    assert desk.get("/desk/files/none").status_code == 404


def test_names_of_files_of_the_bot_can_hold_anything(desk: Desk) -> None:
    key = desk.sim.feishu.add_file(b"x", 'a"\r\nSet-Cookie: b\r\n 报告.html', "text/html")

    answer = desk.get(f"/desk/files/{key}")

    assert answer.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in answer.headers
    assert "%E6%8A%A5" in answer.headers["content-disposition"]


def test_reactions_are_put_once_and_taken_back(desk: Desk) -> None:
    message = desk.message(desk.do("say", text="hi"))

    for _ in range(2):
        desk.do("react", message_id=message.message_id, emoji="DONE")
    assert list(message.reactions.values()) == ["DONE"]
    for _ in range(2):
        desk.do("react", message_id=message.message_id, emoji="DONE", on=False)

    assert message.reactions == {}
    kinds = [event.event_type.split(".")[-1] for event in message.later_events]
    assert kinds == ["created_v1", "deleted_v1"]


def test_buttons_menu_and_first_opening_reach_the_bot(desk: Desk, bot: Bot, writer: Writer) -> None:
    toast = {"toast": {"type": "success", "content": "saved"}}
    bot.answer = lambda path, headers, body: (200, json.dumps(toast).encode())
    message = desk.message(desk.do("say", text="hi"))
    button = {"tag": "button", "behaviors": [{"type": "callback", "value": {"act": "stop"}}]}
    card_id = writer.create(writer.card("…", button)).data.card_id
    card = writer.reply_card(message.message_id, card_id).data.message_id

    answer = desk.do("click", message_id=card, component=button, form_value={"a": 1}).json()

    assert answer["toast"]["content"] == "saved"
    assert answer["error_code"] == 0
    (callback,) = desk.wire(card)["callbacks"]
    assert callback["event"]["event"]["action"]["value"] == {"act": "stop"}
    assert callback["answer"] == toast
    before = len(bot.received)
    for _ in range(2):
        assert desk.do("open").status_code == 200
    assert desk.do("menu", key="help").status_code == 200
    # The first opening is told twice over: p2p_chat_create comes once, "entered" each time.
    eventually(lambda: len(bot.received) == before + 4)


def test_people_and_groups_are_added_and_chats_are_read(desk: Desk) -> None:
    live = Live(desk)

    person = desk.do("add_person", name="Bob").json()["open_id"]
    group = desk.do("add_group", name="New", topic=True).json()["chat_id"]
    desk.do("say", text="hi")
    desk.do("read")

    eventually(lambda: live.parts["read"].get(desk.person.open_id))
    chats = {chat["chat_id"]: chat for chat in live.parts["chats"]}
    assert person in chats[group]["people"]
    assert person in chats[desk.group.chat_id]["people"]
    assert chats[group]["mode"] == "topic"
    assert any(chat["people"] == [person] for chat in chats.values())


OM = "om_unknown"
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("fly", {}),
    ("say", {"text": "  "}),
    ("say", {"text": 1}),
    ("say", {"text": "x" * 30_001}),
    ("say", {"text": "\ud800"}),
    ("say", {"text": "x", "person": ["ou"]}),
    ("say", {"text": "x", "chat_id": None}),
    ("say", {"text": "x", "mentions": "all"}),
    ("say", {"text": "x", "mentions": [{}]}),
    ("say", {"text": "x", "mentions": ["ou_nobody"]}),
    ("say", {"text": "x", "reply_to": OM}),
    ("say", {"text": "x", "in_thread": "yes"}),
    ("recall", {"message_id": OM}),
    ("react", {"message_id": OM, "emoji": "DONE"}),
    ("click", {"message_id": OM, "component": {"tag": "button"}}),
    ("menu", {"key": "none"}),
    ("menu", {"key": []}),
    ("open", {"person": {}}),
    ("read", {"chat_id": 3}),
    ("add_person", {"name": ""}),
    ("add_person", {"name": "x" * 41}),
    ("add_group", {"name": "x", "topic": 1}),
    ("send_again", {"message_id": OM, "how": "again"}),
    ("switch", {"name": "model", "value": ["normal"]}),
    ("switch", {"name": "model", "value": "none"}),
    ("switch", {"name": "limits", "value": 1}),
    ("switch", {"name": "scope", "value": "im:resource"}),
    ("switch", {"name": [], "value": {}}),
    ("kill", {}),
]


def test_what_cannot_be_is_refused_with_a_reason(desk: Desk, writer: Writer) -> None:
    mine = desk.message(desk.do("say", text="hi"))
    gone = desk.message(desk.do("say", text="gone")).message_id
    desk.do("recall", message_id=gone)
    answer = writer.reply(mine.message_id, "text", {"text": "hello"}).data.message_id
    stranger = next(p for p in desk.group.people if p is not desk.person).open_id
    topic = desk.message(desk.do("say", chat_id=desk.topics.chat_id, text="t")).message_id
    component = {"tag": "button", "behaviors": 3}
    own: list[tuple[str, dict[str, Any]]] = [
        ("recall", {"message_id": answer}),
        ("recall", {"message_id": gone}),
        ("react", {"message_id": mine.message_id, "emoji": "x", "person": stranger}),
        ("react", {"message_id": mine.message_id, "emoji": 1}),
        ("react", {"message_id": mine.message_id, "emoji": "DONE", "on": 1}),
        ("say", {"text": "x", "person": stranger}),
        ("say", {"text": "x", "reply_to": gone}),
        ("say", {"text": "x", "reply_to": topic}),
        ("click", {"message_id": answer, "component": {"tag": "button"}}),
        ("send_again", {"message_id": answer, "how": "again"}),
        ("send_again", {"message_id": topic, "how": "again"}),
        ("send_again", {"message_id": mine.message_id, "how": "never"}),
    ]
    card_id = writer.create(writer.card()).data.card_id
    card = writer.reply_card(mine.message_id, card_id).data.message_id
    for fields in (
        {"component": "x"},
        {"component": component},
        {"component": {"tag": "button"}, "form_value": []},
        {"component": {"tag": "button"}, "checked": "x"},
        {"component": {"tag": "button"}, "options": [1]},
        {"component": {"tag": "button"}, "input_value": 5},
    ):
        own += [("click", {"message_id": card, **fields})]

    for name, fields in REFUSED + own:
        body = json.dumps(
            {"person": desk.person.open_id, "chat_id": desk.private.chat_id, **fields}
        )
        response = desk.http.post(
            f"{desk.url}/desk/do/{name}", content=body, headers={"X-Desk": "1"} | JSON
        )

        assert response.status_code == 400, (name, fields, response.text)
        assert response.json()["error"], (name, fields)


JSON = {"Content-Type": "application/json"}


def test_bodies_that_are_no_json_objects_are_refused(desk: Desk) -> None:
    for body, headers in ((b"{", JSON), (b"[]", JSON), (b"\xff", JSON), (b"{}", {}), (b"", {})):
        url = f"{desk.url}/desk/do/say"
        response = desk.http.post(url, content=body, headers={"X-Desk": "1", **headers})
        assert response.status_code == 400, (body, response.text)
        assert response.json()["error"]
    assert desk.upload(b"", "image/png").status_code == 400
    for query in ({"duration": "long"}, {"duration": "-1"}, {"person": "x"}, {"reply_to": "x"}):
        assert desk.upload(b"x", "audio/webm", **query).status_code == 400, query
    too_large = desk.upload(bytes(30 * 1024 * 1024 + 1), "image/png")
    assert (too_large.status_code, "error" in too_large.json()) == (413, True)
    assert desk.get("/desk/wire/om_none").status_code == 400
    assert desk.get("/desk/call/999999").status_code == 404


def test_only_this_page_is_served(desk: Desk) -> None:
    page = desk.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert desk.get("/static/main.js").headers["content-type"].startswith("text/javascript")

    url = f"{desk.url}/desk/do/reset"
    own = {"X-Desk": "1"} | JSON
    for headers, status in (
        (own, 200),
        (own | {"Origin": desk.url}, 200),
        (JSON, 400),
        (own | {"Origin": "https://example.com"}, 403),
        (own | {"Origin": "null"}, 403),
        (own | {"Host": "example.com"}, 403),
    ):
        assert desk.http.post(url, content=b"{}", headers=headers).status_code == status, headers
    assert desk.get("/", Host="attacker.example").status_code == 403
    assert desk.get("/desk/live", Origin="https://example.com").status_code == 403


def test_the_wire_shows_what_was_sent_and_answered(desk: Desk, bot: Bot, writer: Writer) -> None:
    bot.answer = lambda path, headers, body: (200, b'{"msg":"success"}')
    message = desk.message(desk.do("say", text="hi"))
    eventually(lambda: message.deliveries)
    card_id = writer.create(writer.card()).data.card_id
    before = desk.wire(message.message_id)
    answer = writer.reply_card(message.message_id, card_id).data.message_id
    for sequence in range(1, 5):
        writer.content(card_id, '{"n": 1}' * sequence, sequence)
    writer.content(card_id, "again", 4)

    wire = desk.wire(message.message_id)

    (push,) = wire["pushes"]
    assert json.loads(push["sent"]).keys() == {"encrypt"}
    assert push["headers"]["X-Lark-Signature"]
    assert push["event"]["event"]["message"]["content"] == {"text": "hi"}
    assert (push["status"], push["answer"]) == (200, {"msg": "success"})
    assert push["event_id"] == push["event"]["header"]["event_id"]
    assert wire["answers"] == [answer]
    assert wire["subjects"] == [message.message_id, answer, card_id] != before["subjects"]
    apis = [call["api"] for call in wire["calls"]]
    assert apis == ["card.create", "message.reply"] + ["element.content"] * 5
    assert [call["sequence"] for call in wire["calls"][2:]] == [1, 2, 3, 4, 4]
    refused = wire["calls"][-1]
    assert (refused["code"], refused["status"]) == (300317, 400)
    assert "sequence" in refused["msg"]
    assert all(a["at"] <= b["at"] for a, b in zip(wire["calls"], wire["calls"][1:], strict=False))

    newer = desk.wire(message.message_id, wire["calls"][-2]["serial"])
    assert [call["serial"] for call in newer["calls"]] == [refused["serial"]]
    created, updated = (desk.get(f"/desk/call/{wire['calls'][n]['serial']}").json() for n in (0, 2))
    assert created["body"]["data"]["schema"] == "2.0"
    assert created["answer"]["data"]["card_id"] == card_id
    assert updated["body"]["content"] == '{"n": 1}'

    own = desk.wire(answer)
    assert own["question"] == message.message_id
    assert [call["api"] for call in own["calls"]] == apis
    assert own["card"]["card_id"] == card_id
    assert own["card"]["bytes"] < own["card"]["most_bytes"] == 30 * 1024
    assert {"kind": "streaming"} in own["warnings"]


def test_the_wire_of_an_old_event_and_of_20_000_calls(desk: Desk, writer: Writer) -> None:
    message = desk.message(desk.do("say", text="hi"))
    writer.reply(message.message_id, "text", {"text": "hello"})
    calls = desk.sim.feishu.api.calls
    reply = calls[-1]
    for serial in range(reply.serial + 1, reply.serial + 20_000):
        path, answer = "/open-apis/cardkit/v1/cards/7/elements/answer/content", '{"code":0}'
        fields = {name: getattr(reply, name) for name in reply.__slots__}
        fields |= {"serial": serial, "path": path, "answer": answer, "api": "element.content"}
        calls.append(type(reply)(**fields))

    wire = desk.wire(message.message_id)

    assert [call["serial"] for call in wire["calls"]] == [reply.serial]
    assert wire["serial"] == reply.serial + 19_999
    assert desk.get(f"/desk/call/{wire['serial']}").json()["answer"] == {"code": 0}
    assert desk.get(f"/desk/call/{calls[0].serial - 1}").status_code == 404


def warnings(desk: Desk, message: Any) -> list[str]:
    found = desk.wire(message.message_id)["warnings"]
    return [warning.get("why") or warning["kind"] for warning in found]


def test_the_wire_tells_what_the_platform_keeps_to_itself(
    desk: Desk, bot: Bot, writer: Writer, clock: Any
) -> None:
    feishu, group = desk.sim.feishu, desk.group.chat_id
    mention = {"chat_id": group, "mentions": [desk.sim.credentials.bot_open_id]}

    assert warnings(desk, desk.message(desk.do("say", chat_id=group, text="x"))) == ["no_mention"]
    feishu.withdraw("im:message.group_at_msg:readonly", "im:message.p2p_msg:readonly")
    unheard = desk.message(desk.do("say", text="x", **mention))
    assert warnings(desk, unheard) == ["no_mention_scope"]
    assert warnings(desk, desk.message(desk.do("say", text="x"))) == ["no_private_scope"]
    feishu.grant("im:message.p2p_msg:readonly")
    desk.group.has_bot = False
    alone = desk.message(desk.do("say", text="x", **mention))
    assert warnings(desk, alone) == ["bot_not_in_chat"]
    # What was so when the message was sent stays the reason.
    assert warnings(desk, unheard) == ["no_mention_scope"]
    feishu.subscription.events.remove("im.message.receive_v1")
    assert warnings(desk, desk.message(desk.do("say", text="x"))) == ["not_subscribed"]
    feishu.subscription.event_address = False
    assert warnings(desk, desk.message(desk.do("say", text="x"))) == ["no_address"]
    feishu.subscription.event_address = True
    feishu.subscription.events.add("im.message.receive_v1")

    bot.answer = lambda path, headers, body: (500, b"oops")
    failed = desk.message(desk.do("say", text="x"))
    eventually(lambda: failed.deliveries)
    (again,) = desk.wire(failed.message_id)["warnings"]
    assert (again["kind"], again["seconds"]) == ("push_again", 15.0)
    assert desk.wire(failed.message_id)["pushes"][0]["answer"] == "oops"

    desk.do("react", message_id=failed.message_id, emoji="DONE")
    card_id = writer.create(writer.card("x" * 28_500)).data.card_id
    card = writer.reply_card(failed.message_id, card_id).data.message_id
    shown = feishu.state.messages[card]
    assert warnings(desk, shown) == ["nearly_full", "streaming"]
    clock.now += 601
    assert warnings(desk, shown) == ["nearly_full", "streaming_timed_out"]
    feishu.withdraw("cardkit:card:write")
    assert writer.create(writer.card()).code == 99991672
    (nameless,) = [c for c in desk.wire(failed.message_id)["calls"] if c["anonymous"]]
    assert nameless["code"] == 99991672
    desk.do("recall", message_id=failed.message_id)
    assert warnings(desk, failed) == ["recalled", "push_again", "reaction"]


def test_calls_over_a_limit_are_marked_even_if_nothing_refuses_them(
    desk: Desk, writer: Writer
) -> None:
    message = desk.message(desk.do("say", text="hi"))
    card_id = writer.create(writer.card()).data.card_id
    writer.reply_card(message.message_id, card_id)
    for sequence in range(1, 12):
        writer.content(card_id, "x" * sequence, sequence)

    calls = desk.wire(message.message_id)["calls"]

    assert [(call["limit"], call["code"]) for call in calls if call["limit"]] == [("card", 0)]


def test_messages_are_sent_again_in_every_way(desk: Desk) -> None:
    desk.sim.feishu.deliveries.retry_seconds = (0.01,)
    message = desk.message(desk.do("say", text="hi"))
    counts = {"again": 1, "twice": 2, "new_id": 1, "late": 2}
    expected = 1
    eventually(lambda: len(message.deliveries) == 1)

    for how, count in counts.items():
        assert desk.do("send_again", message_id=message.message_id, how=how).status_code == 200
        expected += count
        eventually(lambda count=expected: len(message.deliveries) == count)

    ids = [push["event_id"] for push in desk.wire(message.message_id)["pushes"]]
    assert len(set(ids)) == 2
    assert [one.error for one in message.deliveries][-2:] == ["late", ""]
    assert warnings(desk, message) == []


def test_faults_are_switched_and_put_in_order_again(desk: Desk, client: lark.Client) -> None:
    live = Live(desk)
    at_first = live.parts["faults"]
    assert at_first["disturbed"] is False

    for name, value in (("limits", True), ("model", "no_money"), ("platform", "slow")):
        assert desk.do("switch", name=name, value=value).status_code == 200
    desk.do("switch", name="scope", value=ALL_GROUP_MESSAGES, on=True)
    desk.do("switch", name="scope", value="im:resource", on=False)

    for quirk in at_first["quirks"]:
        assert desk.do("switch", name="quirk", value=quirk, on=True).status_code == 200

    feishu = desk.sim.feishu
    assert (feishu.enforce_limits, feishu.latency) == (True, 1.0)
    assert feishu.quirks.union_ids_only
    assert feishu.state.card_rules.max_tables == 1
    assert ALL_GROUP_MESSAGES in feishu.access.scopes
    _, script = desk.sim.gateway.take({"messages": []}, "", {})
    assert script.status == 402
    eventually(lambda: live.parts["faults"]["scopes"]["im:resource"] is False)
    assert live.parts["faults"]["disturbed"] is True
    desk.do("switch", name="platform", value="busy")
    codes = [desk.sim.feishu.faults.next_fault("chat.get").refusal for _ in range(3)]
    assert [code and code.code for code in codes] == [None, None, 99991400]

    desk.do("reset")

    eventually(lambda: live.parts["faults"] == at_first)
    assert (feishu.enforce_limits, feishu.latency) == (False, 0.0)
    assert desk.sim.gateway.take({"messages": []}, "", {})[1].status == 200


def test_a_real_model_has_no_faults_and_a_worker_can_be_killed(desk: Desk) -> None:
    desk.sim.desk.real_model = "gpt-real"
    desk.sim.desk.kill_worker = lambda: 2

    assert desk.do("switch", name="model", value="slow").status_code == 400
    assert desk.do("kill").json() == {"killed": 2}
    live = Live(desk)
    assert live.parts["bot"]["real_model"] == "gpt-real"
    assert live.parts["bot"]["can_be_killed"] is True
