"""Whether the model service answers: its address, its key, its models, its balance."""

from __future__ import annotations

import time
from collections.abc import Iterator

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.balance import KeyBalance
from feishu_bot.core.chat_model import ChatMessage, Prompt, StreamEnd, StreamStart, TextDelta
from feishu_bot.core.doctor import Finding, printable
from feishu_bot.core.languages import Words
from feishu_bot.core.model_names import same_model, similar_models
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.model_list import NO_LIST
from feishu_bot.settings import Settings

SERVICE = Words("模型服务", "Model service")
MODEL = Words("模型", "Model")
BALANCE = Words("余额", "Balance")
ANSWER = Words("试问", "Question")

QUESTION = "Answer with the one word: OK"
# Whoever examines waits for it; the bot itself has more patience.
ANSWER_SECONDS = 30.0
# In the unit of the service, which the family of one-api calls a dollar.
LITTLE_LEFT = 1.0
MOST_NAMED = 8


def check_model_service(gateway: Gateway, settings: Settings, *, asks: bool) -> Iterator[Finding]:
    """Ask for the list of models and the balance; with `asks` put one short question."""
    address = settings.api_url
    try:
        gateway.check()
        model, offered = gateway.models.default(), gateway.models.offered()
    except ModelError as exc:
        yield _fault("model_service", SERVICE, exc, address)
        return
    yield Finding(
        check="model_service",
        state="ok",
        title=SERVICE,
        what=Words(
            f"{address} 可用，可选模型 {len(offered)} 个",
            f"{address} works; {len(offered)} models to choose from",
        ),
    )
    yield _check_model(model, offered)
    yield from _check_balance(gateway.balance.of_keys())
    if asks:
        yield _ask(gateway, address)


def may_need_name(exc: ModelError) -> bool:
    """Whether the service may answer all the same, once OPENAI_MODEL is set: it has no list."""
    return exc.kind in NO_LIST


def _check_model(model: str, offered: tuple[str, ...]) -> Finding:
    if offered and not same_model(model, offered):
        names = ", ".join(similar_models(model.casefold(), offered) or offered[:MOST_NAMED])
        return Finding(
            check="model",
            # Some services answer with models that they don't list.
            state="warning",
            title=MODEL,
            what=Words(
                f"模型服务的列表里没有 OPENAI_MODEL 里的 {model}，提问可能失败；相近的有：{names}",
                f"The service doesn't list {model}, which OPENAI_MODEL names, so questions may "
                f"fail; similar ones: {names}",
            ),
            remedy=Words(
                "核对 OPENAI_MODEL，改好后重启；名称要一模一样",
                "Compare OPENAI_MODEL and restart; names have to be exactly the same",
            ),
        )
    return Finding(
        check="model",
        state="ok",
        title=MODEL,
        what=Words(f"默认用 {model}", f"{model} answers by default"),
    )


def _check_balance(keys: tuple[KeyBalance, ...]) -> Iterator[Finding]:
    """What is told of it; most services tell nothing."""
    remedy = Words(
        "到模型服务的后台充值，或换一个 Key", "Top it up at the service, or take another key"
    )
    for key in keys:
        name = printable(key.key, 20)
        if key.state == "used_up":
            yield Finding(
                check="balance",
                state="fault",
                title=BALANCE,
                what=Words(f"{name} 的额度用完了", f"Nothing is left on {name}"),
                remedy=remedy,
            )
        elif key.state == "known":
            is_little = key.left < LITTLE_LEFT
            yield Finding(
                check="balance",
                state="warning" if is_little else "ok",
                title=BALANCE,
                what=Words(
                    f"{name} 还剩 {key.left:.2f}，共 {key.granted:.2f}",
                    f"{key.left:.2f} of {key.granted:.2f} are left on {name}",
                ),
                remedy=remedy if is_little else Words("", ""),
            )


def _ask(gateway: Gateway, address: str) -> Finding:
    started, text, model, tokens = time.monotonic(), "", "", 0

    def is_late() -> bool:
        return time.monotonic() - started > ANSWER_SECONDS

    try:
        for event in gateway.stream(Prompt(messages=(ChatMessage("user", QUESTION),)), is_late):
            match event:
                case StreamStart():
                    model = event.model
                case TextDelta():
                    text += event.text
                case StreamEnd():
                    tokens = event.prompt_tokens + event.completion_tokens
    except ModelError as exc:
        return _fault("answer", ANSWER, exc, address)
    seconds, words = time.monotonic() - started, printable(text, 40)
    return Finding(
        check="answer",
        state="ok",
        title=ANSWER,
        what=Words(
            f"{model} 用 {seconds:.1f} 秒回答了“{words}”，{tokens} token",
            f'{model} answered "{words}" in {seconds:.1f} s, {tokens} tokens',
        ),
    )


def _fault(check: str, title: Words, exc: ModelError, address: str) -> Finding:
    """What a person in the chat would read, with what an administrator can do about it."""
    zh, en = (Catalog.load(language).notice(exc.kind, exc.params()) for language in ("zh", "en"))
    return Finding(
        check=check,
        state="fault",
        title=title,
        what=Words(zh.what, en.what),
        remedy=Words(zh.remedy or zh.do, en.remedy or en.do),
        evidence=printable(f"{address}: {exc}"),
    )
