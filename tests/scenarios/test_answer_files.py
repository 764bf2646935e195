"""Tables, code and long answers come as files into the thread of their answer."""

from __future__ import annotations

import pytest

from feishu_simulator import Script, card_view
from feishu_simulator.card_checks import CardRules
from feishu_simulator.card_view import walk
from tests.scenarios.test_files import asides
from tests.scenarios.test_own import use

CODE = "\n".join(f"print({number})" for number in range(30))
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n\n"


def files_of(sim, answer) -> list[tuple[str, bytes]]:
    """Names and contents of the files that reply to an answer."""
    found = []
    for message in sim.feishu.answers_to(answer):
        if message.message_type == "file":
            stored = sim.feishu.state.files[message.content["file_key"]]
            found.append((stored.name, stored.data))
    return found


def click(sim, talk, answer, what: str) -> None:
    wanted = {"act": "file", "what": what}.items()
    (value,) = (v for v in map(card_view.value_of, answer.buttons) if wanted <= v.items())
    sim.feishu.click(answer, value, talk.alice)


def test_a_button_gives_long_code_as_a_file_in_the_thread(sim, bot, talk):
    sim.gateway.enqueue(Script.text(f"Here:\n\n```python\n{CODE}\n```"))
    answer = talk.ask("write a script")

    click(sim, talk, answer, "code:0")
    found = sim.feishu.wait_for(lambda: files_of(sim, answer))
    click(sim, talk, answer, "code:0")

    assert found == [("write a script.py", f"{CODE}\n".encode())]
    assert talk.ask("thanks")
    assert len(files_of(sim, answer)) == 1


def test_more_tables_than_a_card_takes_come_whole_as_a_spreadsheet(sim, bot, talk):
    sim.gateway.enqueue(Script.text(TABLE * 5))

    answer = talk.ask("compare")

    (found,) = sim.feishu.wait_for(lambda: files_of(sim, answer))
    assert found[0] == "compare.xlsx"
    assert found[1].startswith(b"PK")
    assert "Excel" in asides(answer)
    assert not [one for one in answer.buttons if "表格" in str(one)]


def test_a_long_answer_is_had_as_a_file_and_a_very_long_one_comes_as_one(sim, start_bot, talk):
    start_bot(ANSWER_CARDS="1", MAX_CARDS="2")
    long, very_long = (
        "word " * 6_000,
        "\n\n".join(f"# Part {n}\n\n" + "word " * 4_000 for n in "abc"),
    )
    sim.gateway.enqueue(Script.chunks([long]), Script.chunks([very_long]))
    first = talk.ask("a long one")

    click(sim, talk, first, "whole")
    (whole,) = sim.feishu.wait_for(lambda: files_of(sim, first))
    second = talk.ask("a longer one")
    (unasked,) = sim.feishu.wait_for(lambda: files_of(sim, second))

    assert whole == ("a long one.md", long.strip().encode() + b"\n")
    assert unasked == ("a longer one.md", very_long.strip().encode() + b"\n")
    assert "作为文件" in asides(second)
    assert any("Part a\nPart b\nPart c" in str(one.get("content")) for one in walk(second.card))
    assert not [one for one in second.buttons if "存成文件" in str(one)]


def test_a_file_whose_sending_broke_off_in_between_is_there_once(sim, bot, talk):
    sim.gateway.enqueue(Script.text(TABLE * 5))
    sim.feishu.faults.disconnect("file.create", 1, after=True)

    answer = talk.ask("compare")
    sim.feishu.wait_for(lambda: files_of(sim, answer))
    sim.gateway.enqueue(Script.text("And well."))
    assert talk.ask("well?").text.startswith("And well.")

    assert len(files_of(sim, answer)) == 1


@pytest.mark.parametrize("without", ["streaming", "cardkit", "cards"])
def test_without_growing_cards_the_tables_come_too(sim, start_bot, talk, without):
    if without == "cardkit":
        sim.feishu.withdraw("cardkit:card:write")
    if without == "cards":
        sim.feishu.state.card_rules = CardRules(max_elements=0)
    start_bot(STREAMING=str(without != "streaming").lower())
    sim.gateway.enqueue(Script.text(TABLE * 5))

    answer = talk.ask("compare")

    ((name, _),) = sim.feishu.wait_for(lambda: files_of(sim, answer))
    assert name == "compare.xlsx"
    assert "Excel" in answer.text


def test_a_forgotten_answer_has_no_file_and_says_so(sim, bot, talk):
    sim.gateway.enqueue(Script.text(f"```sql\n{CODE}\n```"))
    answer = talk.ask("a query")
    use(sim, talk.ask("/forget"), "forget", talk.alice)
    sim.feishu.wait_for(lambda: "已" in sim.feishu.messages[-1].text)

    click(sim, talk, answer, "code:0")

    told = sim.feishu.wait_for(lambda: sim.feishu.answers_to(answer))
    assert "找不到了" in told[0].text
    assert not files_of(sim, answer)


def test_without_the_scope_for_files_it_is_named(sim, bot, talk):
    sim.feishu.access.scopes -= {"im:resource", "im:resource:upload"}
    sim.gateway.enqueue(Script.text(f"```sql\n{CODE}\n```"))
    answer = talk.ask("a query")

    click(sim, talk, answer, "code:0")

    told = sim.feishu.wait_for(lambda: [one.text for one in sim.feishu.answers_to(answer)])
    assert "im:resource" in told[0]
