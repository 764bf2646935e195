"""The pooled transport and the client under the real SDK, against the simulated Feishu."""

from __future__ import annotations

import ast
import inspect
import os
import threading
from importlib.metadata import version
from pathlib import Path

import lark_oapi
import pytest

from feishu_bot.errors import FeishuError, FeishuUnavailable, RateLimited
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.transport import LONGEST_WAIT, rate_limit_wait

TEXT = {"text": "hi"}


def reply(client, question, uuid="u1"):
    return client.reply(question.message_id, "text", TEXT, uuid=uuid, in_thread=False)


def count(sim, api):
    return sum(call.api == api for call in sim.feishu.calls)


def test_the_sdk_is_the_version_this_was_written_for():
    assert version("lark-oapi") == "1.7.5"


def test_execute_is_the_only_place_of_the_api_client_that_opens_sockets():
    """Nothing of the SDK that we use calls requests or httpx by itself."""
    root = Path(inspect.getfile(lark_oapi)).parent
    used = [root / "client.py", *root.glob("core/**/*.py"), *root.glob("event/**/*.py")]
    used += root.glob("card/**/*.py")
    callers = set()
    for path in used:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in {"requests", "httpx", "urllib3", "socket"}
            ):
                callers.add(str(path.relative_to(root)))

    assert callers == {"core/http/transport.py"}


def test_connections_are_reused(sim, client, question):
    for number in range(10):
        reply(client, question, uuid=f"u{number}")

    assert sim.feishu_connections == 1


def test_a_rate_limit_is_told_with_the_time_to_wait(sim, client):
    sim.feishu.faults.fail(
        "bot.info", times=1, status=429, code=99991400, headers={"x-ogw-ratelimit-reset": "3600"}
    )

    with pytest.raises(RateLimited) as caught:
        client.identity()

    assert caught.value.retry_after == LONGEST_WAIT
    assert caught.value.log_id


@pytest.mark.parametrize(
    ("header", "seconds"), [("2", 2.0), ("0", 0.1), ("9999", LONGEST_WAIT), ("soon", 1.0)]
)
def test_the_wait_is_read_from_the_header_and_capped(header, seconds):
    assert rate_limit_wait({"x-ogw-ratelimit-reset": header}) == seconds


@pytest.mark.parametrize(
    "fail",
    [
        lambda faults: faults.fail("bot.info", times=1, status=502, code=2200),
        lambda faults: faults.disconnect("bot.info", 1),
    ],
    ids=["server error", "lost connection"],
)
def test_a_call_that_fails_is_unavailable_after_one_try(sim, client, fail):
    fail(sim.feishu.faults)

    with pytest.raises(FeishuUnavailable):
        client.identity()

    assert count(sim, "bot.info") == 1
    assert client.identity().open_id


def test_a_card_operation_is_tried_once_only(sim, client):
    card = {
        "schema": "2.0",
        "config": {"streaming_mode": True},
        "body": {"elements": [{"tag": "markdown", "element_id": "answer", "content": "…"}]},
    }
    card_id = client.create_card(card)
    sim.feishu.faults.fail("element.content", times=1, status=502, code=2200)

    with pytest.raises(FeishuUnavailable):
        client.set_text(card_id, "answer", "a", uuid="u1", sequence=1)

    assert count(sim, "element.content") == 1


def test_nobody_listening_is_unavailable(client, sim):
    sim.stop()

    with pytest.raises(FeishuUnavailable):
        client.check()


def test_the_token_is_fetched_once_for_many_threads(sim, client, question):
    threads = [threading.Thread(target=reply, args=(client, question, f"u{n}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(sim, "token") == 1


def test_a_refused_token_is_fetched_again_once(sim, client, question):
    reply(client, question)
    sim.feishu.revoke_tokens()

    assert reply(client, question, uuid="u2").message_id
    assert count(sim, "token") == 2


def test_a_wrong_secret_is_told_with_its_code(sim, pooled):
    client = FeishuClient(app_id=sim.credentials.app_id, app_secret="wrong", domain=sim.feishu.url)

    with pytest.raises(FeishuError) as caught:
        client.check()

    assert caught.value.code in {10003, 10015}
    assert "wrong" not in str(caught.value)


def test_the_pool_is_not_shared_with_a_forked_child(sim, client, question):
    reply(client, question)
    child = os.fork()
    if not child:
        try:
            reply(client, question, uuid="child")
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    reply(client, question, uuid="parent")
    assert sim.feishu_connections == 2
