"""Every card of the bot, brought about as people do it, for the pictures of the documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from feishu_simulator import Script, Simulator, failures
from feishu_simulator.card_view import value_of, walk
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from tests.desk.screenshot_texts import TEXTS
from tests.polling import eventually

# What stands under a card, and the card.
Named = tuple[str, Message]


class Asking:
    """People who say things to the bot, press its buttons and wait for its cards."""

    def __init__(self, sim: Simulator, lang: str, admin: Person, other: Person) -> None:
        self.sim = sim
        self.texts = TEXTS[lang]
        self.admin = admin
        self.other = other
        self.group = sim.feishu.add_group(self.texts["team"], [admin, other])

    def own(self, person: Person) -> Chat:
        return self.sim.feishu.private_chat(person)

    def ask(
        self, text: str, person: Person | None = None, *, chat: Chat | None = None, **more: Any
    ) -> Message:
        """The first thing that the bot says to a text, once it is whole."""
        person = person or self.admin
        return self.answer(self.sim.feishu.say(chat or self.own(person), person, text, **more))

    def answer(self, question: Message) -> Message:
        def whole() -> Message | None:
            answers = self.sim.feishu.answers_to(question)
            return answers[0] if answers and not answers[0].streaming else None

        found: Message = self.sim.feishu.wait_for(whole, timeout=20)
        return found

    def use(self, card: Message, act: str, person: Person | None = None, **more: Any) -> None:
        """Press or choose what is for this act, as soon as the bot knows the card."""
        component = eventually(
            lambda: next(
                (p for p in walk(card.card) if (value_of(p) or {}).get("act") == act), None
            )
        )
        before = card.card

        def done() -> bool:
            self.sim.feishu.click(card, component, person or self.admin, **more)
            return card.card != before

        eventually(done)

    def option(self, card: Message, at: int = 0) -> str:
        """The value of one of the options on a card."""
        select = next(part for part in walk(card.card) if part["tag"] == "select_static")
        return str(select["options"][at]["value"])

    def first_in(self, chat: Chat) -> Message:
        found = self.sim.feishu.wait_for(
            lambda: [m for m in self.sim.feishu.messages_in(chat) if m.is_from_bot]
        )
        return found[0]  # type: ignore[no-any-return]

    def fail(self, script: Script, question: str) -> Message:
        # The bot asks again where that may help.
        self.sim.gateway.respond_with(lambda body: script)
        card = self.ask(question, self.other)
        self.sim.gateway.respond_with(lambda body: Script.text(self.texts["figures"]))
        return card


def first_cards(do: Asking) -> Iterator[Named]:
    """What is met first: greetings, an answer, and what can be chosen."""
    feishu, texts = do.sim.feishu, do.texts
    feishu.first_contact(do.admin)
    yield "👋", do.first_in(do.own(do.admin))
    feishu.add_bot(do.group, do.admin)
    yield "👋 +", do.first_in(do.group)
    do.sim.gateway.enqueue(Script.text(texts["answer"]))
    answer = do.ask(texts["question"])
    yield texts["question"], answer
    yield "/help", do.ask("/help")
    yield "/roles 1", do.ask("/roles")
    category = do.ask("/roles")
    do.use(category, "role_category", option=do.option(category))
    yield "/roles 2", category
    role = do.ask("/roles")
    do.use(role, "role_category", option=do.option(role))
    do.use(role, "role_choose", option=do.option(role))
    yield "/roles 3", role
    yield "/system", do.ask("/system", reply_to=answer)
    yield "/model", do.ask("/model")
    yield "/settings", do.ask("/settings")
    yield "/settings chat", do.ask("/settings chat")
    yield "/usage", do.ask("/usage")


def command_cards(do: Asking) -> Iterator[Named]:
    """What the other commands show, and what their cards turn into."""
    feishu, texts = do.sim.feishu, do.texts
    yield "/ai_mode", do.ask("/ai_mode")
    mode = do.ask("/ai_mode")
    do.use(mode, "mode_set", option=do.option(mode, 2))
    yield "/ai_mode ✓", mode
    yield "/system …", do.ask(f"/system {texts['role']}")
    answer = do.ask(texts["question"])
    do.ask(texts["next"], reply_to=answer)
    again = do.ask(texts["again"], reply_to=answer)
    yield "/reload", do.ask("/reload", reply_to=again)
    back = do.ask("/reload", reply_to=again)
    do.use(back, "go_back", option=do.option(back))
    yield "/reload ✓", back
    press = next(b for b in answer.buttons if value_of(b).get("act") == "other_model")
    eventually(lambda: feishu.click(answer, press, do.admin).toast["type"] == "info")
    yield texts["other model"], feishu.wait_for(lambda: feishu.answers_to(answer))[0]
    yield "/export", do.ask("/export", reply_to=answer)
    yield "/balance", do.ask("/balance")
    yield "/lang", do.ask("/lang")
    yield "/lang ✓", do.ask(f"/lang {texts['lang']}")
    yield "/new", do.ask("/new")
    yield "/clear", do.ask("/clear")
    cleared = do.ask("/clear")
    do.use(cleared, "clear")
    yield "/clear ✓", cleared
    yield "/feedback", do.ask("/feedback", reply_to=answer)
    kept = do.ask("/feedback", reply_to=answer)
    do.use(kept, "comment", form_value={"comment": texts["too long"]})
    yield "/feedback ✓", kept
    yield "/usage", do.ask("/usage", do.other)
    yield "/grant", do.ask(f"/grant {do.other.open_id} 50")
    yield "/block", do.ask(f"/block {do.other.open_id}")
    unblocked = do.ask(f"/block {do.other.open_id}")
    do.use(unblocked, "unblock")
    yield "/block ✓", unblocked
    yield "/forget", do.ask("/forget")
    gone = do.ask("/forget")
    do.use(gone, "forget")
    yield "/forget ✓", gone


def notices(do: Asking) -> Iterator[Named]:
    """What is said to a mistake, and in place of an answer."""
    feishu, texts = do.sim.feishu, do.texts
    do.sim.gateway.enqueue(Script.text(texts["answer"], between=5.0))
    asked = feishu.say(do.own(do.admin), do.admin, texts["plan"])
    running = feishu.wait_for(lambda: feishu.answers_to(asked))[0]
    yield "⏳", running
    yield "/stop", do.ask("/stop", reply_to=running)
    yield "⏹", do.answer(asked)
    do.sim.gateway.enqueue(Script.text(texts["answer"].split("\n\n")[0], finish_reason="length"))
    yield texts["continue"], do.ask(texts["question"])
    yield "/claer", do.ask("/claer")
    yield "/model …", do.ask("/model gpt-4x")
    yield "/system …", do.ask("/system " + texts["role"] * 400)
    do.ask("hi", do.other)
    yield texts["limit"], do.ask("hi", do.other)
    do.ask(f"/grant {do.other.open_id} 50")
    yield "/grant ?", do.ask("/grant")
    yield "/balance", do.ask("/balance", do.other)
    for name, script in {
        "402": failures.account_out_of_money(),
        "401": failures.invalid_key(),
        "429": failures.overloaded(),
        "context": failures.context_too_long(),
        "filter": failures.content_filtered(),
    }.items():
        yield name, do.fail(script, texts["question"])
    yield texts["file"], do.answer(feishu.send(do.own(do.other), do.other, "sticker", {}))
    yield "@", do.ask("", chat=do.group, mention_bot=True)
    yield "/retry", do.ask("/retry", chat=do.group, mention_bot=True)
    yield "/reload", do.ask("/reload", chat=do.group, mention_bot=True)
    yield "/export …", do.ask("/export x")
    do.ask(f"/block {do.other.open_id}")
    yield texts["blocked"], do.ask("hi", do.other)


def media_cards(do: Asking) -> Iterator[Named]:
    """The picture studio, and an answer whose code comes as a file."""
    feishu, texts = do.sim.feishu, do.texts
    yield "/picture", do.ask("/picture")
    drawn = do.ask(texts["draw"])
    yield texts["draw"], drawn
    yield texts["redraw"], do.ask(texts["redraw"], reply_to=drawn)
    do.ask("/chat")
    do.sim.gateway.enqueue(Script.text(texts["long code"]))
    answer = do.ask(texts["script"])
    yield texts["script"], answer
    press = next(b for b in answer.buttons if value_of(b).get("act") == "file")
    eventually(lambda: feishu.click(answer, press, do.admin).toast["type"] == "info")
    files = feishu.wait_for(
        lambda: [m for m in feishu.answers_to(answer) if m.message_type == "file"]
    )
    yield "📎", files[0]


def queue_cards(do: Asking) -> Iterator[Named]:
    """Questions that wait for the only thread, and what becomes of them."""
    feishu, texts = do.sim.feishu, do.texts
    do.ask("hi", do.other)
    do.sim.gateway.enqueue(Script.text(texts["answer"], between=5.0))
    running = feishu.say(do.own(do.admin), do.admin, texts["plan"])
    busy = feishu.wait_for(lambda: feishu.answers_to(running))[0]
    crowd = [feishu.add_person(f"Person {number}") for number in range(3)]
    first, limited, last, refused = (
        feishu.say(do.own(person), person, texts["question"])
        for person in (crowd[0], do.other, crowd[1], crowd[2])
    )
    for question, ahead in ((last, "2"), (limited, "1"), (first, "")):
        card = feishu.wait_for(lambda asked=question: feishu.answers_to(asked))[0]
        feishu.wait_for(lambda card=card, ahead=ahead: ahead in card.text)
        yield f"⏳ {ahead or 0}", card
    yield "MAX_PENDING", do.answer(refused)
    do.sim.gateway.enqueue(Script.text(texts["answer"]))
    do.ask("/stop", reply_to=busy)
    yield "✓", do.answer(first)
    yield texts["limit"], do.answer(limited)


def doctor_card(asking: Asking) -> Iterator[Named]:
    """What an admin reads of an app that is only half configured."""
    feishu = asking.sim.feishu
    with feishu.state.change():
        feishu.app.declared.discard("im:message.group_at_msg:readonly")
        feishu.subscription.callbacks.clear()
    feishu.withdraw("im:message.group_at_msg:readonly")
    asking.ask(asking.texts["question"])

    def knows_of_messages() -> Message | None:
        # What has come is stored a second later.
        report = asking.ask("/doctor")
        is_known = not re.search("还没有收到过消息|No message has come", report.text)
        return report if is_known else None

    yield "/doctor", eventually(knows_of_messages)


SHEETS: dict[str, Callable[[Asking], Iterator[Named]]] = {
    "cards": first_cards,
    "commands": command_cards,
    "notices": notices,
    "doctor": doctor_card,
    "media": media_cards,
    "queue": queue_cards,
}
