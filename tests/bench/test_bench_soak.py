"""What `make soak` draws, cuts and judges: every broken promise is found."""

from __future__ import annotations

import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice

import pytest

from bench.places import free_port
from bench.soak.disturbance import CUTS, Disturbance
from bench.soak.faults import AT_THE_DOOR, AWAY, Fault, faults
from bench.soak.links import FEISHU, NGINX, PEERS, RelayedLinks, Relays, to_port
from bench.soak.promises import Costs, costs, promises
from bench.soak.records import (
    Answer,
    Asked,
    Delivery,
    ModelRequest,
    Records,
    StoredTurn,
    from_simulator,
)
from bench.soak.run import Plan, run
from bench.soak.talk import Name, Request, askings, is_whole, read_request
from feishu_simulator import Script, Simulator
from tests.polling import eventually

WORDS = 4
FIRST, SECOND = Name(0, 0), Name(0, 1)


def text(name: Name, words: int = WORDS) -> str:
    return "".join(name.answer(WORDS)[:words])


def asked(name: Name, at: float, *frames: tuple[float, str], **more) -> Asked:
    """A question that was taken in at once, and its answer."""
    answers = (Answer(frames or ((at + 2, text(name, 2)), (at + 4, text(name)))),)
    found = Asked(name, at, (Delivery(at, at + 0.01, 200),), answers)
    return replace(found, **more)


def request(name: Name, at: float, *said: str, is_continued: bool = False) -> ModelRequest:
    return ModelRequest(at, Request(name, 0, is_continued, said))


def turn(number: int, name: Name, parent: int | None = None) -> StoredTurn:
    return StoredTurn(number, parent, name, text(name))


SAID = (FIRST.text, text(FIRST))
WELL = Records(
    words=WORDS,
    pace=1.5,
    asked=(asked(FIRST, 0.0), asked(SECOND, 5.0)),
    requests=(request(FIRST, 1.0), request(SECOND, 6.0, *SAID)),
    turns=(turn(1, FIRST), turn(2, SECOND, 1)),
)


def broken(records: Records) -> list[str]:
    return [promise.title for promise in promises(records) if promise.broken]


def but(**changes) -> Records:
    return replace(WELL, **changes)


def second(*frames: tuple[float, str], **more) -> Records:
    return but(asked=(asked(FIRST, 0.0), asked(SECOND, 5.0, *frames, **more)))


def test_a_run_without_a_fault_keeps_every_promise():
    assert broken(WELL) == []
    found = costs(WELL)
    assert (found.taken_up, found.paid_twice, found.shortened, found.redelivered) == (0, 0, 0, 0)
    assert (found.answer_p50, found.answer_max) == (4.0, 4.0)


@pytest.mark.parametrize(
    ("records", "title"),
    [
        (second((7.0, text(SECOND, 3))), "questions without a whole answer"),
        (second((7.0, text(SECOND) + text(SECOND))), "questions without a whole answer"),
        (second(answers=()), "questions without a whole answer"),
        (
            second(answers=2 * (Answer(((7.0, text(SECOND)),)),)),
            "questions with more than one card",
        ),
        (second((3.0, text(SECOND, 1)), (7.0, text(SECOND))), "answers out of order"),
        (
            but(requests=(request(FIRST, 1.0), request(SECOND, 6.0))),
            "prompts without an earlier turn",
        ),
        (
            but(requests=(request(FIRST, 1.0), request(SECOND, 6.0, FIRST.text, text(FIRST, 3)))),
            "prompts without an earlier turn",
        ),
        (
            second((7.0, text(SECOND)), (8.0, "thinking"), (9.0, text(SECOND))),
            "answers taken away once they stood whole",
        ),
        (
            but(requests=(*WELL.requests, request(SECOND, 9.5, *SAID, is_continued=True))),
            "models asked for an answer that stood whole",
        ),
        (
            replace(
                second((6.0, text(SECOND, 1)), (9.5, text(SECOND, 3)), (12.0, text(SECOND))),
                requests=(*WELL.requests, request(SECOND, 10.0, *SAID)),
            ),
            "models asked anew for text of three seconds",
        ),
        (
            second(answers=(Answer(((7.0, text(SECOND)),), is_streaming=True),)),
            "cards left streaming",
        ),
        (
            second(deliveries=(Delivery(5.0, 8.0, 0), Delivery(23.0, 23.1, 200))),
            "acknowledgements lost",
        ),
        (second(deliveries=()), "acknowledgements lost"),
        (but(turns=(turn(1, FIRST),)), "turns missing, doubled or beside the others"),
        (
            but(turns=(*WELL.turns, turn(3, SECOND, 1))),
            "turns missing, doubled or beside the others",
        ),
        (
            but(turns=(turn(1, FIRST), turn(2, SECOND))),
            "turns missing, doubled or beside the others",
        ),
        (but(open_jobs=1), "jobs that never ended"),
    ],
)
def test_what_breaks_a_promise_is_found(records, title):
    assert title in broken(records)


