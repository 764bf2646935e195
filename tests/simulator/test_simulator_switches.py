"""Each switch of the page changes something that a bot or a person can see."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from feishu_simulator import Simulator
from feishu_simulator.desk.faults import (
    ADDRESSES,
    CONNECTIONS,
    KINDS,
    PLATFORMS,
    QUIRKS,
    SCOPES,
    SERVICES,
)
from feishu_simulator.desk.model_faults import MODELS
from feishu_simulator.subscription import EVENTS
from tests.simulator.conftest import Bot, Writer

SWITCHES = [
    ("limits", True),
    *(("model", name) for name in MODELS if name != "normal"),
    *(("platform", name) for name in PLATFORMS if name != "normal"),
    *(("scope", name) for name in SCOPES),
    *(("event", name) for name in EVENTS),
    *(("address", name) for name in ADDRESSES),
    *(("connection", name) for name in CONNECTIONS),
    *(("service", name) for name in SERVICES),
    *(("quirk", name) for name in QUIRKS),
]
TABLE = {"tag": "table", "columns": [{"name": "a"}], "rows": [{"a": "1"}]}
BODY = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello there, tell me about the weather"},
    ],
}


class Platform:
    """A small bot's view of the platform: what its calls get, and what is pushed to it."""

    def __init__(self, sim: Simulator, bot: Bot, http: Any) -> None:
        self.sim, self.feishu, self.bot, self.http = sim, sim.feishu, bot, http
        self.feishu.bot_url = bot.url
        sim.desk.seed()
        self.person, self.other, *_ = self.feishu.state.people.values()
        self.private = self.feishu.private_chat(self.person)
        self.group = next(c for c in self.feishu.state.chats.values() if c.mode == "group")
        credentials = sim.credentials
        secret = {"app_id": credentials.app_id, "app_secret": credentials.app_secret}
        given = self._post("auth/v3/tenant_access_token/internal", secret)
        self.headers = {"Authorization": f"Bearer {given['tenant_access_token']}"}
        self.question = self.say("Hi")

    def say(self, text: str, *, group: bool = False, **options: Any) -> Any:
        chat = self.group if group else self.private
        return self.feishu.say(chat, self.person, text, wait=True, **options)

    def pushed(self, act: Callable[[], Any]) -> int:
        """How many events the bot gets for it."""
        before = len(self.bot.received)
        act()
        return len(self.bot.received) - before

    def event(self, message: Any) -> Any:
        """What the event of a message says, without ids and times."""
        body = message.event.body
        shown = {name: body["message"].get(name) for name in ("content", "mentions")}
        return json.loads(json.dumps([shown, body["sender"]["sender_id"]]))

    def get(self, path: str) -> Any:
        url = f"{self.feishu.url}/open-apis/{path}"
        return self.http.get(url, headers=self.headers).json()

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self._post(path, body, headers=self.headers, **options)

    def create(self, *elements: Any) -> Any:
        answer = self.post(
            "cardkit/v1/cards",
            {"type": "card_json", "data": json.dumps(Writer.card("Hello", *elements))},
        )
        return answer["code"], (answer.get("data") or {}).get("card_id")

    def reply(self, kind: str, content: Any) -> Any:
        body = {"msg_type": kind, "content": json.dumps(content)}
        return self.post(f"im/v1/messages/{self.question.message_id}/reply", body)

    def calls(self, count: int) -> list[Any]:
        """What as many calls get: codes, or "lost" for a broken connection."""
        return [self._call() for _ in range(count)]

    def _call(self) -> Any:
        began = time.monotonic()
        try:
            code = self.get(f"im/v1/chats/{self.group.chat_id}")["code"]
        except httpx2.HTTPError:
            return "lost"
        return code, time.monotonic() - began > 0.9

    def _post(self, path: str, body: Any, **options: Any) -> Any:
        url = f"{self.feishu.url}/open-apis/{path}"
        return self.http.post(url, json=body, **options).json()


def limits(platform: Platform) -> Any:
    return {code for code, _ in platform.calls(60)}


def model(platform: Platform) -> Any:
    _, script = platform.sim.gateway.take(BODY, "", {})
    return script


def some_calls(platform: Platform) -> Any:
    return platform.calls(4)


def upload(platform: Platform) -> Any:
    url = f"{platform.feishu.url}/open-apis/im/v1/images"
    image = {"image": ("a.png", b"\x89PNG" + bytes(20), "image/png")}
    form = {"image_type": "message"}
    return platform.http.post(url, headers=platform.headers, data=form, files=image).json()["code"]


def user(platform: Platform) -> Any:
    answer = platform.get(f"contact/v3/users/{platform.person.open_id}")
    return answer["code"], "name" in (answer.get("data") or {}).get("user", {})


def react(platform: Platform) -> Any:
    path = f"im/v1/messages/{platform.question.message_id}/reactions"
    return platform.post(path, {"reaction_type": {"emoji_type": "OneSecond"}})["code"]


def clicked(platform: Platform) -> Any:
    card = {"schema": "2.0", "body": {"elements": []}}
    message = platform.feishu.state.add_message(platform.private, None, "interactive", card)
    return platform.feishu.click(message, {"x": 1}, platform.person).error_code


def billing(platform: Platform) -> Any:
    gateway = platform.sim.gateway
    headers = {"Authorization": f"Bearer {gateway.keys[0]}"}
    url = f"{gateway.url}/v1/dashboard/billing/usage"
    return platform.http.get(url, headers=headers).headers["content-type"]


def models(platform: Platform) -> Any:
    gateway = platform.sim.gateway
    headers = {"Authorization": f"Bearer {gateway.keys[0]}"}
    return platform.http.get(f"{gateway.url}/v1/models", headers=headers).status_code


