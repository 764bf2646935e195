"""The way of one message through the running bot, as docs/architecture.md tells it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import sqlalchemy as sa

import feishu_bot
from tests.polling import eventually

PACKAGE = Path(feishu_bot.__file__).parent

# The numbered arrows of the diagram, each with the function where it begins.
STOPS = (
    ("web/feishu.py", "answer"),
    ("feishu/webhook/handler.py", "handle"),
    ("feishu/events/dispatcher.py", "dispatch"),
    ("core/bot.py", "receive"),
    ("core/queue/enqueue.py", "enqueue"),
    ("stores/inbox.py", "put_if_room"),
    ("core/queue/worker_pool.py", "_work"),
    ("core/bot.py", "work"),
    ("core/answering/answerer.py", "answer"),
    ("feishu/messenger.py", "open_answer"),
    ("feishu/streaming/paced_calls.py", "call_first"),
    ("feishu/api/client.py", "create_card"),
    ("core/answering/generation.py", "generate"),
    ("llm/gateway.py", "stream"),
    ("stores/inbox.py", "finish"),
)
# Modules that call another one on the way; the rest are called and return. 77 to 79 do, by how long
# calls and frames wait, and a busy machine may find a few more.
MAX_MODULES_THAT_HAND_ON = 83
# Threads that look at the state now and then, and carry no message.
BESIDE = (
    *("waiting", "wakeup", "check-", "alerts", "text-index", "identity", "scopes", "models"),
    *("overrides", "sightings", "warm-", "memory", "waiting-card"),
)


def place_of(frame: FrameType) -> tuple[str, str] | None:
    """Module and function of a frame of the bot's own code."""
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(PACKAGE):
        return None
    return path.relative_to(PACKAGE).as_posix(), frame.f_code.co_name


def callers_of(frame: FrameType) -> Iterator[tuple[str, str]]:
    """The bot's own functions that wait for this one, the nearest first."""
    caller = frame.f_back
    while caller is not None:
        place = place_of(caller)
        if place:
            yield place
        caller = caller.f_back


class Recorder:
    """What is called while it is `on`, in all threads that begin after it was set as profiler."""

    def __init__(self) -> None:
        self.begin()
        self.on = False

    def begin(self) -> None:
        """Forget what was, and be on."""
        self.entered: list[int] = []
        self.ways_back: list[tuple[str, str]] = []
        self.hand_overs: set[tuple[str, str]] = set()
        self.on = True

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        is_on = self.on and not threading.current_thread().name.startswith(BESIDE)
        place = place_of(frame) if is_on and event == "call" else None
        if place is None:
            return
        callers = list(callers_of(frame))
        if callers and callers[0][0] != place[0]:
            self.hand_overs.add((callers[0][0], place[0]))
        if place in STOPS:
            stop = STOPS.index(place)
            self.entered.append(stop)
            if any(STOPS.index(caller) > stop for caller in callers if caller in STOPS):
                self.ways_back.append(place)


def test_a_message_goes_from_stop_to_stop_and_never_back(sim, talk, start_bot):
    recorder = Recorder()
    threading.setprofile(recorder)
    try:
        bot = start_bot()
        talk.ask("Everything that is made once is made now.")
        # The shortest of three ways: on a busy machine calls and frames wait, which takes modules
        # that see to it.
        for _ in range(3):
            eventually(lambda: bot.is_idle)
            recorder.begin()
            talk.ask("hello")
            eventually(lambda: bot.is_idle)
            recorder.on = False
            handing_on = {module for module, _ in recorder.hand_overs}
            if len(handing_on) <= MAX_MODULES_THAT_HAND_ON:
                break
    finally:
        threading.setprofile(None)

    assert set(recorder.entered) == set(range(len(STOPS)))
    assert recorder.ways_back == []
    first = [recorder.entered.index(stop) for stop in range(len(STOPS))]
    # Card and model are two threads; before and after them there is one order.
    assert first[:10] == sorted(first[:10])
    assert first[10] < first[11]
    assert first[9] < first[12] < first[13] < first[14]
    assert len(handing_on) <= MAX_MODULES_THAT_HAND_ON, sorted(handing_on)


def test_the_diagram_has_these_stops():
    text = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    arrows = [line for line in text.split("```")[1].splitlines() if ">>" in line or "--)" in line]

    assert len(arrows) == len(STOPS) <= 16


def test_an_ordinary_question_takes_no_more_statements_than_it_needs(sim, talk, start_bot):
    """Those of other threads don't count: nobody waits for what is looked up in the background."""
    seen = statements_of_a_question(sim, talk, start_bot())

    end = next(at for at, statement in enumerate(seen) if "outcome=" in statement)
    # The end of the job, the conversation, the turn, its messages, and what it used.
    assert [statement.split()[2] for statement in seen[end + 1 :]] == [
        "conversations", "turns", "messages", "usage"
    ], seen  # fmt: skip
    assert len(seen) <= 21, seen


def test_limits_take_one_statement_more(sim, talk, start_bot):
    limited = {
        f"{whose}_{often}_TOKENS": "1000000"
        for whose in ("USER", "COMPANY")
        for often in ("DAILY", "MONTHLY")
    }

    seen = statements_of_a_question(sim, talk, start_bot(**limited))

    assert sum("reserved_tokens=?" in statement.split("WHERE")[0] for statement in seen) == 2
    assert len(seen) <= 22, seen


def statements_of_a_question(sim, talk, bot):
    """What an ordinary question asks the database, in the threads that it goes through."""
    talk.ask("first")
    sim.feishu.wait_for(lambda: bot.is_idle)
    engine = bot.database._of_this_process().engine
    seen: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        name = threading.current_thread().name
        if name.startswith(("answer", "card", "Thread-")):
            seen.append(" ".join(statement.split()))

    sa.event.listen(engine, "before_cursor_execute", note)
    talk.ask("second")
    sim.feishu.wait_for(lambda: bot.is_idle)
    sa.event.remove(engine, "before_cursor_execute", note)
    return seen
