"""What `feishu-bot doctor` finds, in the words of the set-up; nothing in it is secret."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from feishu_bot.core.diagnosis import Finding
from feishu_bot.logs import SecretMask
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
    from feishu_bot.setup.doctor.model_service import check_model_service

    gateway = build_gateway(settings)
    found = tuple(_in_words(check_model_service(gateway, settings, asks=True), settings))
    try:
        gateway.check()
        return Tried(found, tuple(gateway.models.offered()), gateway.models.default())
    except ModelError:
        return Tried(found, (), "")
    finally:
        gateway.close()


def check_bot(settings: Settings) -> Iterator[Found]:
    """Database and app: the model service was tried already."""
    from feishu_bot.setup.doctor.feishu_app import examine_app
    from feishu_bot.setup.doctor.storage import check_storage

    stored = check_storage(settings.database_url, now=time.time())
    yield from _in_words((*stored, *examine_app(settings).findings), settings)


def _in_words(findings: Iterable[Finding], settings: Settings) -> Iterator[Found]:
    """All but what can't be told."""
    from feishu_bot.setup.doctor.printed import sentence

    mask = SecretMask(secrets_of(settings))
    for one in findings:
        if one.state != "unknown":
            words = sentence(one)
            yield one.state, Text(mask(words.zh), mask(words.en))
