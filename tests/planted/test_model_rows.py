"""Mistakes with the model service: what people read in the chat, and the log at the start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.chat_model import ChatMessage, Prompt
from feishu_bot.core.languages import Words
from feishu_bot.errors import ModelError
from feishu_bot.gateway_factory import build_gateway
from feishu_bot.monitoring import chat_models
from feishu_bot.outcomes import LatestOutcome
from feishu_bot.part_checks import GatewayCheck, note_gateway
from feishu_bot.readiness import Check, Readiness
from feishu_bot.settings import Settings
from feishu_simulator import Script, Simulator, failures
from tests.planted.table import Told, says
from tests.planted.test_settings_rows import GOOD

PROMPT = Prompt(messages=(ChatMessage("user", "hello"),))
TEXTS = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}
MODEL = "gpt4o"
OFFERED = ["gpt-4o", "gpt-4o-mini", "o3-mini"]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.gateway.models = OFFERED
        yield simulator


def settings_for(sim: Simulator, **change: str) -> Settings:
    service = {
        "OPENAI_KEY": sim.gateway.keys[0], "API_URL": sim.gateway.url, "DOCTOR_AT_START": "false",
    }  # fmt: skip
    return Settings.from_env({**GOOD, **service, "OPENAI_MODEL": MODEL, **change})


def said_in_chat(settings: Settings) -> tuple[str, str, str]:
    """The kind of failure that an answer ends with, and what is read of it in both languages."""
    gateway = build_gateway(settings)
    # The pauses between attempts.
    gateway._backoff = lambda attempt: 0.0
    try:
        with pytest.raises(ModelError) as caught:
            list(gateway.stream(PROMPT))
    finally:
        gateway.close()
    notices = [
        TEXTS[language].notice(caught.value.kind, caught.value.params()) for language in TEXTS
    ]
    zh, en = (" ".join((notice.title, notice.what, notice.do)) for notice in notices)
    return caught.value.kind, zh, en


KEY = says("没有接受机器人的密钥|核对 OPENAI_KEY", "didn't accept the bot's key|check OPENAI_KEY")
MONEY = says("余额不足|需要充值", "no credit left|needs a top-up")
PLACE = says("不允许从机器人所在的网络或地区访问|白名单", "network or region|allow-list")
NAME = says(
    f"无法提供模型 {MODEL}|请检查模型名称", f"can't offer the model {MODEL}|check the model's name",
    "OPENAI_MODEL", "gpt-4o,",
)  # fmt: skip
ADDRESS = says("检查 API_URL", "check API_URL")


def error(status: int, **fields: Any) -> Script:
    return Script.answer(status, {"error": fields})


class Planted(NamedTuple):
    """What the service answers, the kind of failure, and what is said."""

    row: str
    script: Script
    kind: str
    told: Told


# Through a gateway of the one-api family.
BY_GATEWAY = [
    Planted("62-invalid", failures.invalid_key(), "key_refused", KEY),
    Planted(
        "62-expired", failures.expired_key(), "key_expired",
        says("已经过期|换一把新的", "has expired|set a new one"),
    ),
    Planted(
        "62-used up", failures.exhausted_key(), "key_exhausted",
        says("额度已经用完|调高额度", "no allowance left|raise it"),
    ),
    Planted(
        "62-off", failures.disabled_key(), "key_disabled",
        says("已被停用|启用", "switched off|enable it"),
    ),
    Planted("62-address", failures.address_not_allowed(), "ip_refused", PLACE),
    Planted(
        "62-group", failures.group_missing(), "group_missing",
        says("分组已经不存在|重新选择分组", "group|choose another group"),
    ),
    Planted("63-balance", failures.account_out_of_money(), "account_empty", MONEY),
    Planted("63-one-api", failures.account_out_of_money("one-api"), "account_empty", MONEY),
    Planted("64-channel", failures.no_channel(model=MODEL), "model_unavailable", NAME),
    Planted(
        "66-path", error(404, message="Invalid URL (POST /v2/chat)", type="invalid_request_error"),
        "endpoint_missing", ADDRESS,
    ),
]  # fmt: skip

_BALANCE = "Sorry, your account balance is insufficient"
_NO_MODEL = f"The model `{MODEL}` does not exist or you do not have access to it."
# Asked directly: their own words, as their documents and reports have them.
DIRECT = [
    Planted(
        "68-deepseek", error(402, message="Insufficient Balance", code="invalid_request_error"),
        "account_empty", MONEY,
    ),
    Planted(
        "69-moonshot",
        error(
            429, message="Your account org-1 is suspended, please check your plan and billing",
            type="exceeded_current_quota_error",
        ),
        "account_empty", MONEY,
    ),
    Planted(
        "70-zhipu", error(429, code="1113", message="您的账户已欠费，请充值后重试。"),
        "account_empty", MONEY,
    ),
    Planted(
        "71-dashscope",
        error(
            400, code="Arrearage", type="Arrearage",
            message="Access denied, please make sure your account is in good standing.",
        ),
        "account_empty", MONEY,
    ),
    Planted(
        "72-openai",
        error(
            429, message="You exceeded your current quota, please check your plan and billing.",
            type="insufficient_quota", code="insufficient_quota",
        ),
        "account_empty", MONEY,
    ),
    Planted(
        "72-openai region",
        error(
            403, code="unsupported_country_region_territory",
            message="Country, region, or territory not supported", type="request_forbidden",
        ),
        "ip_refused", PLACE,
    ),
    Planted(
        "72-siliconflow", Script.answer(403, {"code": 30001, "message": _BALANCE, "data": None}),
        "account_empty", MONEY,
    ),
    Planted(
        "72-ark",
        error(
            403, code="AccountOverdueError", type="Forbidden",
            message="The request failed because your account has an overdue balance.",
        ),
        "account_empty", MONEY,
    ),
    *(
        Planted(f"73-{service}", script, "key_refused", KEY)
        for service, script in {
            "openai": error(401, message="Incorrect API key provided", code="invalid_api_key"),
            "deepseek": error(
                401, message="Authentication Fails, Your api key: ****abcd is invalid",
                type="authentication_error",
            ),
            "dashscope": error(401, message="Incorrect API key provided. ", code="invalid_api_key"),
            "moonshot": error(
                401, message="Invalid Authentication", type="invalid_authentication_error"
            ),
            "zhipu": error(401, code="1000", message="身份验证失败。"),
            "siliconflow": Script.answer(401, "Invalid token"),
            "ark": error(401, code="AuthenticationError", message="The API key doesn't exist."),
        }.items()
    ),
    *(
        Planted(f"{row}", script, "model_unavailable", NAME)
        for row, script in {
            "74-zhipu": error(400, code="1211", message="模型不存在，请检查模型代码。"),
            "74-moonshot": error(
                404, message=f"Not found the model {MODEL} or Permission denied",
                type="resource_not_found_error",
            ),
            "75-openai": error(404, message=_NO_MODEL, code="model_not_found"),
            "75-deepseek": error(400, message="Model Not Exist", code="invalid_request_error"),
            "75-dashscope": error(404, message=_NO_MODEL, code="model_not_found"),
            "75-ark": error(
                404, code="InvalidEndpointOrModel.NotFound", type="NotFound",
                message=f"The model or endpoint {MODEL} does not exist or you do not have access",
            ),
            "75-ollama": error(404, message=f'model "{MODEL}" not found, try pulling it first'),
            "75-vllm": Script.answer(
                404,
                {"object": "error", "message": f"The model `{MODEL}` does not exist.", "code": 404},
            ),
            "75-siliconflow": Script.answer(
                400, {"code": 20012, "message": "Model does not exist. Please check it carefully."}
            ),
        }.items()
    ),
]  # fmt: skip


def planted(rows: list[Planted]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in rows])


@planted(BY_GATEWAY)
def test_a_gateways_refusal_is_told_with_its_remedy(sim: Simulator, mistake: Planted) -> None:
    sim.gateway.respond_with(lambda body: mistake.script)

    kind, zh, en = said_in_chat(settings_for(sim))

    assert kind == mistake.kind
    mistake.told.expect_in(zh, en)


@planted(DIRECT)
def test_the_refusal_of_a_service_asked_directly_is_told_with_its_remedy(
    sim: Simulator, mistake: Planted
) -> None:
    sim.gateway.id_header = "X-Request-Id"
    sim.gateway.respond_with(lambda body: mistake.script)

    kind, zh, en = said_in_chat(settings_for(sim))

    assert kind == mistake.kind
    mistake.told.expect_in(zh, en)


# What shows at the start


def warnings_at_start(
    settings: Settings, caplog: pytest.LogCaptureFixture, outcome: LatestOutcome | None = None
) -> list[str]:
    """What the log says when the bot looks at its model service for the first time."""
    gateway = build_gateway(settings)
    part = GatewayCheck(gateway, outcome or LatestOutcome(), TEXTS, models=chat_models(settings))
    title = Words("模型服务", "Model service")
    check = Check(name="gateway", run=part.run, seconds=1, title=title, explain=part.explain)
    try:
        Readiness((check,)).look(check)
    finally:
        gateway.close()
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_nothing_is_said_of_a_service_that_works(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    assert warnings_at_start(settings_for(sim, OPENAI_MODEL="gpt-4o"), caplog) == []
    assert warnings_at_start(settings_for(sim, OPENAI_MODEL=""), caplog) == []


@pytest.mark.parametrize("setting", ["OPENAI_MODEL", "TITLE_MODEL", "VISION_MODEL"],
                         ids=["64-start", "64-title model", "64-vision model"])  # fmt: skip
def test_a_model_that_is_not_listed_is_told_with_those_most_like_it(
    sim: Simulator, caplog: pytest.LogCaptureFixture, setting: str
) -> None:
    settings = settings_for(sim, **{"OPENAI_MODEL": "gpt-4o", setting: MODEL})

    (warning,) = warnings_at_start(settings, caplog)

    zh, _, en = warning.partition(" / ")
    told = says(
        "列表里没有这个模型|检查写法", "doesn't list this model|Check its name",
        f"{setting}={MODEL}", "gpt-4o,",
    )  # fmt: skip
    told.expect_in(zh, en)


@pytest.mark.parametrize("row", ["65-start"])
def test_without_a_known_model_those_that_are_offered_are_named(
    sim: Simulator, caplog: pytest.LogCaptureFixture, row: str
) -> None:
    sim.gateway.models = ["glm-9-air", "doubao-x"]
    settings = settings_for(sim, OPENAI_MODEL="")
    told = says("请设置 OPENAI_MODEL", "et OPENAI_MODEL", "glm-9-air, doubao-x")

    (warning,) = warnings_at_start(settings, caplog)
    kind, zh, en = said_in_chat(settings)

    told.expect_in(warning)
    assert kind == "model_unset"
    told.expect_in(zh, en)


class Unreachable(NamedTuple):
    """Settings that lead nowhere, variables of the process, and what is said of them."""

    row: str
    change: dict[str, str]
    kind: str
    told: Told
    environ: tuple[tuple[str, str], ...] = ()


def proxy(name: str) -> Told:
    return says(f"代理|检查 {name} ", f"proxy|address in {name},")


DEAD = "http://127.0.0.1:1"
UNREACHABLE = [
    Unreachable("66-page", {"API_URL": "{url}/wiki"}, "not_a_gateway",
                says("API_URL 返回的是网页|核对地址", "a web page|check the address", "API_URL")),
    Unreachable("67-port", {"API_URL": DEAD}, "gateway_unreachable", ADDRESS),
    Unreachable("67-host", {"API_URL": "http://nowhere.invalid"}, "gateway_unreachable", ADDRESS),
    Unreachable("67-certificate", {"API_URL": "{tls}"}, "gateway_untrusted",
                says("证书没有通过验证|检查证书", "certificate couldn't be|check the certificate")),
    Unreachable("67-proxy", {"API_URL": "https://api.example.com", "HTTP_PROXY": DEAD},
                "proxy_failed", proxy("HTTP_PROXY")),
    Unreachable("67b-plain", {"API_URL": "{https}"}, "gateway_not_tls",
                says("那里是 http 服务|改成 http:// 开头", "plain http|begin it with http://")),
    Unreachable("67c-https", {"API_URL": "https://api.example.com"}, "proxy_failed",
                proxy("HTTPS_PROXY"), (("HTTPS_PROXY", DEAD),)),
    Unreachable("67c-all", {"API_URL": "https://api.example.com"}, "proxy_failed",
                proxy("ALL_PROXY"), (("ALL_PROXY", DEAD),)),
    Unreachable("76-key", {"OPENAI_KEY": "sk-of-somebody-else"}, "key_refused", KEY),
]  # fmt: skip


@pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in UNREACHABLE])
def test_a_service_that_is_not_reached_is_told_in_log_and_chat(
    sim: Simulator,
    untrusted: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    mistake: Unreachable,
) -> None:
    for name, value in mistake.environ:
        monkeypatch.setenv(name, value)
    root = sim.gateway.url.removesuffix("/v1")
    urls = {"url": root, "https": root.replace("http:", "https:"), "tls": untrusted}
    change = {name: value.format(**urls) for name, value in mistake.change.items()}
    settings = settings_for(sim, **change)

    (warning,) = warnings_at_start(settings, caplog)
    kind, zh, en = said_in_chat(settings)

    assert kind == mistake.kind
    mistake.told.expect_in(zh, en)
    mistake.told.expect_in(warning)


@pytest.mark.parametrize("row", ["63-readiness"])
def test_an_empty_account_shows_where_probes_look(
    sim: Simulator, caplog: pytest.LogCaptureFixture, row: str
) -> None:
    outcome = LatestOutcome()
    note_gateway(outcome, ModelError("account_empty"))

    (warning,) = warnings_at_start(settings_for(sim, OPENAI_MODEL="gpt-4o"), caplog, outcome)

    MONEY.expect_in(warning)