def test_a_request_that_arrives_late_and_is_not_read_is_no_second_one():
    late = replace(request(SECOND, 9.5, *SAID), is_read=False)

    assert broken(but(requests=(*WELL.requests, late))) == []


def test_who_was_acknowledged_late_may_be_answered_late():
    late = asked(
        FIRST,
        0.0,
        (20.0, text(FIRST)),
        deliveries=(Delivery(0.0, 3.0, 0), Delivery(18.0, 18.1, 200)),
    )
    records = but(asked=(late, asked(SECOND, 5.0)), requests=(request(SECOND, 6.0),))

    assert broken(replace(records, turns=(turn(1, SECOND), turn(2, FIRST, 1)))) == [
        "acknowledgements lost"
    ]


def test_what_was_paid_and_taken_back_is_counted():
    records = replace(
        second((6.0, text(SECOND, 2)), (8.0, text(SECOND, 1)), (9.0, text(SECOND))),
        requests=(
            *WELL.requests,
            request(SECOND, 7.0, *SAID),
            request(SECOND, 8.0, *SAID, is_continued=True),
        ),
    )

    found = costs(records)

    assert isinstance(found, Costs)
    assert (found.paid_twice, found.taken_up, found.shortened) == (1, 1, 1)


# What is asked and answered


def test_a_seed_draws_the_same_questions_and_faults_each_time():
    assert askings(1, 50, 5, 10.0) == askings(1, 50, 5, 10.0) != askings(2, 50, 5, 10.0)
    drawn = [list(islice(faults(seed, AT_THE_DOOR, 3, 6.0), 200)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert {fault.kind for fault in drawn[0]} == set(AT_THE_DOOR)
    assert {fault.replica for fault in drawn[0]} == {0, 1, 2}
    longest = max(fault.seconds for fault in drawn[0] if fault.kind == "frozen")
    assert longest > 6.0


def test_the_questions_of_a_person_are_numbered_in_their_order():
    found = askings(1, 60, 4, 10.0)

    assert [each.at for each in found] == sorted(each.at for each in found)
    for person in range(4):
        numbers = [each.name.number for each in found if each.name.person == person]
        assert numbers == list(range(len(numbers)))


def test_a_request_is_read_with_what_was_said_before_and_where_it_goes_on():
    before = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": FIRST.text},
        {"role": "assistant", "content": text(FIRST)},
        {"role": "user", "content": SECOND.text},
    ]
    told = [
        {"role": "assistant", "content": text(SECOND, 3)},
        {"role": "user", "content": "Go on."},
    ]

    fresh, continued = read_request({"messages": before}), read_request({"messages": before + told})

    assert fresh == Request(SECOND, 0, False, SAID)
    assert continued == Request(SECOND, 3, True, SAID)
    assert read_request({"messages": [{"role": "user", "content": "A title, please."}]}) is None


def test_an_answer_is_whole_with_each_word_once():
    assert is_whole(FIRST, f"{text(FIRST)}\ngpt-x", WORDS)
    assert not is_whole(FIRST, text(FIRST, 3), WORDS)
    assert not is_whole(FIRST, text(FIRST, 2) + text(FIRST), WORDS)
    assert not is_whole(FIRST, text(SECOND), WORDS)


def test_the_simulator_has_records_of_what_was_asked():
    with Simulator() as simulator:
        simulator.gateway.respond_with(lambda _: Script.text(text(FIRST)))
        alice = simulator.feishu.add_person("Alice")
        simulator.feishu.say(simulator.feishu.private_chat(alice), alice, FIRST.text)
        simulator.feishu.say(simulator.feishu.private_chat(alice), alice, "nothing of ours")

        records = from_simulator(simulator, WORDS)

    (one,) = records.asked
    assert (one.name, one.deliveries, one.answers) == (FIRST, (), ())


# Links


@contextmanager
def echo_server() -> Iterator[int]:
    """The port of a server that says everything again."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while data := connection.recv(1000):
                connection.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def said(client: socket.socket, data: bytes, seconds: float) -> bytes:
    client.settimeout(seconds)
    client.sendall(data)
    with suppress(TimeoutError):
        return client.recv(1000)
    return b""


def test_a_cut_is_silent_and_what_was_sent_arrives_when_it_is_mended():
    with echo_server() as target, RelayedLinks(2, {FEISHU: target}) as links:
        address = ("127.0.0.1", links.port(0, FEISHU))
        other = ("127.0.0.1", links.port(1, FEISHU))
        with socket.create_connection(address) as client, socket.create_connection(other) as beside:
            assert said(client, b"one", 5) == b"one"

            links.cut(0, [FEISHU])
            assert said(client, b"two", 0.1) == b""
            assert said(beside, b"three", 5) == b"three"
            with socket.create_connection(address) as late:
                assert said(late, b"four", 0.1) == b""

                links.mend(0, [FEISHU])
                assert said(client, b"", 5) == b"two"
                assert said(late, b"", 5) == b"four"


def test_a_connection_to_nobody_is_ended():
    with Relays() as relays:
        port = free_port()
        relays.add("127.0.0.1", port, to_port(free_port()))
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.settimeout(5)
            with suppress(ConnectionError):
                assert client.recv(1) == b""


class Recorded:
    """A replica and its links, which remember what was done to them."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __getattr__(self, name):
        return lambda *arguments: self.done.append(" ".join([name, *map(_named, arguments)]))


def _named(argument: object) -> str:
    return ",".join(argument) if isinstance(argument, tuple) else str(argument)


@pytest.mark.parametrize("kind", [*AT_THE_DOOR, *AWAY])
def test_after_each_fault_all_is_whole_again(kind):
    replica, links, done = Recorded(), Recorded(), Counter()
    both = iter([Fault(0.0, kind, 0, 0.0), Fault(1e6, kind, 0, 0.0)])

    with Disturbance(both, [replica], links, done) as disturbance:
        eventually(lambda: done[kind])

    assert disturbance.failure is None
    if kind in CUTS:
        peers = ",".join(CUTS[kind])
        assert links.done == [f"cut 0 {peers}", f"mend 0 {peers}"]
    elif kind == "frozen":
        assert replica.done == ["send 19", "send 18"]
    elif kind != "undisturbed":
        assert replica.done[-1] == "wait_until_up"


def test_a_replica_that_does_not_come_up_ends_the_run():
    class Dead(Recorded):
        def wait_until_up(self):
            raise RuntimeError("a replica doesn't answer")

    fault = iter([Fault(0.0, "all killed", 0, 0.0)])

    with Disturbance(fault, [Dead()], Recorded(), Counter()) as disturbance:
        eventually(lambda: disturbance.failure)

    assert str(disturbance.failure) == "a replica doesn't answer"


def test_every_link_can_be_cut():
    assert {peer for peers in CUTS.values() for peer in peers} == set(PEERS)
    assert NGINX in CUTS["cut from all"]


# A run


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx isn't installed")
def test_two_replicas_keep_every_promise_when_nothing_is_broken(tmp_path):
    plan = Plan(
        seed=1,
        in_namespaces=False,
        replicas=2,
        questions=6,
        people=3,
        words=WORDS,
        asking=1.0,
        quiet=0.5,
        is_disturbed=False,
    )

    outcome = run(plan, tmp_path)

    assert outcome.failure == ""
    assert (len(outcome.records.asked), len(outcome.records.turns)) == (6, 6)
    assert broken(outcome.records) == []
    assert not outcome.records.refused
