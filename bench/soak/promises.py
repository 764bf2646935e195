"""What must hold after any schedule of faults, judged by the records. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bench.soak.records import Answer, Asked, Records
from bench.soak.talk import Name, has_whole, is_whole, words_of

# What the model has said is kept every second or two: text that stood for so long is gone on with.
KEPT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Promise:
    """`broken` names what breaks it."""

    title: str
    broken: tuple[str, ...]


def promises(records: Records) -> list[Promise]:
    """All of them, each with what breaks it."""
    checks: dict[str, Callable[[_Judge], Iterator[str]]] = {
        "questions without a whole answer": _Judge.unanswered,
        "questions with more than one card": _Judge.doubled,
        "answers out of order": _Judge.out_of_order,
        "prompts without an earlier turn": _Judge.forgetful,
        "answers taken away once they stood whole": _Judge.wiped,
        "models asked for an answer that stood whole": _Judge.asked_again,
        "models asked anew for text of three seconds": _Judge.asked_anew,
        "cards left streaming": _Judge.streaming,
        "acknowledgements lost": _Judge.unacknowledged,
        "turns missing, doubled or beside the others": _Judge.badly_stored,
        "jobs that never ended": _Judge.open_jobs,
    }
    judge = _Judge(records)
    return [Promise(title, tuple(check(judge))) for title, check in checks.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What faults have cost."""

    taken_up: int
    """Requests that went on from where an earlier one was broken off."""
    paid_twice: int
    """Questions that were asked from the beginning more than once."""
    shortened: int
    """Answers of which some words were taken back and written anew."""
    redelivered: int
    """Events that Feishu delivered again."""
    ack_p50: float
    ack_max: float
    """From the beginning of a delivery to its acknowledgement, in seconds."""
    answer_p50: float
    answer_max: float
    """From the question to its whole answer, in seconds."""


def costs(records: Records) -> Costs:
    """In all of the run."""
    asked = Counter(r.request.name for r in records.requests if not r.request.is_continued)
    acks = [
        delivery.ended_at - delivery.began_at
        for one in records.asked
        for delivery in one.deliveries
        if delivery.status == 200
    ]
    whole = [
        at - one.said_at for one in records.asked if (at := _whole_at(one, records)) is not None
    ]
    return Costs(
        taken_up=sum(r.request.is_continued for r in records.requests),
        paid_twice=sum(count > 1 for count in asked.values()),
        shortened=sum(
            any(_is_shortened(one.name, answer) for answer in one.answers) for one in records.asked
        ),
        redelivered=sum(len(one.deliveries) > 1 for one in records.asked),
        ack_p50=_middle(acks),
        ack_max=max(acks, default=0.0),
        answer_p50=_middle(whole),
        answer_max=max(whole, default=0.0),
    )


