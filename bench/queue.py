"""When people who wait see something: many questions in one chat, of many people, few threads.

Each question's first sign is a reaction on it, or a card that says how many stand before it, or
the card of its answer.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.figures import percentile
from bench.running_bot import running_bot
from feishu_simulator import Simulator
from feishu_simulator.control import numbered_words
from feishu_simulator.messages import Message

LATENCY = 0.05
RATE = 100.0
QUIET_SECONDS = 5.0
Groups = dict[str, list[Message]]


@dataclass(frozen=True, slots=True)
class Scene:
    """Who asks what: `ask` says it all, in the order in which it is said."""

    title: str
    ask: Callable[[Simulator, Callable[[], None]], Groups]
    settings: dict[str, str]
    chunks: int = 200
    deadline: float = 300.0


def _one_chat(sim: Simulator, pause: Callable[[], None]) -> Groups:
    """300 in one group, and 20 others at the same time."""
    members = [sim.feishu.add_person(f"Member {number}") for number in range(30)]
    group = sim.feishu.add_group("Everybody", members)
    others = [sim.feishu.add_person(f"Other {number}") for number in range(20)]
    found: Groups = {"in the chat": [], "others": []}
    for number in range(300):
        asked = sim.feishu.say(group, members[number % 30], f"q {number}", mention_bot=True)
        found["in the chat"].append(asked)
        if number % 15 == 14:
            other = others[number // 15]
            chat = sim.feishu.private_chat(other)
            found["others"].append(sim.feishu.say(chat, other, f"other {number}"))
        pause()
    return found


def _many(sim: Simulator, pause: Callable[[], None]) -> Groups:
    """2,000 people within 20 s."""
    people = [sim.feishu.add_person(f"Person {number}") for number in range(2_000)]
    chats = [sim.feishu.private_chat(person) for person in people]
    found = []
    for number, (chat, person) in enumerate(zip(chats, people, strict=True)):
        found.append(sim.feishu.say(chat, person, f"q {number}"))
        pause()
    return {"all": found, "the last 200": found[-200:]}


def _few_threads(sim: Simulator, pause: Callable[[], None]) -> Groups:
    """60 questions of one person and 60 of others, for 20 threads and answers of 10 s."""
    busy = sim.feishu.add_person("Busy")
    found: Groups = {"one person": [], "others": []}
    for number in range(60):
        chat = sim.feishu.add_group(f"Group {number % 10}", [busy])
        asked = sim.feishu.say(chat, busy, f"q {number}", mention_bot=True)
        found["one person"].append(asked)
        other = sim.feishu.add_person(f"Other {number}")
        found["others"].append(sim.feishu.say(sim.feishu.private_chat(other), other, f"o {number}"))
        pause()
    return found


SCENES = {
    "chat": Scene("300 in one chat, 20 others", _one_chat, {}),
    "many": Scene("2,000 people within 20 s", _many, {}, chunks=100, deadline=400.0),
    "threads": Scene(
        "120 for 20 threads, answers of 10 s", _few_threads, {"ANSWER_THREADS": "20"}, chunks=500
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 unless a question was answered twice, or not at all."""
    parser = argparse.ArgumentParser(prog="python -m bench.queue", description=__doc__)
    parser.add_argument("scenes", nargs="*", choices=(*SCENES, []), help="those to play (all)")
    given = parser.parse_args(arguments)
    return max(_play(SCENES[name]) for name in given.scenes or SCENES)


def _play(scene: Scene) -> int:
    with running_bot(P2P_CONTEXT="thread", MAX_PENDING="100000", **scene.settings) as (
        sim,
        port,
        _,
    ):
        sim.feishu.bot_url = f"http://127.0.0.1:{port}"
        sim.feishu.latency, sim.feishu.enforce_limits = LATENCY, True
        sim.gateway.first, sim.gateway.between = 0.3, 0.02
        script = numbered_words(scene.chunks)
        sim.gateway.respond_with(lambda body: script)
        began = time.monotonic()
        due = iter(began + number / RATE for number in range(10**6))
        groups = scene.ask(sim, lambda: time.sleep(max(0.0, next(due) - time.monotonic())))
        answers = _answers_when_settled(sim, groups, began + scene.deadline)
        _print(scene, sim, groups, answers)
        print(f"{'calls refused':20}{len(sim.feishu.refused)}")
        asked = {one.message_id for group in groups.values() for one in group}
        wrong = sum(len(answers.get(one, ())) != 1 for one in asked)
        print(f"{'not answered once':20}{wrong}\n", flush=True)
    return int(wrong > 0)


def _answers_when_settled(sim: Simulator, groups: Groups, until: float) -> dict[str, list[Message]]:
    """The bot's messages by the questions, when all are whole or at the deadline."""
    asked = {one.message_id for group in groups.values() for one in group}
    while True:
        answers: dict[str, list[Message]] = {}
        for message in sim.feishu.messages:
            if message.is_from_bot and message.replied_to in asked:
                answers.setdefault(message.replied_to, []).append(message)
        are_whole = len(answers) == len(asked) and not any(
            one.streaming for each in answers.values() for one in each
        )
        if are_whole or time.monotonic() > until:
            return answers
        time.sleep(1.0)


def _print(scene: Scene, sim: Simulator, groups: Groups, answers: dict[str, list[Message]]) -> None:
    reacted = {
        call.path.split("/")[-2]: call.at
        for call in reversed(sim.feishu.calls)
        if call.api == "reaction.create" and call.code == 0
    }
    print(scene.title)
    print(f"{'':20}{'first sign p50, p95, max':>30}{'first text p50, p95, max':>30}", end="")
    print(f"{'by reaction':>14}{'by card':>10}")
    for name, questions in groups.items():
        signs, texts, by_reaction = [], [], 0
        for question in questions:
            shown = [one.said_at for one in answers.get(question.message_id, ())]
            sign = reacted.get(question.message_id)
            by_reaction += sign is not None and sign < min(shown, default=float("inf"))
            seen = min([*shown, *([sign] if sign else [])], default=None)
            signs.append((seen if seen is not None else float("inf")) - question.said_at)
            text = [
                at
                for one in answers.get(question.message_id, ())
                for at, words in one.history
                if "word0" in words
            ]
            texts.append(min(text, default=float("inf")) - question.said_at)
        print(f"{name:20}{_three(signs):>30}{_three(texts):>30}", end="")
        print(f"{by_reaction:>14}{len(questions) - by_reaction:>10}")


def _three(values: list[float]) -> str:
    return ", ".join(f"{percentile(values, share) or 0:.1f}" for share in (50, 95, 100)) + " s"


if __name__ == "__main__":
    sys.exit(main())