def endpoint(platform: Platform) -> Any:
    url = f"{platform.feishu.url}/callback/ws/endpoint"
    given = platform.sim.credentials
    body = {"AppID": given.app_id, "AppSecret": given.app_secret}
    try:
        return platform.http.post(url, json=body).json()["code"]
    except httpx2.HTTPError:
        return "lost"


def fresh_card(platform: Platform) -> Any:
    _, card_id = platform.create()
    return platform.reply("interactive", {"type": "card", "data": {"card_id": card_id}})["code"]


def quoted_card(platform: Platform) -> Any:
    card = Writer.card("Words to read")
    message = platform.feishu.state.add_message(platform.private, None, "interactive", card)
    answer = platform.get(f"im/v1/messages/{message.message_id}")
    return "Words to read" in answer["data"]["items"][0]["body"]["content"]


def rich_text(platform: Platform) -> Any:
    message = platform.feishu.post(
        platform.private, platform.person, [[{"tag": "text", "text": "rich"}]], wait=True
    )
    return platform.event(message)


def edited(platform: Platform) -> Any:
    event = platform.feishu.edit(platform.say("first"), "second", wait=True)
    return event.body["message"]["content"]


PROBES: dict[str, Callable[[Platform], Any]] = {
    "cardkit:card:write": lambda p: p.create()[0],
    "im:message.group_msg": lambda p: p.pushed(lambda: p.say("x", group=True)),
    "im:message.group_at_msg:readonly": lambda p: p.pushed(
        lambda: p.say("x", group=True, mention_bot=True)
    ),
    "im:message.p2p_msg:readonly": lambda p: p.pushed(lambda: p.say("x")),
    "im:message:send_as_bot": lambda p: p.reply("text", {"text": "x"})["code"],
    "im:message.reactions:write_only": react,
    "im:resource": upload,
    "im:message:readonly": lambda p: p.get(f"im/v1/messages/{p.question.message_id}")["code"],
    "im:chat:readonly": lambda p: p.calls(1),
    "contact:contact.base:readonly": user,
    "contact:user.base:readonly": user,
    "im.message.receive_v1": lambda p: p.pushed(lambda: p.say("x")),
    "im.message.recalled_v1": lambda p: p.pushed(
        lambda: p.feishu.recall(p.feishu.state.messages[p.question.message_id], wait=True)
    ),
    "im.message.reaction.created_v1": lambda p: p.pushed(
        lambda: p.feishu.react(p.question, p.person, "OK", wait=True)
    ),
    "im.message.reaction.deleted_v1": lambda p: (
        p.feishu.react(p.question, p.person, "OK", wait=True),
        p.pushed(lambda: p.feishu.unreact(p.question, p.person, "OK", wait=True)),
    )[1],
    "im.chat.member.bot.added_v1": lambda p: p.pushed(
        lambda: p.feishu.add_bot(p.group, p.person, wait=True)
    ),
    "im.chat.member.bot.deleted_v1": lambda p: p.pushed(
        lambda: p.feishu.remove_bot(p.group, p.person, wait=True)
    ),
    "im.chat.access_event.bot_p2p_chat_entered_v1": lambda p: p.pushed(
        lambda: p.feishu.open_private_chat(p.person, wait=True)
    ),
    "p2p_chat_create": lambda p: p.pushed(lambda: p.feishu.first_contact(p.person, wait=True)),
    "application.bot.menu_v6": lambda p: p.pushed(
        lambda: p.feishu.press_menu(p.person, "help", wait=True)
    ),
    "event_address": lambda p: p.pushed(lambda: p.say("x")),
    "card_address": clicked,
    "cut": endpoint,
    "refused": endpoint,
    "no_models": models,
    "no_billing": billing,
    "app_id_mentions": lambda p: p.event(p.say("x", group=True, mention_bot=True)),
    "numbered_everyone": lambda p: p.event(
        p.say("x", group=True, mention_bot=True, mention_all=True)
    ),
    "union_ids": lambda p: p.event(p.say("x")),
    "markdown_posts": rich_text,
    "edit_paragraphs": edited,
    "stand_in_cards": quoted_card,
    "fresh_cards": fresh_card,
    "one_table": lambda p: p.create(TABLE, TABLE)[0],
}


@pytest.fixture
def platform(sim: Simulator, bot: Bot, http: Any) -> Platform:
    return Platform(sim, bot, http)


def probe_of(kind: str, name: object) -> Callable[[Platform], Any]:
    whole = {"limits": limits, "model": model, "platform": some_calls}
    return whole.get(kind) or PROBES[str(name)]


def test_every_switch_of_the_page_is_tried(platform: Platform) -> None:
    settings = platform.sim.desk.faults.settings()
    names = {("limits", True)} | {
        (switch, name) for kind, switch in KINDS.items() for name in settings[kind]
    }
    shown = platform.sim.desk.faults.state()
    names |= {("model", name) for group in shown["models"].values() for name in group}
    names |= {("platform", name) for name in shown["platforms"]}

    assert names - set(SWITCHES) == {("model", "normal"), ("platform", "normal")}


@pytest.mark.parametrize(("kind", "name"), SWITCHES)
def test_a_switch_changes_something_and_back(platform: Platform, kind: str, name: Any) -> None:
    faults = platform.sim.desk.faults
    probe = probe_of(kind, name)
    at_first = faults.settings()
    before = probe(platform)
    named = at_first.get(next((k for k, switch in KINDS.items() if switch == kind), ""), {})

    faults.switch(kind, name, on=not named.get(name, False))
    during = probe(platform)
    changed = faults.state()["changed"]
    faults.reset()

    assert during != before
    assert len(changed) == 1
    assert faults.settings() == at_first
    if kind not in ("event", "quirk"):
        assert probe(platform) == before