class _Judge:
    def __init__(self, records: Records) -> None:
        self._records = records
        self._words = records.words
        self._asked = {one.name: one for one in records.asked}
        self._by_person: dict[int, list[Asked]] = defaultdict(list)
        for one in sorted(records.asked, key=lambda one: one.name):
            self._by_person[one.name.person].append(one)

    def unanswered(self) -> Iterator[str]:
        for one in self._records.asked:
            if not any(is_whole(one.name, answer.text, self._words) for answer in one.answers):
                shown = [answer.text[-80:] for answer in one.answers]
                yield f"{one.name}: {shown or 'nothing'}"

    def doubled(self) -> Iterator[str]:
        for one in self._records.asked:
            if len(one.answers) > 1:
                yield f"{one.name}: {len(one.answers)} answers"

    def out_of_order(self) -> Iterator[str]:
        for former, one in self._ordered():
            whole, begun = _whole_at(former, self._records), _begun_at(one)
            if begun is not None and (whole is None or begun < whole):
                yield f"{one.name} begun at {begun:.2f}, {former.name} whole at {whole}"

    def forgetful(self) -> Iterator[str]:
        former_of: dict[Name, list[Name]] = defaultdict(list)
        for former, one in self._ordered():
            former_of[one.name].append(former.name)
        for each in self._records.requests:
            request = each.request
            for former in former_of[request.name]:
                if former.text not in " ".join(request.said):
                    yield f"{request.name} at {each.at:.2f}: no question {former}"
                elif not has_whole(former, request.said, self._words):
                    yield f"{request.name} at {each.at:.2f}: no answer to {former}"

    def wiped(self) -> Iterator[str]:
        for one in self._records.asked:
            for answer in one.answers:
                was_whole = False
                for at, text in answer.frames:
                    now_whole = is_whole(one.name, text, self._words)
                    if was_whole and not now_whole:
                        yield f"{one.name} at {at:.2f}: {len(words_of(one.name, text))} words"
                        break
                    was_whole = was_whole or now_whole

    def asked_again(self) -> Iterator[str]:
        for each in self._records.requests:
            one = self._asked.get(each.request.name)
            whole = _whole_at(one, self._records) if one else None
            if whole is not None and each.at > whole and each.is_read:
                yield f"{each.request.name} at {each.at:.2f}, whole at {whole:.2f}"

    def asked_anew(self) -> Iterator[str]:
        seen: set[Name] = set()
        for each in self._records.requests:
            name = each.request.name
            if each.request.is_continued or (not each.is_read and name in seen):
                continue
            shown = _shown_by(self._asked[name], each.at) if name in seen else 0
            if shown * self._records.pace > KEPT_SECONDS:
                yield f"{name} at {each.at:.2f}, {shown} words shown"
            seen.add(name)

    def streaming(self) -> Iterator[str]:
        for one in self._records.asked:
            if any(answer.is_streaming for answer in one.answers):
                yield f"{one.name}"

    def unacknowledged(self) -> Iterator[str]:
        for one in self._records.asked:
            statuses = [delivery.status for delivery in one.deliveries]
            if statuses[:1] != [200]:
                yield f"{one.name}: {statuses}"

    def badly_stored(self) -> Iterator[str]:
        stored = Counter(turn.name for turn in self._records.turns)
        for name in self._asked:
            if stored[name] != 1:
                yield f"{name}: {stored[name]} turns"
        parents = Counter(turn.parent for turn in self._records.turns if turn.parent is not None)
        roots = Counter(turn.name.person for turn in self._records.turns if turn.parent is None)
        yield from (f"{count} turns follow turn {at}" for at, count in parents.items() if count > 1)
        yield from (f"person {who}: {n} conversations" for who, n in roots.items() if n > 1)

    def open_jobs(self) -> Iterator[str]:
        yield from (f"{n + 1}" for n in range(self._records.open_jobs))

    def _ordered(self) -> Iterator[tuple[Asked, Asked]]:
        """Pairs of one conversation of which the first was taken in before the second came."""
        for conversation in self._by_person.values():
            for number, one in enumerate(conversation):
                came = min((each.began_at for each in one.deliveries), default=None)
                for former in conversation[:number]:
                    taken = _taken_at(former)
                    if came is not None and taken is not None and taken < came:
                        yield former, one


def _taken_at(one: Asked) -> float | None:
    return min((each.ended_at for each in one.deliveries if each.status == 200), default=None)


def _begun_at(one: Asked) -> float | None:
    shown = (at for answer in one.answers for at, text in answer.frames if words_of(one.name, text))
    return min(shown, default=None)


def _shown_by(one: Asked, now: float) -> int:
    """How many words had been shown before this time.

    Not for how long they were: what was sent just before a link was cut arrives when it is mended.
    """
    return max(
        (
            len(words_of(one.name, text))
            for answer in one.answers
            for at, text in answer.frames
            if at < now
        ),
        default=0,
    )


def _whole_at(one: Asked, records: Records) -> float | None:
    whole = (
        at
        for answer in one.answers
        for at, text in answer.frames
        if is_whole(one.name, text, records.words)
    )
    return min(whole, default=None)


def _is_shortened(name: Name, answer: Answer) -> bool:
    counts = [len(words_of(name, text)) for _, text in answer.frames]
    return any(later < former for former, later in pairwise(counts))


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
