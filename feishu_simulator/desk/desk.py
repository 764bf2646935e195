"""What the page holds besides the world itself: who is there at first, who has read what."""

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
# Keys of entries are names of the bot's commands.
MENU = (
    ("new", "新话题", "New topic"),
    ("roles", "角色", "Roles"),
    ("model", "模型", "Model"),
    ("settings", "设置", "Settings"),
    ("usage", "用量", "Usage"),
    ("help", "帮助", "Help"),
)


class Desk:
    """One for each simulator; changed under the world's lock.

    `kill_worker`, set by who runs the bot, kills the bot's workers and returns how many.
    `real_model` names the model where a real gateway answers instead of the simulated one.
    """

    def __init__(self, feishu: Feishu, gateway: Gateway) -> None:
        self.feishu = feishu
        self.faults = FaultSwitches(feishu, gateway)
        self.kill_worker: Callable[[], int] | None = None
        self.real_model: str | None = None
        # Up to which moment, in ms, a person has read a chat.
        self.read: dict[str, dict[str, int]] = {}
        # People who have opened their chat with the bot before, by open_id.
        self._met: set[str] = set()

    def furnish(self) -> Person:
        """Put people and chats there for someone who opens the page; the person to write as."""
        world = self.feishu.world
        with world.changing():
            people = [self.feishu.add_person(name) for name in PEOPLE]
            for person in people:
                self.feishu.private_chat(person)
            self.feishu.add_group(GROUP, people)
            self.feishu.add_group(TOPICS, people, topic=True)
        return people[0]

    def parts(self) -> dict[str, Any]:
        """Everything but the messages."""
        world = self.feishu.world
        return {
            "bot": {
                "name": world.credentials.bot_name,
                "open_id": world.credentials.bot_open_id,
                "connected": bool(self.feishu.bot_url),
                "can_be_killed": self.kill_worker is not None,
                "real_model": self.real_model,
            },
            "people": view.people_of(world),
            "chats": view.chats_of(world),
            "menu": [{"key": key, "zh": zh, "en": en} for key, zh, en in MENU],
            "faults": self.faults.state(),
            "read": {person: dict(chats) for person, chats in self.read.items()},
            "calls": self.feishu.api.calls[-1].serial if self.feishu.api.calls else 0,
        }

    def meet(self, person: Person) -> bool:
        """Whether the person opens their chat with the bot for the first time."""
        with self.feishu.world.changing():
            is_new = person.open_id not in self._met
            self._met.add(person.open_id)
            return is_new

    def mark_read(self, person: str, chat_id: str) -> None:
        """The person has seen all that stands in the chat now."""
        with self.feishu.world.changing():
            newest = self.feishu.world.last_created_ms
            self.read.setdefault(person, {})[chat_id] = newest
