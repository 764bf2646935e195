"""Tables, code and long answers come as files into the thread of their answer."""

from __future__ import annotations

from feishu_simulator import Script, card_view
from tests.scenarios.test_files import asides

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
    value = {"act": "file", "what": what}
    assert value in map(card_view.value_of, answer.buttons)
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
    start_bot(ANSWER_CARDS="1")
    long, very_long = ("word " * size for size in (6_000, 13_000))
    sim.gateway.enqueue(Script.chunks([long]), Script.chunks([very_long]))
    first = talk.ask("a long one")

    click(sim, talk, first, "whole")
    (whole,) = sim.feishu.wait_for(lambda: files_of(sim, first))
    second = talk.ask("a longer one")
    (unasked,) = sim.feishu.wait_for(lambda: files_of(sim, second))

    assert whole == ("a long one.md", long.strip().encode() + b"\n")
    assert unasked == ("a longer one.md", very_long.strip().encode() + b"\n")
    assert "作为文件" in asides(second)


def test_without_the_scope_for_files_it_is_named(sim, bot, talk):
    sim.feishu.access.scopes -= {"im:resource", "im:resource:upload"}
    sim.gateway.enqueue(Script.text(f"```sql\n{CODE}\n```"))
    answer = talk.ask("a query")

    click(sim, talk, answer, "code:0")

    told = sim.feishu.wait_for(lambda: [one.text for one in sim.feishu.answers_to(answer)])
    assert "im:resource" in told[0]
