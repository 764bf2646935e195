"""The benchmark counts what went wrong, from reports made up for it."""

from __future__ import annotations

import pytest

from bench.driver import Post
from bench.figures import Asked, figures, is_settled, percentile

NOTHING = {"questions": [], "apis": {}, "limits": {}, "codes": {}}


def answer(**changed):
    seen = {
        "first_text_at": 10.4,
        "whole_at": 15.0,
        "whole": True,
        "streaming": False,
    }
    return seen | changed


def question(message_id, *answers, **changed):
    told = {"message_id": message_id, "gateway_at": 10.1, "last_chunk_at": 14.9}
    return told | {"answers": list(answers)} | changed


def asked(*message_ids, status=200):
    return [Asked(name, Post(10.0, 0.004, status, 0.0)) for name in message_ids]


def judged(*questions, before=NOTHING, **after):
    told = NOTHING | {"questions": list(questions)} | after
    return figures(asked(*(q["message_id"] for q in questions)), before, told, answer_seconds=4.3)


def test_a_whole_answer_is_measured_from_the_post_and_from_the_last_chunk():
    found = judged(question("a", answer()))

    assert (found.lost, found.partial, found.doubled, found.left_open) == (0, 0, 0, 0)
    assert found.ack_p50 == found.ack_max == 0.004
    assert found.first_text_p50 == pytest.approx(0.4)
    assert found.whole_p50 == pytest.approx(0.1)
    assert found.all_whole == pytest.approx(5.0)
    assert found.gateway_late == pytest.approx(0.5)


def test_no_reply_and_a_reply_without_the_answer_are_lost():
    notice = answer(first_text_at=None, whole_at=None, whole=False)

    found = judged(question("a"), question("b", notice), question("c", answer()))

    assert (found.lost, found.partial, found.doubled) == (2, 0, 0)
    assert found.all_whole is None


def test_a_question_the_simulator_has_never_seen_is_lost():
    found = figures(asked("a"), NOTHING, NOTHING, answer_seconds=1.0)

    assert found.lost == 1
    assert found.first_text_p50 is None


def test_a_beginning_without_the_end_is_partial():
    cut = answer(whole_at=None, whole=False, streaming=True)

    found = judged(question("a", cut), question("b", answer()))

    assert (found.lost, found.partial, found.left_open) == (0, 1, 1)


def test_an_answer_that_was_whole_and_is_not_any_more_is_partial():
    assert judged(question("a", answer(whole=False))).partial == 1


def test_two_replies_are_a_doubled_answer_even_when_one_is_not_whole():
    late = answer(first_text_at=12.0, whole_at=None, whole=False)

    found = judged(question("a", answer(), answer()), question("b", late, answer()))

    assert (found.lost, found.partial, found.doubled) == (0, 0, 2)
    assert found.first_text_p50 == pytest.approx(0.4)


def test_events_that_were_not_acknowledged_are_counted_and_not_measured():
    told = NOTHING | {"questions": [question("a", answer())]}

    found = figures(asked("a", status=500), NOTHING, told, answer_seconds=1.0)

    assert found.not_acknowledged == 1
    assert found.ack_p99 is None


def test_only_calls_of_the_run_itself_count():
    api = {"calls": 5, "refused": 1, "over_limit": 1, "peak_second": 4, "peak_minute": 5}
    before = NOTHING | {"apis": {"card": api}, "limits": {"card": 1}, "codes": {"230020": 1}}
    more = api | {"calls": 11, "refused": 3}

    found = judged(
        question("a", answer()),
        question("b", answer()),
        before=before,
        apis={"card": more, "reply": api | {"calls": 2, "refused": 0}},
        limits={"card": 3, "chat/send": 1},
        codes={"230020": 1, "300317": 2},
    )

    assert found.calls_per_answer == {"card": 3.0, "reply": 1.0}
    assert found.refused == 2
    assert found.refused_codes == {"300317": 2}
    assert found.over_limits == {"card": 2, "chat/send": 1}
    assert found.peaks["card"] == (4, 5)


def test_it_is_settled_when_every_answer_is_whole_and_closed():
    whole, open_ = question("a", answer()), question("b", answer(streaming=True))

    assert is_settled(["a"], {"questions": [whole, open_]})
    assert not is_settled(["a", "b"], {"questions": [whole, open_]})
    assert not is_settled(["c"], {"questions": [question("c")]})


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (95, 95), (99, 99), (100, 100)])
def test_percentiles_are_values_that_occurred(percent, value):
    assert percentile(range(1, 101), percent) == value


def test_there_is_no_percentile_of_nothing():
    assert percentile([], 50) is None
    assert percentile([7.0], 99) == 7.0
