"""The page's own state: its first people and chats, read marks, faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from feishu_simulator.desk import view
from feishu_simulator.desk.faults import FaultSwitches
from feishu_simulator.feishu import Feishu
from feishu_simulator.gateway import Gateway
from feishu_simulator.people import Person

PEOPLE = ("林晓", "陈宇", "Alice")
GROUP = "产品讨论 · Product"
TOPICS = "问答广场 · Q&A"
# The keys are commands of feishu_bot; another bot gets them in the events of its menu.
MENU = (
    ("new", "新话题", "New topic"),
    ("roles", "角色", "Roles"),
    ("model", "模型", "Model"),
    ("settings", "设置", "Settings"),
    ("usage", "用量", "Usage"),
    ("help", "帮助", "Help"),
)


class Desk:
    """One for each simulator; changed under the state's lock.

    `kill_worker`, set by the program that runs the bot, kills its workers and returns how many.
    `real_model` names the model where a real gateway answers in place of the simulated one.
    """

    def __init__(self, feishu: Feishu, gateway: Gateway) -> None:
        self.feishu = feishu
        self.gateway = gateway
        self.faults = FaultSwitches(feishu, gateway)
        self.kill_worker: Callable[[], int] | None = None
        self.real_model: str | None = None
        # Grows when everything is replaced by another scene.
        self.scene = 0
        # The time in ms up to which a person has read a chat, by open_id and chat_id.
        self.read: dict[str, dict[str, int]] = {}
        # The open_ids of people who have opened their chat with the bot before.
        self.visited: set[str] = set()

    def seed(self) -> Person:
        """Create three people, their private chats and two groups; the person to write as."""
        state = self.feishu.state
        with state.change():
            people = [self.feishu.add_person(name) for name in PEOPLE]
            for person in people:
                self.feishu.private_chat(person)
            self.feishu.add_group(GROUP, people)
            self.feishu.add_group(TOPICS, people, topic=True)
        return people[0]

    def parts(self) -> dict[str, Any]:
        """Everything but the messages."""
        state = self.feishu.state
        return {
            "bot": {
                "name": state.credentials.bot_name,
                "open_id": state.credentials.bot_open_id,
                "connected": self.feishu.transmitter.reaches_bot(self.feishu.event_url),
                "can_be_killed": self.kill_worker is not None,
                "real_model": self.real_model,
            },
            "scene": self.scene,
            "people": view.people_of(state),
            "chats": view.chats_of(state),
            "menu": [{"key": key, "zh": zh, "en": en} for key, zh, en in MENU],
            "faults": self.faults.state(),
            "read": {person: dict(chats) for person, chats in self.read.items()},
            "exchanges": self.gateway.exchanges.changes,
            "calls": self.feishu.api.calls[-1].serial if self.feishu.api.calls else 0,
        }

    def note_visit(self, person: Person) -> bool:
        """Note that the person opens their chat with the bot; whether it is the first time."""
        with self.feishu.state.change():
            is_new = person.open_id not in self.visited
            self.visited.add(person.open_id)
            return is_new

    def show_anew(self, read: dict[str, dict[str, int]], visited: set[str]) -> None:
        """Another scene has taken the place of what was there."""
        self.read, self.visited = read, visited
        self.scene += 1

    def mark_read(self, person: str, chat_id: str) -> None:
        """The person has read everything in the chat so far."""
        with self.feishu.state.change():
            newest = self.feishu.state.last_created_ms
            self.read.setdefault(person, {})[chat_id] = newest
