"""What `feishu-bot doctor` finds, in the words of the set-up; nothing in it is secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from feishu_bot.core.doctor import Finding
from feishu_bot.core.languages import Words
from feishu_bot.settings import Settings
from feishu_bot.settings.secrets import secrets_of
from feishu_bot.setup.dialogue import State

Found = tuple[State, Words]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: findings, the models on offer, and the one that was asked."""

    findings: tuple[Found, ...]
    models: tuple[str, ...]
    default: str

    @property
    def fault(self) -> Words | None:
        """The first thing that doesn't work."""
        return next((text for state, text in self.findings if state == "fault"), None)


def try_service(settings: Settings) -> Tried:
    """Ask the model service for its models, then one short question."""
    # The client of the model service takes a second to import, and the SDK two.
    from feishu_bot.errors import ModelError
    from feishu_bot.gateway_factory import build_gateway
    from feishu_bot.setup.doctor.model_service import check_model_service

    gateway = build_gateway(settings)
    found = tuple(_masked(check_model_service(gateway, settings, asks=True), settings))
    try:
        return Tried(found, tuple(gateway.models.offered()), gateway.models.default())
    except ModelError:
        return Tried(found, (), "")
    finally:
        gateway.close()


def check_bot(settings: Settings) -> Iterator[Found]:
    """All that the bot needs, as `feishu-bot doctor` looks at it, without a question."""
    from feishu_bot.setup.doctor.doctor import SystemDoctor

    # The bot doesn't run yet, so nobody can answer at its addresses.
    doctor = SystemDoctor(settings=settings, environ={}, asks=False, knocks=False)
    report = doctor.examine()
    yield from _masked(report.of("fault", "warning", "unknown"), settings)
    if report.is_well:
        yield "ok", Words("其余的都检查过了，正常", "Everything else was looked at, and is well")


def _masked(findings: Iterable[Finding], settings: Settings) -> Iterator[Found]:
    from feishu_bot.logs import SecretMask
    from feishu_bot.setup.doctor.printed import sentence

    mask = SecretMask(secrets_of(settings))
    for one in findings:
        yield "info" if one.state == "unknown" else one.state, sentence(one.mapped(mask))
