"""What `feishu-bot doctor` finds, in the words of the set-up; nothing in it is secret."""

from __future__ import annotations

import re
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
    # It lists none, so it may answer once it is told a name.
    needs_name: bool = False

    @property
    def fault(self) -> Words | None:
        """The first thing that doesn't work."""
        return next((text for state, text in self.findings if state == "fault"), None)


def try_service(settings: Settings) -> Tried:
    """Ask the model service for its models, then one short question."""
    # The client of the model service takes a second to import, and the SDK two.
    from feishu_bot.errors import ModelError
    from feishu_bot.gateway_factory import build_gateway
    from feishu_bot.setup.doctor.model_service import check_model_service, may_need_name

    gateway = build_gateway(settings)
    found = tuple(_masked(check_model_service(gateway, settings, asks=True), settings))
    try:
        models = tuple(gateway.models.offered())
        return Tried(found, models, gateway.models.default(), needs_name=not models)
    except ModelError as exc:
        return Tried(found, (), "", needs_name=may_need_name(exc))
    finally:
        gateway.close()


def check_bot(settings: Settings) -> Iterator[Found]:
    """All that the bot needs, as `feishu-bot doctor` looks at it, without a question."""
    from feishu_bot.setup.doctor.doctor import SystemDoctor

    # The bot doesn't run yet, so nobody can answer at its addresses.
    doctor = SystemDoctor(settings=settings, environ={}, asks=False, knocks=False)
    report = doctor.examine()
    told = tuple(_masked(report.of("fault", "warning", "unknown"), settings))
    yield from told
    if not told:
        yield "ok", Words("全部检查过，没有发现问题", "Everything was examined: nothing is wrong")
    elif report.is_well:
        yield "ok", Words("其余的都正常", "Everything else is well")


# The set-up asks again, and starts the bot itself.
_RESTART_ZH = re.compile(r"[，；]?(?:改好后|然后|并)重启(?:机器人)?")
_RESTART_EN = re.compile(r",? and (?:to )?restart(?: the bot)?\b")


def without_restart(text: Words) -> Words:
    """What to do, where there is no bot yet that could be restarted."""
    return Words(_RESTART_ZH.sub("", text.zh), _RESTART_EN.sub("", text.en))


def _masked(findings: Iterable[Finding], settings: Settings) -> Iterator[Found]:
    from feishu_bot.logs import SecretMask
    from feishu_bot.setup.doctor.printed import sentence

    mask = SecretMask(secrets_of(settings))
    for one in findings:
        yield (
            "info" if one.state == "unknown" else one.state,
            without_restart(sentence(one.mapped(mask))),
        )
