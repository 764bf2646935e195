"""Scenes: saved, opened again, and refused where they are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feishu_simulator import Simulator
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.cli import main
from feishu_simulator.desk.faults import KINDS
from feishu_simulator.desk.model_faults import MODELS
from feishu_simulator.desk.scene import dump_scene
from feishu_simulator.desk.scene_checks import BadScene
from feishu_simulator.desk.scene_load import load_scene
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.state import new_id
from tests.polling import eventually
from tests.simulator.conftest import Bot, Writer
from tests.simulator.test_simulator_desk import Desk, Live

OTHER = json.dumps({"format": "feishu-simulator-scene", "version": 2}).encode()


@pytest.fixture
def desk(sim: Simulator, bot: Bot, http: Any) -> Desk:
    sim.feishu.bot_url = bot.url
    return Desk(sim, http)


def scene_of(desk: Desk) -> dict[str, Any]:
    scene: dict[str, Any] = desk.get("/desk/scene").json()
    return scene


def pick(values: Any, number: int) -> Any:
    found = list(values)
    return found[number % len(found)] if found else None


def play(sim: Simulator, act: str, number: int, text: str) -> None:
    """One thing that happens on the page; those about a message need one that isn't recalled."""
    state = sim.feishu.state
    chat = pick(state.chats.values(), number)
    person = pick(chat.people, number)
    there = [m for m in state.messages.values() if m.chat is chat and not m.deleted]
    if act not in WITH_A_MESSAGE:
        WITH_A_CHAT[act](sim, chat, person, number, text)
    elif there:
        WITH_A_MESSAGE[act](sim, pick(there, number), person, text)


def react_as_bot(sim: Simulator, message: Message, person: Person, text: str) -> None:
    with sim.feishu.state.change():
        message.reactions[new_id("re")] = "OneSecond"


def edit(sim: Simulator, message: Message, person: Person, text: str) -> None:
    if message.sender and message.message_type == "text":
        sim.feishu.edit(message, text)


def send_entity(sim: Simulator, chat: Chat, person: Person, number: int, text: str) -> None:
    state, card = sim.feishu.state, Writer.card(text)
    entity = CardEntity(card_id=new_id("c"), card=card, clock=state.clock, sequence=number)
    if number % 2:
        entity.open_streaming()
    state.add_message(chat, None, "interactive", {"type": "card"}, entity=entity)


def send_image(sim: Simulator, chat: Chat, person: Person, number: int, text: str) -> None:
    key = sim.feishu.add_image(text.encode(), text)
    sim.feishu.send(chat, person, "image", {"image_key": key})


def switch(sim: Simulator, chat: Chat, person: Person, number: int, text: str) -> None:
    faults, kind = sim.desk.faults, pick(KINDS, number)
    faults.switch(KINDS[kind], pick(faults.settings()[kind], number), on=number % 3 == 0)
    faults.switch("model", pick(MODELS, number))


def visit(sim: Simulator, chat: Chat, person: Person, number: int, text: str) -> None:
    sim.desk.mark_read(person.open_id, chat.chat_id)
    sim.desk.note_visit(person)
    if not chat.is_private:
        chat.has_bot = not chat.has_bot


