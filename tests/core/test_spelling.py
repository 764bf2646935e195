"""Commands forgive: how they may be spelt, what is suggested, and what stays a question."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Button
from feishu_bot.core.commands.nearest import nearest, slips
from feishu_bot.core.commands.spelling import plain, trimmed
from feishu_bot.core.commands.synonyms import SYNONYMS
from feishu_bot.core.tasks import AskQuestion, RunCommand, SuggestCommand
from tests.builders import BOSS, BotWorld, message
from tests.core.card_parts import all_buttons

COMMANDS = BotWorld().bot.commands
WORDS = [(command, word) for command in COMMANDS for word in command.words]
# Words of letters: `/?` is spelt one way, and `edit:` has tests of its own.
SPOKEN = [(command, word) for command, word in WORDS if plain(word)[-1].isalpha()]
KNOWN = {plain(word).lower().rstrip(":") for _, word in WORDS}
# Letters of the full width begin so far behind those of ASCII.
WIDE = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}

slashes = st.sampled_from(["/", "／", "、", "∕", "⁄", " /", "\u3000／", "\ufeff/", "/ ", "／ "])
endings = st.sampled_from(["", " ", "。", "！", "!", "？", "?", "~", "…", ".", "\u3000", "\u200b"])


def widened(draw: st.DrawFn, word: str) -> str:
    """The word with some of its letters wide, and in either case."""
    return "".join(
        draw(st.sampled_from([letter, letter.upper(), WIDE.get(letter, letter)])) for letter in word
    )


@st.composite
def spelt(draw: st.DrawFn) -> tuple[str, str]:
    """The name of a command, and one of its words in some spelling."""
    command, word = draw(st.sampled_from(SPOKEN))
    slash = draw(slashes) if word.startswith("/") else ""
    return command.name, slash + widened(draw, word.removeprefix("/")) + draw(endings)


@given(spelt())
def test_every_command_is_found_in_every_spelling(spelling: tuple[str, str]) -> None:
    name, text = spelling

    assert COMMANDS.parse(text) == RunCommand(name=name)


def is_like_a_command(text: str) -> bool:
    """Whether the first word may be one; at least what begins with a slash."""
    begins = text.lstrip()[:1] in ("/", "／", "⁄", "∕")
    words = text.replace("：", " ").replace(":", " ").split() or [""]
    first = plain(words[0]).lower().rstrip(".。．!！?？~～…,，、;；)）")
    return begins or first.lstrip("、/") in {word.lstrip("/") for word in KNOWN}


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Mn", "Lo"]))
    | st.text("帮助、：:改/a 。")
)
def test_what_is_no_command_reaches_the_model_unchanged(text: str) -> None:
    if is_like_a_command(text):
        return

    assert COMMANDS.parse(text) == AskQuestion(text=trimmed(text))
    # Nothing is left out but blanks, and what nobody sees before the text.
    assert "".join(trimmed(text).split()) in "".join(text.split())


@given(st.sampled_from(SPOKEN), st.text("abcde 一二三，。", min_size=1).filter(str.strip))
def test_a_question_that_begins_with_a_word_of_a_command_stays_one(spoken, rest: str) -> None:
    command, word = spoken
    if word.startswith("/") or command.takes_argument or not rest.strip(" ，。"):
        return

    asked = f"{word} {rest}".strip()

    assert COMMANDS.parse(asked) == AskQuestion(text=asked)


@pytest.mark.parametrize(
    "text",
    [
        "help me write a letter",
        "Help, my build is broken",
        "、然后呢",
        "/etc/hosts 是什么",
        "重试一下这个方案怎么写",
        "帮助我写一封信",
        "帮助：这个词用英文怎么说",
        "改：他不来了",
        "edit: he isn't coming",
        "余额是多少",
        "/ help me write a letter",
        "?",
        "/",
        "1/2",
    ],
)
def test_these_stay_questions(text):
    assert COMMANDS.parse(text) == AskQuestion(text=text)


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("help", "help", ""),
        ("HELP!", "help", ""),
        ("/ 帮助", "help", ""),
        ("/?", "help", ""),
        ("、model gpt-4o", "model", "gpt-4o"),
        ("帮助。", "help", ""),
        ("ｈｅｌｐ", "help", ""),
        ("/model：gpt-4o", "model", "gpt-4o"),
        ("角色扮演：你是海盗。", "system", "你是海盗。"),
        ("/system: be brief\nand kind", "system", "be brief\nand kind"),
        ("/ system be brief", "system", "be brief"),
    ],
)
def test_these_are_commands(text, name, argument):
    assert COMMANDS.parse(text) == RunCommand(name=name, argument=argument)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/modle", "/model"),
        ("/mdoel", "/model"),
        ("/modek", "/model"),
        ("/models", "/model"),
        ("/reset", "/new"),
        ("/restart", "/new"),
        ("/reest", "/new"),
        ("/start", "/help"),
        ("/menu", "/help"),
        ("/quit", "/stop"),
        ("/sotp", "/stop"),
        ("/setings", "/settings"),
        ("/settting", "/settings"),
        ("/conf", "/settings"),
        ("/sys", "/system"),
        ("/exprot", "/export"),
        ("/claer", "/clear"),
        ("/lnag", "/lang"),
        ("/heelp", "/help"),
        ("/重置", "/新话题"),
        ("/模形", "/模型"),
        ("/帮住", "/帮助"),
        ("/xyzzy", ""),
        ("/zz", ""),
        ("/translate", ""),
        ("/翻译", ""),
    ],
)
def test_the_command_that_was_meant_is_suggested(typed, meant):
    assert COMMANDS.parse(typed) == SuggestCommand(word=typed, nearest=meant)


def test_every_synonym_suggests_a_command_that_there_is():
    for name, synonyms in SYNONYMS.items():
        if COMMANDS.find(name) is None:
            continue
        for synonym in synonyms.split():
            task = COMMANDS.parse(f"/{synonym}")
            if isinstance(task, SuggestCommand):
                assert COMMANDS.called(task.nearest), synonym
            else:
                assert isinstance(task, RunCommand), synonym


words = st.text("abcd", max_size=8)


@given(words, words)
def test_slips_are_a_distance(one: str, other: str) -> None:
    assert slips(one, one) == 0
    assert (slips(one, other) == 0) == (one == other)
    assert slips(one, other) <= max(len(one), len(other))
    assert slips(one, other) == pytest.approx(slips(other, one))


@given(st.text("abcdef", min_size=5, max_size=12), st.data())
def test_a_letter_too_few_is_no_hindrance_among_words_of_all_lengths(word, data) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    known = {"x" * length: "another" for length in range(1, 20)} | {word: "meant"}

    assert nearest(word[:at] + word[at + 1 :], known) == "meant"
    assert nearest(word[:at] + word[at:][:1] + word[at:], known) == "meant"
    assert not nearest("y" * 30, known)


@given(st.text("abcdefgh", min_size=2, max_size=8), st.data())
def test_two_letters_that_changed_places_cost_less_than_any_other_slip(word, data) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    assert slips(swapped, word) == (0 if swapped == word else 0.7)


def test_the_suggestion_runs_with_what_stood_behind_the_word():
    world = BotWorld()
    world.say("/modle gpt-b")
    button = all_buttons(world.messenger.last_card)[0]
    assert button.value["text"] == "/model gpt-b"

    world.click(**button.value)
    world.work()

    assert world.chats.settings("oc_1").model == "gpt-b"


def test_what_was_no_command_can_be_sent_to_the_model_as_it_is():
    world = BotWorld()
    world.model.enqueue_text("Hamlet.")
    world.say("/Summarize the play")
    literally = [b for b in all_buttons(world.messenger.last_card) if "//" in b.value["text"]]
    world.click(**literally[0].value)
    world.work()

    assert world.model.last_messages[-1].content == "/Summarize the play"


def test_commands_of_admins_are_suggested_to_admins_only():
    def suggested(**asked) -> list[Button]:
        world.say("/blokc", **asked)
        return [b for b in all_buttons(world.messenger.last_card) if "block" in b.value["text"]]

    world = BotWorld(policy=AccessPolicy(admins=frozenset({BOSS.open_id})))
    assert not suggested(message_id="om_2")
    assert suggested(message_id="om_3", sender=BOSS)


def test_a_word_with_a_colon_counts_in_a_reply_only():
    reply = message("改：他来了", parent_id="om_q1", root_id="om_q1")
    task = COMMANDS.parse(reply.text, reply)

    assert task == RunCommand(name="edit", argument="他来了", message=reply)
    assert isinstance(COMMANDS.parse("改：他来了", message("改：他来了")), AskQuestion)


@pytest.mark.parametrize("blank", [" ", "\u3000", "\n", "\u200b", "\u00ad"])
def test_a_message_of_blanks_is_read_while_feishu_waits(blank):
    many = blank * 50_000
    started = time.thread_time()

    for text in (f"a b{many}c", f"a:{many}b{many}c", f"{many}a b{many}c", f"/help {many}b c"):
        BotWorld().bot.commands.parse(text, message(text))

    # Looking at each blank of a run anew takes minutes.
    assert time.thread_time() - started < 5.0
