"""`feishu-bot check`: tries once what the bot needs, and says in plain words what doesn't work."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from feishu_bot.content.catalog import Catalog
from feishu_bot.content.lists import open_lists
from feishu_bot.core.chat_model import ChatMessage, Prompt, StreamEnd, StreamStart, TextDelta
from feishu_bot.errors import FeishuError, ModelError, SettingsError, StoreUnavailable
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.transport import PooledTransport
from feishu_bot.feishu.outages import advice as feishu_advice
from feishu_bot.gateway_factory import build_gateway
from feishu_bot.llm import Gateway
from feishu_bot.maintenance.finding import Finding, State
from feishu_bot.settings import Settings, near_misses
from feishu_bot.stores.database_check import DatabaseState, check_database, owner_of
from feishu_bot.stores.outage_advice import advice as database_advice

QUESTION = "Answer with the one word: OK"

_DATABASE: Mapping[DatabaseState, tuple[str, str]] = {
    "absent": ("还没有这个文件，启动时会创建", "there is no file yet; it is made at the start"),
    "empty": ("还没有数据表，启动时会创建", "there are no tables yet; they are made at the start"),
    "older": ("可写；启动时会升级到本版本", "writable; brought up to date at the start"),
    "current": ("可写，版本一致", "writable and up to date"),
    "newer": database_advice("sqlite://", "newer"),
}


def check_settings(environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings, if they can be used, and what there is to say about them."""
    try:
        settings = Settings.from_env(environ)
        open_lists(settings.roles_file, settings.prices_file)
    except SettingsError as exc:
        return None, [_from_lines("fault", fault) for fault in exc.faults]
    found = [Finding("ok", "设置：没有错误", "Settings: no mistakes")]
    return settings, found + [_from_lines("warning", miss) for miss in near_misses(environ)]


def check_parts(settings: Settings, *, asks: bool) -> Iterator[Finding]:
    """Database, Feishu and model service, one after the other; `asks` puts a real question."""
    yield from _check_database(settings)
    yield from _check_feishu(settings)
    yield from _check_gateway(settings, asks=asks)


def _check_database(settings: Settings) -> Iterator[Finding]:
    try:
        state = check_database(settings.database_url)
    except StoreUnavailable as exc:
        zh, en = database_advice(settings.database_url, exc.kind)
        yield Finding("fault", f"数据库：{zh}（{exc}）", f"Database: {en} ({exc})")
        return
    zh, en = _DATABASE[state]
    yield Finding("fault" if state == "newer" else "ok", f"数据库：{zh}", f"Database: {en}")
    owner = owner_of(settings.database_url)
    if owner not in (None, os.geteuid()):
        yield Finding(
            "warning",
            "数据库：文件属于另一个用户，请用运行机器人的用户再检查一次",
            "Database: the file is another user's; check again as the user that runs the bot",
        )


def _check_feishu(settings: Settings) -> Iterator[Finding]:
    transport = PooledTransport()
    transport.start()
    client = FeishuClient(
        app_id=settings.app_id, app_secret=settings.app_secret, domain=settings.feishu_domain
    )
    try:
        client.check()
        name = client.identity().name
    except FeishuError as exc:
        yield _feishu_fault(exc, settings.feishu_domain)
    except (KeyError, TypeError):
        yield Finding(
            "fault",
            "飞书：凭证正确，但应用没有机器人能力：在「添加应用能力」里添加机器人，并发布版本",
            "Feishu: the credentials are right, but the app has no bot: add the bot feature "
            "(添加应用能力) and release a version",
        )
    else:
        zh = f"飞书：凭证正确，机器人是“{name}”"
        yield Finding("ok", zh, f'Feishu: the credentials are right, the bot is "{name}"')
    finally:
        transport.stop()


def _feishu_fault(exc: FeishuError, domain: str) -> Finding:
    zh, en = feishu_advice(exc.code, domain)
    # Why there is no token says more than that there is none.
    reason = exc.__cause__ if isinstance(exc.__cause__, FeishuError) else exc
    return Finding("fault", f"飞书：{zh}（{reason}）", f"Feishu: {en} ({reason})")


def _check_gateway(settings: Settings, *, asks: bool) -> Iterator[Finding]:
    gateway = build_gateway(settings)
    try:
        gateway.check()
        model, count = gateway.models.default(), len(gateway.models.offered())
        zh = f"模型服务：{settings.api_url} 可用，可选模型 {count} 个，默认 {model}"
        en = f"{settings.api_url} works; {count} models to choose from, by default {model}"
        yield Finding("ok", zh, f"Model service: {en}")
        if asks:
            yield _ask(gateway)
    except ModelError as exc:
        yield _model_fault(exc, settings.api_url)
    finally:
        gateway.close()


def _ask(gateway: Gateway) -> Finding:
    """One short question. Raises ModelError."""
    started, text, model, tokens = time.monotonic(), "", "", 0
    for event in gateway.stream(Prompt(messages=(ChatMessage("user", QUESTION),))):
        match event:
            case StreamStart():
                model = event.model
            case TextDelta():
                text += event.text
            case StreamEnd():
                tokens = event.prompt_tokens + event.completion_tokens
    seconds, words = time.monotonic() - started, " ".join(text.split())[:40]
    return Finding(
        "ok",
        f"试问：{model} 用 {seconds:.1f} 秒回答了“{words}”，{tokens} token",
        f'Question: {model} answered "{words}" in {seconds:.1f} s, {tokens} tokens',
    )


def _model_fault(exc: ModelError, address: str) -> Finding:
    # What a person in the chat would read, without the advice to tell the administrator.
    params = {"request_id": exc.request_id}
    zh = Catalog.load("zh").notice(exc.kind, params).what
    en = Catalog.load("en").notice(exc.kind, params).what
    return Finding(
        "fault",
        f"模型服务：{zh}（{address}，{exc}）",
        f"Model service: {en} ({address}, {exc})",
    )


def _from_lines(state: State, lines: str) -> Finding:
    """A line of the settings' report: Chinese, then English."""
    zh, _, en = lines.partition("\n")
    return Finding(state, zh, en.strip())
