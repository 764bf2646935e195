"""Tries of the model service and of the whole bot; nothing in what they say is secret."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feishu_bot.settings import Settings
from feishu_bot.settings.secrets import secrets_of
from feishu_bot.setup.dialogue import State
from feishu_bot.setup.wording import Words

if TYPE_CHECKING:
    from feishu_bot.errors import ModelError
    from feishu_bot.llm import Gateway

QUESTION = "Answer with the one word: OK"
MOST_CHARACTERS = 40

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
    # The client of the model service takes a second to import.
    from feishu_bot.errors import ModelError
    from feishu_bot.gateway_factory import build_gateway

    gateway = build_gateway(settings)
    findings: list[Found] = []
    models: tuple[str, ...] = ()
    default = ""
    try:
        gateway.check()
        models, default = tuple(gateway.models.offered()), gateway.models.default()
        address, count = settings.api_url, len(models)
        findings.append(
            (
                "ok",
                Words(
                    f"模型服务：{address} 可用，可选模型 {count} 个，默认 {default}",
                    f"Model service: {address} works; {count} models to choose from, by default "
                    f"{default}",
                ),
            )
        )
        findings.append(("ok", _ask(gateway)))
    except ModelError as exc:
        findings.append(("fault", _fault_text(exc, settings)))
    finally:
        gateway.close()
    return Tried(tuple(findings), models, default)


def _ask(gateway: Gateway) -> Words:
    """One short question. Raises ModelError."""
    from feishu_bot.core.chat_model import ChatMessage, Prompt, StreamStart, TextDelta

    started, text, model = time.monotonic(), "", ""
    for event in gateway.stream(Prompt(messages=(ChatMessage("user", QUESTION),))):
        if isinstance(event, StreamStart):
            model = event.model
        elif isinstance(event, TextDelta):
            text += event.text
    seconds = time.monotonic() - started
    printable = "".join(one if one.isprintable() else " " for one in text)
    words = " ".join(printable.split())[:MOST_CHARACTERS]
    return Words(
        f"试问：{model} 用 {seconds:.1f} 秒回答了“{words}”",
        f'Question: {model} answered "{words}" in {seconds:.1f} s',
    )


def _fault_text(exc: ModelError, settings: Settings) -> Words:
    """What a person in the chat would read, and what stood behind it, without secrets."""
    from feishu_bot.content.catalog import Catalog

    zh, en = (Catalog.load(language).notice(exc.kind, exc.params()) for language in ("zh", "en"))
    detail = str(exc)
    for secret in secrets_of(settings):
        detail = detail.replace(secret, "***")
    return Words(
        f"模型服务：{zh.what}{zh.remedy or ''}（{settings.api_url}，{detail}）",
        f"Model service: {en.what} {en.remedy or ''} ({settings.api_url}, {detail})",
    )


def check_bot(settings: Settings) -> Iterator[Found]:
    """All that the bot needs: database, Feishu, model service."""
    # They import the SDK, which takes seconds.
    from feishu_bot.maintenance.check import check_parts
    from feishu_bot.maintenance.finding import masked

    secrets = secrets_of(settings)
    for one in check_parts(settings, asks=False):
        yield one.state, Words(masked(one.zh, secrets), masked(one.en, secrets))
