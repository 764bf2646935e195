"""The simulator's command line: what it makes up, and what it is told."""

from __future__ import annotations

import pytest

from feishu_simulator.cli import _parser

SECRETS = ("app_secret", "encrypt_key", "verification_token", "gateway_key")


def test_secrets_are_others_at_each_start():
    first, second = (_parser().parse_args([]) for _ in range(2))

    for name in SECRETS:
        assert len(getattr(first, name)) >= 32
        assert getattr(first, name) != getattr(second, name)
    assert first.app_id == second.app_id


def test_secrets_can_be_kept(monkeypatch):
    monkeypatch.setenv("FEISHU_SIMULATOR_APP_SECRET", "of-the-environment")

    options = _parser().parse_args(["--encrypt-key", "", "--gateway-key", "sk-mine"])

    assert (options.app_secret, options.encrypt_key, options.gateway_key) == (
        "of-the-environment",
        "",
        "sk-mine",
    )


def test_the_help_shows_no_secret(capsys):
    with pytest.raises(SystemExit):
        _parser().parse_args(["--help"])

    shown = " ".join(capsys.readouterr().out.split())
    assert shown.count("another one at each start") == len(SECRETS)
    assert "sk-" not in shown


def test_events_go_through_a_long_connection_where_that_is_wanted(monkeypatch):
    assert _parser().parse_args([]).transport == "webhook"
    assert _parser().parse_args(["--transport", "long_connection"]).transport == "long_connection"
    monkeypatch.setenv("FEISHU_SIMULATOR_TRANSPORT", "long_connection")

    assert _parser().parse_args([]).transport == "long_connection"
