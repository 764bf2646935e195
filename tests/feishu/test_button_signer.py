"""Values of buttons: what is accepted, and what isn't."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.button_values import ButtonPlace, is_harmless_unsigned
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.feishu.cards.button_signer import MAC, ButtonSigner
from feishu_bot.feishu.events.fields import parse_json

SIGNER = ButtonSigner("a secret")
HERE = ConversationKey("oc_1", "om_1")

names = st.text(max_size=8).filter(lambda name: name not in (MAC, "chat"))
texts = st.text(st.characters(exclude_categories=()), max_size=40)
values = st.dictionaries(names, texts | st.dictionaries(names, texts, max_size=3), max_size=5)
ids = st.text("abo_c/1", min_size=1, max_size=6)
keys = st.builds(ConversationKey, ids, ids)


def travelled(value):
    """The value as it comes back through Feishu: as JSON, in whatever order."""
    backwards = dict(reversed(value.items()))
    return parse_json(json.dumps(backwards))


@given(values, keys, st.sampled_from(["p2p", "group", None]))
def test_what_the_bot_put_on_a_button_counts_where_it_was_put(value, key, chat_type):
    signed = SIGNER.sign(value, ButtonPlace.of(key, chat_type))

    back = travelled(signed)

    assert back.get("chat") == chat_type
    assert SIGNER.is_genuine(back, key)


@given(values, keys, keys)
def test_it_counts_nowhere_else(value, key, other):
    signed = SIGNER.sign(value, ButtonPlace.of(key, "group"))

    assert SIGNER.is_genuine(signed, other) == (key == other)


@given(values, keys, st.data())
def test_nothing_of_it_can_be_changed_added_or_left_out(value, key, data):
    signed = travelled(SIGNER.sign(value, ButtonPlace.of(key, "p2p")))
    changed = dict(signed)
    name = data.draw(st.sampled_from(sorted(signed)) | names)
    if name in changed and data.draw(st.booleans()):
        del changed[name]
    else:
        changed[name] = data.draw(texts | st.integers() | st.none() | st.just([]))

    assert SIGNER.is_genuine(changed, key) == (changed == signed)


@given(values, keys)
def test_another_secret_accepts_nothing(value, key):
    signed = SIGNER.sign(value, ButtonPlace.of(key, None))

    assert not ButtonSigner("another secret").is_genuine(signed, key)


def test_a_card_that_opens_a_conversation_counts_in_its_chat():
    signed = SIGNER.sign({"act": "example"}, ButtonPlace(chat_id="oc_1", chat_type="p2p"))

    assert SIGNER.is_genuine(signed, HERE)
    assert not SIGNER.is_genuine(signed, ConversationKey("oc_2", "om_1"))


def test_a_card_for_somebody_never_heard_of_counts_for_them_alone():
    signed = SIGNER.sign({"act": "example"}, ButtonPlace(chat_id="", person="ou_1"))

    assert SIGNER.is_genuine(signed, HERE, "ou_1")
    assert not SIGNER.is_genuine(signed, HERE, "ou_2")
    assert not SIGNER.is_genuine(signed, HERE)


def test_parts_of_an_address_can_not_be_moved_into_each_other():
    signed = SIGNER.sign({}, ButtonPlace.of(ConversationKey("oc", "1_om"), None))

    assert not SIGNER.is_genuine(signed, ConversationKey("oc1", "_om"))


@pytest.mark.parametrize("mac", [None, 5, "", "half \ud83d", ["x"], "x" * 100_000])
def test_any_other_mac_is_refused(mac):
    assert not SIGNER.is_genuine({"act": "clear", MAC: mac}, HERE)


def test_a_value_too_deep_for_us_is_refused():
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]

    assert not SIGNER.is_genuine({"act": deep, MAC: "x"}, HERE)


def test_the_signature_is_short():
    signed = SIGNER.sign({"act": "regenerate"}, ButtonPlace.of(HERE, "group"))

    assert len(json.dumps(signed)) - len(json.dumps({"act": "regenerate"})) < 60


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ({"act": "regenerate"}, True),
        ({"act": "rate", "verdict": "up"}, True),
        ({"act": "stop", "of": "om_1"}, True),
        ({"act": "regenerate", "card": "om_elsewhere"}, False),
        ({"act": "regenerate", "mac": "wrong"}, False),
        ({"act": "rate"}, False),
        ({"act": "clear"}, False),
        ({"act": "run", "text": "/help"}, False),
        ({"act": ["regenerate"]}, False),
        ({}, False),
    ],
)
def test_of_unsigned_buttons_only_those_count_that_name_nothing_else(value, counts):
    assert is_harmless_unsigned(value) is counts


def test_every_callback_of_a_card_is_signed_and_nothing_else_changes():
    value = {"act": "clear"}
    row = {"tag": "column_set", "columns": [{"behaviors": [{"type": "callback", "value": value}]}]}
    card = {"body": {"elements": [row, {"tag": "hr"}]}, "config": {"update_multi": True}}
    place = ButtonPlace.of(HERE, "group")

    signed = SIGNER.sign_buttons(card, place)

    (column,) = signed["body"]["elements"][0]["columns"]
    assert column["behaviors"][0]["value"] == SIGNER.sign(value, place)
    column["behaviors"][0]["value"] = value
    assert signed == card
