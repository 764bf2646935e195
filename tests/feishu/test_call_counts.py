"""Calls to Feishu are counted by method and path, and what Feishu refuses by its code, too."""

from __future__ import annotations

import pytest

from feishu_bot.errors import FeishuError, FeishuUnavailable
from tests.samples import counted

IDENTITY = "GET /bot/v3/info"
MESSAGE = "GET /im/v1/messages/:message_id"
TOKEN = "POST /auth/v3/tenant_access_token/internal"
CALLS, ERRORS = "feishu_bot_feishu_calls_total", "feishu_bot_feishu_errors_total"


def test_a_call_and_the_token_for_it_are_counted(client):
    with counted(CALLS, api=TOKEN) as tokens, counted(CALLS, api=IDENTITY) as calls:
        client.identity()
        client.identity()

    assert (tokens, calls) == ([1], [2])


def test_a_refusal_is_counted_by_its_code_and_the_path_holds_no_id(client):
    with counted(CALLS, api=MESSAGE) as calls, pytest.raises(FeishuError) as refused:
        client.message("om_unknown")

    assert calls == [1]
    with (
        counted(ERRORS, api=MESSAGE, code=str(refused.value.code)) as errors,
        pytest.raises(FeishuError),
    ):
        client.message("om_unknown")
    assert errors == [1]


def test_a_token_that_is_refused_costs_two_calls_of_which_one_failed(client, sim):
    client.identity()
    client._token._token = "t-old"
    with (
        counted(CALLS, api=IDENTITY) as calls,
        counted(CALLS, api=TOKEN) as tokens,
        counted(ERRORS, api=IDENTITY, code="99991663") as errors,
    ):
        client.identity()

    assert (calls, tokens, errors) == ([2], [1], [1])


def test_no_answer_is_counted_with_the_code_zero(client, sim):
    client.identity()
    sim.stop()
    with (
        counted(ERRORS, api=IDENTITY, code="0") as errors,
        pytest.raises(FeishuUnavailable),
    ):
        client.identity()

    assert errors == [1]
