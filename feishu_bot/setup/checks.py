"""What `feishu-bot check` finds, in the words of the set-up; nothing in it is secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feishu_bot.settings import Settings
from feishu_bot.settings.secrets import secrets_of
from feishu_bot.setup.dialogue import State
from feishu_bot.setup.wording import Text

Found = tuple[State, Text]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: findings, the models on offer, and the one that was asked."""

    findings: tuple[Found, ...]
    models: tuple[str, ...]
    default: str

    @property
    def fault(self) -> Text | None:
        """The first thing that doesn't work."""
        return next((text for state, text in self.findings if state == "fault"), None)


def try_service(settings: Settings) -> Tried:
    """Ask the model service for its models, then one short question."""
    # The client of the model service takes a second to import, and the SDK two.
    from feishu_bot.errors import ModelError
    from feishu_bot.gateway_factory import build_gateway
    from feishu_bot.maintenance.check import check_gateway
    from feishu_bot.maintenance.finding import masked

    secrets = secrets_of(settings)
    findings = tuple(
        (one.state, Text(masked(one.zh, secrets), masked(one.en, secrets)))
        for one in check_gateway(settings, asks=True)
    )
    gateway = build_gateway(settings)
    try:
        gateway.check()
        return Tried(findings, tuple(gateway.models.offered()), gateway.models.default())
    except ModelError:
        return Tried(findings, (), "")
    finally:
        gateway.close()


def check_bot(settings: Settings) -> Iterator[Found]:
    """All that the bot needs: database, Feishu, model service."""
    from feishu_bot.maintenance.check import check_parts
    from feishu_bot.maintenance.finding import masked

    secrets = secrets_of(settings)
    for one in check_parts(settings, asks=False):
        yield one.state, Text(masked(one.zh, secrets), masked(one.en, secrets))