WITH_A_MESSAGE: dict[str, Callable[[Simulator, Message, Person, str], Any]] = {
    "reply": lambda sim, target, person, text: sim.feishu.say(
        target.chat, person, text, reply_to=target
    ),
    "thread": lambda sim, target, person, text: sim.feishu.say(
        target.chat, person, text, reply_to=target, in_thread=True
    ),
    "react": lambda sim, target, person, text: sim.feishu.react(target, person, "OK"),
    "react as bot": react_as_bot,
    "recall": lambda sim, target, person, text: sim.feishu.recall(target),
    "edit": edit,
}
WITH_A_CHAT: dict[str, Callable[[Simulator, Chat, Person, int, str], Any]] = {
    "say": lambda sim, chat, person, number, text: sim.feishu.say(
        chat, person, text, mention_bot=number % 2 == 0, mention_all=number > 40
    ),
    "card": lambda sim, chat, person, number, text: sim.feishu.state.add_message(
        chat, None, "interactive", Writer.card(text)
    ),
    "entity": send_entity,
    "image": send_image,
    "person": lambda sim, chat, person, number, text: sim.feishu.private_chat(
        sim.feishu.add_person(text)
    ),
    "switch": switch,
    "visit": visit,
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
ACTS = st.lists(
    st.tuples(st.sampled_from([*WITH_A_MESSAGE, *WITH_A_CHAT]), st.integers(0, 50), TEXTS),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS)
def test_a_scene_that_is_opened_is_saved_as_the_same(acts: list[tuple[str, int, str]]) -> None:
    here, there = Simulator(), Simulator()
    here.desk.seed()
    there.desk.seed()
    for act in acts:
        play(here, *act)
    saved = dump_scene(here.desk)

    load_scene(there.desk, json.dumps(saved).encode())

    assert dump_scene(there.desk) == saved
    texts = [message.text for message in here.feishu.messages]
    assert [message.text for message in there.feishu.messages] == texts


def test_a_streaming_card_its_sequence_and_its_buttons_are_taken_along(
    sim: Simulator, bot: Bot, http: Any, writer: Writer
) -> None:
    sim.feishu.bot_url = bot.url
    desk = Desk(sim, http)
    question = desk.message(desk.do("say", text="Hello"))
    button = {
        "tag": "button",
        "text": {"tag": "plain_text", "content": "Stop"},
        "behaviors": [{"type": "callback", "value": {"id": 7}}],
    }
    card_id = writer.create(writer.card("…", button)).data.card_id
    writer.reply_card(question.message_id, card_id)
    writer.content(card_id, "Half", 5)
    saved = desk.get("/desk/scene")
    assert saved.headers["Content-Disposition"].startswith('attachment; filename="scene-')
    writer.content(card_id, "Half of it", 6)
    desk.do("say", text="later")

    headers = {"X-Desk": "1"}
    opened = http.post(f"{desk.url}/desk/scene", content=saved.content, headers=headers)

    assert opened.status_code == 200
    state = sim.feishu.state
    [answer] = [one for one in state.messages.values() if one.is_from_bot]
    assert (answer.text, answer.streaming) == ("Half", True)
    assert writer.content(card_id, "Half again", 5).code == 300317
    assert writer.content(card_id, "Half more", 6).code == 0
    before = len(bot.received)
    clicked = desk.do("click", message_id=answer.message_id, component=button)
    assert clicked.json()["error_code"] == 0
    assert len(bot.received) == before + 1
    # Its event has the old id, so that a bot that remembers it doesn't answer again.
    again = state.messages[question.message_id]
    assert again.event is not None
    assert again.event.event_id == question.event.event_id
    desk.do("send_again", message_id=question.message_id, how="again")
    eventually(lambda: len(again.deliveries) == 2)


def test_open_pages_show_the_other_scene_and_nothing_of_the_former(desk: Desk) -> None:
    kept = desk.message(desk.do("say", text="kept"))
    desk.do("switch", name="model", value="long")
    saved = json.dumps(scene_of(desk)).encode()
    desk.do("reset")
    gone = desk.message(desk.do("say", text="gone"))
    live = Live(desk)
    eventually(lambda: gone.message_id in live.messages)
    told = len(live.told)

    desk.http.post(f"{desk.url}/desk/scene", content=saved, headers={"X-Desk": "1"})

    eventually(lambda: live.parts["scene"] == 1)
    [news] = [one for one in live.told[told:] if "scene" in one]
    assert [one["message_id"] for one in news["messages"]] == [kept.message_id]
    assert live.parts["faults"]["model"] == "long"
    assert gone.message_id not in desk.sim.feishu.state.messages


def test_programs_open_and_save_scenes_too(desk: Desk, http: Any) -> None:
    url = f"{desk.url}/_simulator/scene"
    scene = http.get(url).json()
    scene["people"][0]["name"] = "Somebody"

    assert http.post(url, json=scene).status_code == 200
    assert http.get(url).json() == scene
    assert http.post(url, content=json.dumps(scene)).status_code == 415
    refused = http.post(url, json={**scene, "version": 9})
    assert refused.status_code == 400
    assert "version 9" in refused.text


def test_no_credentials_are_in_a_scene(desk: Desk) -> None:
    desk.do("say", text="Hello")
    text = json.dumps(scene_of(desk))

    credentials = desk.sim.credentials
    secrets = [credentials.app_secret, credentials.encrypt_key, credentials.verification_token]
    assert not [one for one in [*secrets, *desk.sim.gateway.keys] if one in text]


def changed(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda scene: {**scene, **changes}


def in_row(kind: str, **changes: Any) -> Callable[[dict[str, Any]], Any]:
    def change(scene: dict[str, Any]) -> Any:
        first, *rest = scene[kind]
        return {**scene, kind: [{**first, **changes}, *rest]}

    return change


BAD: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (changed(format="other"), "not a scene"),
    (changed(version=2), "version 2"),
    (changed(version=True), "version True"),
    (lambda scene: [scene], "not a scene"),
    (changed(people=[]), "chats[0].people"),
    (changed(people=[1]), "people[0]: an object"),
    (changed(people=[{}] * 501), "at most 500"),
    (lambda scene: {**scene, "people": scene["people"] * 2}, "this id is taken"),
    (lambda scene: {**scene, "messages": scene["messages"] * 2}, "this id is taken"),
    (changed(files={"k": 1}), "files.k"),
    (changed(files={"k": {"kind": "file", "name": "n", "mime": "m", "data": "?"}}), "base64"),
    (changed(switches={"model": "nobody"}), "switches"),
    (changed(switches={"scopes": {"x": True}}), "switches"),
    (changed(switches={"scopes": []}), "switches"),
    (changed(switches={"more": 1}), "switches"),
    (changed(switches={"model": []}), "switches"),
    (changed(read={"ou": 1}), "read.ou"),
    (changed(visited=[1]), "visited"),
    (in_row("people", name="x" * 201), "people[0].name"),
    (in_row("people", open_id="../x"), "people[0].open_id"),
    (in_row("people", name="\ud800"), "broken characters"),
    (in_row("chats", mode="other"), "chats[0].mode"),
    (in_row("chats", people=["ou_x"]), "chats[0].people"),
    (in_row("chats", people=[[]]), "chats[0]"),
    (in_row("chats", people=[]), "chats[0].people"),
    (in_row("messages", chat_id="oc_x"), "messages[0].chat_id"),
    (in_row("messages", sender="ou_x"), "messages[0].sender"),
    (in_row("messages", sender=[]), "messages[0].sender"),
    (in_row("messages", created_ms="1"), "messages[0].created_ms"),
    (in_row("messages", created_ms=2**60), "too large"),
    (in_row("messages", created_ms=True), "messages[0].created_ms"),
    (in_row("messages", content=[]), "messages[0].content"),
    (in_row("messages", type="post", content={"content": 5}), "can't be shown"),
    (in_row("messages", mentions=[{"key": 1}]), "can't be shown"),
    (in_row("messages", reactions=[{"id": "r", "emoji": "OK", "person": "ou"}]), "reactions[0]"),
    (in_row("messages", entity={"card_id": "c", "card": 1}), "entity.card"),
]


@pytest.mark.parametrize(("change", "reason"), BAD)
def test_a_bad_scene_is_refused_with_its_place_and_nothing_changes(
    desk: Desk, change: Callable[[dict[str, Any]], Any], reason: str
) -> None:
    desk.do("say", text="Hello")
    eventually(lambda: desk.sim.feishu.messages[-1].deliveries)
    scene = scene_of(desk)

    with pytest.raises(BadScene) as caught:
        load_scene(desk.sim.desk, json.dumps(change(scene)).encode())

    assert reason in str(caught.value)
    assert scene_of(desk) == scene


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"format": NaN}', "NaN"),
        (b'{"format": 1e999}', "too large"),
        (b'{"format": 123456789012345678901234567890}', "too large"),
        (b"[" * 100_000, "nested"),
        (OTHER.replace(b"2", b'1, "people": ' + b"[" * 80 + b"]" * 80), "nested"),
        (b" " * (32 * 1024 * 1024 + 1), "larger than 32 MB"),
    ],
)
def test_a_file_that_is_no_scene_is_refused(desk: Desk, data: bytes, reason: str) -> None:
    with pytest.raises(BadScene, match=reason):
        load_scene(desk.sim.desk, data)


def test_what_doesnt_fit_is_left_out_the_oldest_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feishu_simulator.desk.scene.MESSAGE_BYTES", 20_000)
    monkeypatch.setattr("feishu_simulator.desk.scene.FILE_BYTES", 1_000)
    feishu = desk.sim.feishu
    for size in (10, 900):
        key = feishu.add_image(bytes(size))
        feishu.send(desk.private, desk.person, "image", {"image_key": key})
    small = {key: file for key, file in feishu.state.images.items() if len(file.data) == 10}
    assert set(scene_of(desk)["files"]) == set(small)
    for number in range(60):
        feishu.say(desk.private, desk.person, f"{number} {'x' * 500}")

    messages = scene_of(desk)["messages"]

    assert 5 < len(messages) < 40
    assert messages[-1]["content"]["text"].startswith("59 ")


def test_a_scene_is_opened_by_the_command_line(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.json").write_text("{}")

    assert main(["--scene", str(tmp_path / "bad.json"), "--port", "0"]) == 2
    assert "bad.json: not a scene" in capsys.readouterr().err
    assert main(["--scene", str(tmp_path / "missing.json"), "--port", "0"]) == 2
