"""What a process keeps in memory has an end, however many chats there are."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.messages import SentMessages
from feishu_bot.feishu.cards.markdown import formula_text
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.user_names import PEOPLE, FeishuUserDirectory
from feishu_bot.stores import Database, Stores, cache

MANY = 6_000


@pytest.fixture
def stores(tmp_path) -> Stores:
    database = Database(f"sqlite:///{tmp_path}/unused.db")
    return Stores.open(database, lease_seconds=30, conversation_ttl=3600, retention_days=30)


def test_every_cache_of_the_stores_has_the_same_bound(stores: Stores) -> None:
    conversations = stores.conversations
    caches = [conversations._messages, conversations._roots, conversations._existing]
    caches += [stores.people._cache, stores.chats._cache]

    for kept in caches:
        for number in range(cache._ITEMS + 10):
            kept.keep(str(number), number)

    assert [len(kept._values) for kept in caches] == [cache._ITEMS] * len(caches)


def test_the_caches_of_conversations_stay_small() -> None:
    kept = [cache.ReadCache(time.time, 3600.0) for _ in range(2)]
    full = 0
    tracemalloc.start()
    for number in range(MANY):
        key = ConversationKey(f"oc_{number:032}", f"om_{number:032}")
        kept[0].keep(SentMessages((f"om_a{number:031}",)).message_ids[0], (key, True))
        kept[1].keep(key, value=True)
        full = full or (tracemalloc.get_traced_memory()[0] if number == 2_100 else 0)
    end = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert end < 1.5 * full


def test_names_and_chats_that_are_remembered_have_bounds() -> None:
    names = FeishuUserDirectory(client=None, reads=None)  # type: ignore[arg-type]
    pacer = Pacer()

    for number in range(MANY):
        names.learn(f"ou_{number}", "Ann")
        pacer._chat_cooldowns[f"oc_{number}"] = 1.0

    assert len(names._learned) == PEOPLE
    assert {pacer._chats.maxsize, pacer._chat_cooldowns.maxsize} == {4_000}
    assert len(pacer._chat_cooldowns) == 4_000


def test_a_formula_of_any_length_is_not_kept() -> None:
    formula_text.formula_text("x" * (formula_text.MAX_CHARS + 1))
    before = formula_text._short_formula_text.cache_info().currsize

    for number in range(3):
        formula_text.formula_text(str(number) + "x" * formula_text.MAX_CHARS)

    assert formula_text._short_formula_text.cache_info().currsize == before
