"""Mistakes with the app in Feishu's console, and ways to Feishu that are cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from feishu_bot.core import alerts
from feishu_simulator import Script, Simulator
from tests.planted.examining import (
    examine,
    expect_lines,
    expect_only,
    log_lines,
    open_findings,
)
from tests.planted.table import Told, says
from tests.polling import eventually

DEAD = "http://127.0.0.1:1"
RELEASE = "再创建版本并发布", "create a version and release it"


def scope(name: str, zh: str, en: str) -> Told:
    return Told((name, zh, RELEASE[0]), (name, en, RELEASE[1]))


class Planted(NamedTuple):
    """What is done in the console, and what each check of the doctor says."""

    row: str
    act: Callable[[Simulator], object]
    told: Mapping[str, Told]


def undeclare(*names: str) -> Callable[[Simulator], None]:
    """The app doesn't ask for these scopes."""

    def act(sim: Simulator) -> None:
        sim.feishu.app.declared.difference_update(names)
        sim.feishu.withdraw(*names)

    return act


def unsubscribed(sim: Simulator) -> None:
    sim.feishu.subscription.events.discard("im.message.receive_v1")


def unreleased(sim: Simulator) -> None:
    sim.feishu.app.versions.clear()


def in_review(sim: Simulator) -> None:
    unreleased(sim)
    sim.feishu.app.needs_review = True
    sim.feishu.app.publish("", "first", "first")


def only_the_owner(sim: Simulator) -> None:
    sim.feishu.app.visible_to = frozenset({"ou_owner"})


CONSOLE = [
    Planted("47-event", unsubscribed, {
        "events": Told(
            ("没有订阅 im.message.receive_v1", RELEASE[0]),
            ("Not subscribed to: im.message.receive_v1", RELEASE[1]),
        ),
    }),
    Planted("47-never released", unreleased, {
        "version": says("还没有发布过|创建版本并发布", "ever released|Create a version"),
    }),
    Planted("47-in review", in_review, {
        "version": says("等企业管理员审核|批准", "waits for an administrator|approve it"),
    }),
    Planted("48-private", undeclare("im:message.p2p_msg:readonly"), {
        "scopes": scope("im:message.p2p_msg:readonly", "收到私聊消息", "messages of private chats"),
    }),
    Planted("48-groups", undeclare("im:message.group_at_msg:readonly"), {
        "scopes": scope("im:message.group_at_msg:readonly", "在群里收到", "in groups"),
    }),
    Planted("48-not granted", lambda sim: sim.feishu.withdraw("im:message.p2p_msg:readonly"), {
        "scopes": says(
            "im:message.p2p_msg:readonly|已经申请，还没有生效|管理员批准",
            "im:message.p2p_msg:readonly|not in force|approve it",
        ),
    }),
    Planted("49-send", undeclare("im:message:send_as_bot", "im:message"), {
        "scopes": scope("im:message:send_as_bot", "发消息", "sending messages"),
    }),
    Planted("50-cards", undeclare("cardkit:card:write"), {
        "useful_scopes": scope("cardkit:card:write", "流式回答", "as it is written"),
    }),
    Planted("51-files", undeclare("im:resource", "im:resource:upload"), {
        "useful_scopes": scope("im:resource", "/export", "/export"),
    }),
    Planted("55-bot", lambda sim: setattr(sim.feishu.app, "has_bot", False), {
        "bot": says("没有机器人能力|添加机器人", "has no bot|Add the bot"),
    }),
    Planted("56-quota", lambda sim: refuse(sim, 99991403), {
        "quota": says("调用次数用完了|升级套餐", "are used up|upgraded"),
    }),
    Planted("57-address", lambda sim: refuse(sim, 99991401), {
        "ip_list": says("不在应用的 IP 白名单|加上服务器的出口公网 IP", "white list|public IP"),
    }),
    Planted("58-one person", only_the_owner, {
        "visibility": says("只有一个人能用|可用范围", "Only one person|availability"),
    }),
    Planted("59-address", lambda sim: setattr(sim.feishu, "card_url", ""), {
        "callback": says("没有填回调请求地址", "no address for callbacks", "/webhook/card"),
    }),
    Planted("59-callback", lambda sim: sim.feishu.subscription.callbacks.clear(), {
        "callback": says("没有订阅|添加", "Not subscribed|Add it", "card.action.trigger"),
    }),
]  # fmt: skip


def refuse(sim: Simulator, code: int) -> None:
    sim.feishu.faults.fail("*", every=1, code=code, msg="refused", spared=("token",))


@pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in CONSOLE])
def test_the_doctor_finds_in_the_console_and_nothing_else(
    sim, start_bot, database_url, mistake
) -> None:
    bot = start_bot()
    mistake.act(sim)
    # A draft that was released shows in the version.
    report = examine(sim, database_url, PUBLIC_URL=bot.url)

    expect_only(report, mistake.told)


@pytest.mark.parametrize("row", ["52-whole groups"])
def test_the_doctor_knows_what_a_setting_needs(sim, start_bot, database_url, row) -> None:
    bot = start_bot()

    report = examine(sim, database_url, PUBLIC_URL=bot.url, GROUP_REPLY="all")

    told = scope("im:message.group_msg", "没有 @ 它的消息", "don't mention it")
    expect_only(report, {"scopes": told})


class Settings(NamedTuple):
    """Settings that aren't those of the app, and what the doctor says."""

    row: str
    change: dict[str, str]
    told: Mapping[str, Told]
    environ: tuple[tuple[str, str], ...] = ()


SETTINGS = [
    Settings("31-secret", {"APP_SECRET": "another0123456789"}, {
        "credentials": says("APP_SECRET 不对|抄到", "APP_SECRET is wrong|copy"),
    }),
    Settings("32-app", {"APP_ID": "cli_of_somebody_else"}, {
        "credentials": says(
            "不认识这个 APP_ID|FEISHU_DOMAIN=lark", "doesn't know this APP_ID|FEISHU_DOMAIN=lark"
        ),
    }),
    Settings("35-dns", {"FEISHU_DOMAIN": "https://nowhere.invalid"}, {
        "feishu": says("解析不到地址|检查 FEISHU_DOMAIN", "has no address|FEISHU_DOMAIN"),
    }),
    Settings("35-closed", {"FEISHU_DOMAIN": DEAD}, {
        "feishu": says("拒绝连接|防火墙", "refuses connections|firewall"),
    }),
    Settings("36-proxy", {"FEISHU_DOMAIN": "https://open.example.com"}, {
        "proxy": says("HTTPS_PROXY 的代理连不上|检查", "can't be reached|Check"),
        "feishu": says("HTTPS_PROXY 的代理连不上|检查", "out of reach|Check"),
    }, (("HTTPS_PROXY", DEAD),)),
    Settings("37-certificate", {"FEISHU_DOMAIN": "{tls}"}, {
        "feishu": says("不信任|SSL_CERT_FILE", "isn't trusted|SSL_CERT_FILE"),
    }),
    Settings("64-model", {"OPENAI_MODEL": "gpt4"}, {
        "model": says("列表里没有|核对 OPENAI_MODEL", "n't list|Compare OPENAI_MODEL", "gpt-4-"),
    }),
    Settings("61-name", {"BOT_NAME": "Another name"}, {
        "bot": says("BOT_NAME 是“Another name”|改成一样的", 'BOT_NAME is "Another|the same'),
    }),
]  # fmt: skip


@pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in SETTINGS])
def test_the_doctor_finds_what_leads_nowhere(
    sim, start_bot, database_url, untrusted, monkeypatch, mistake
) -> None:
    bot = start_bot()
    for name, value in mistake.environ:
        monkeypatch.setenv(name, value)
    change = {name: value.format(tls=untrusted) for name, value in mistake.change.items()}

    report = examine(sim, database_url, **change)

    found = open_findings(report)
    # Without Feishu nobody tells the bot's own address.
    found.pop("public_url", None)
    assert found.keys() == mistake.told.keys()
    expect_only(report, mistake.told)
    assert bot


# What the log says by itself


def feishu_looks(bot: Any) -> None:
    """The latest calls have failed: it is looked at now, and not within seconds."""
    bot.check_again()


def ask_in_vain(sim: Simulator, talk: Any, bot: Any) -> None:
    calls = len(sim.feishu.calls)
    talk.say("again")
    eventually(lambda: len(sim.feishu.calls) > calls)


LOG = {
    "31-log": (
        {"APP_SECRET": "another0123456789"},
        says("APP_SECRET 不对|核对", "is wrong|compare"),
    ),
    "32-log": (
        {"APP_ID": "cli_of_somebody_else"},
        says("不认识这个 APP_ID|FEISHU_DOMAIN", "doesn't know this APP_ID|FEISHU_DOMAIN"),
    ),
    "35-log": (
        {"FEISHU_DOMAIN": "https://nowhere.invalid"},
        says("解析不到地址|DNS 和网络", "no address (DNS)|DNS and network"),
    ),
    "37-log": ({"FEISHU_DOMAIN": "{tls}"}, says("不信任|根证书", "isn't trusted|root certificate")),
}


@pytest.mark.parametrize("row", LOG)
def test_the_log_says_at_the_start_what_feishu_refuses(
    sim, start_bot, untrusted, caplog, row
) -> None:
    change, told = LOG[row]
    bot = start_bot(**{name: value.format(tls=untrusted) for name, value in change.items()})
    eventually(lambda: "starting" not in bot.runtime.readiness.failing())
    said = eventually(lambda: log_lines(caplog.records))

    # Where the bot asks who it is, and where it is looked at whether it can work.
    for line in said:
        told.expect_in(line)
    assert bot.runtime.readiness.failing() == ["feishu"]


@pytest.mark.parametrize("row", ["33-reset"])
def test_a_secret_that_is_reset_is_told_while_the_bot_runs(
    sim, talk, start_bot, caplog, row
) -> None:
    bot = start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("hello")

    sim.feishu.access.reset_secret("another0123456789")
    ask_in_vain(sim, talk, bot)
    bot.check_again()

    expect_lines(caplog.records, says("重置过|换上新的并重启", "was reset|set the new one and"))
    assert bot.runtime.readiness.failing() == ["feishu"]
    # So that nothing waits at the end.
    sim.feishu.access.reset_secret(sim.credentials.app_secret)


CUT = {
    "34-cut": (
        lambda sim: sim.feishu.faults.disconnect("*", every=1),
        says("连不上|检查网络|接着回答", "can't be reached|check the network|goes on"),
    ),
    "56-log": (
        lambda sim: refuse(sim, 99991403),
        says("调用次数用完了|STREAMING=false", "used up|STREAMING=false"),
    ),
    "57-log": (
        lambda sim: refuse(sim, 99991401),
        says("IP 白名单|加上", "white list|add it"),
    ),
}


@pytest.mark.parametrize("row", CUT)
def test_feishu_that_is_lost_is_told_while_the_bot_runs(sim, talk, start_bot, caplog, row) -> None:
    cut, told = CUT[row]
    bot = start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("hello")
    caplog.clear()

    cut(sim)
    ask_in_vain(sim, talk, bot)
    eventually(lambda: bot.check_again() or bot.runtime.readiness.failing())

    assert bot.runtime.readiness.failing() == ["feishu"]
    # Others tell what became of the question.
    (line,) = [line for line in log_lines(caplog.records) if line.startswith("飞书：")]
    told.expect_in(line)
    sim.feishu.faults.clear()


# What shows in use only: written to the admins, and to the log where there are none


class InUse(NamedTuple):
    """What is done in the console, and what is said once somebody asks."""

    row: str
    act: Callable[[Simulator], object]
    told: Told


IN_USE = [
    InUse(
        "49-log",
        undeclare("im:message:send_as_bot", "im:message"),
        says(
            "应用没有权限|开通|发布新版本", "have the scope|Grant the app|new version", "im:message"
        ),
    ),
    InUse(
        "50-log",
        undeclare("cardkit:card:write"),
        says("应用没有权限|开通|发布新版本", "have the scope|Grant the app", "cardkit:card:write"),
    ),
    InUse(
        "55-log",
        lambda sim: sim.feishu.faults.fail("message.reply", every=1, code=230006),
        says("机器人能力|添加机器人|发布", "has no bot|Add the bot|release"),
    ),
    InUse(
        "58-log",
        lambda sim: sim.feishu.faults.fail("message.reply", every=1, code=230013),
        says("可用范围内|扩大「可用范围」|发布", "availability|Widen the availability|release"),
    ),
]


@pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in IN_USE])
def test_what_shows_in_use_only_is_said_by_itself(
    sim, talk, start_bot, caplog, monkeypatch, mistake
) -> None:
    monkeypatch.setattr(alerts, "GATHER_SECONDS", 0.01)
    start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    mistake.act(sim)

    talk.say("hello")

    def told() -> list[str]:
        return [line for line in log_lines(caplog.records) if line.startswith("要管理员处理")]

    (line,) = eventually(told)
    mistake.told.expect_in(line)
    sim.feishu.faults.clear()


@pytest.mark.parametrize("row", ["55-start"])
def test_an_app_without_a_bot_is_told_at_the_start(sim, start_bot, caplog, row) -> None:
    sim.feishu.app.has_bot = False
    start_bot()

    (line,) = eventually(lambda: log_lines(caplog.records))

    says("没有机器人能力|添加机器人", "has no bot|add the bot").expect_in(line)


# What the chat says


@pytest.mark.parametrize(
    ("language", "told"),
    [
        pytest.param("zh", ("im:resource", "开通", "发布"), id="51-zh"),
        pytest.param("en", ("im:resource", "grant", "publish"), id="51-en"),
    ],
)
def test_an_export_without_its_scope_says_which_one(sim, talk, start_bot, language, told) -> None:
    start_bot(LANGUAGE=language)
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    answer = talk.ask("hello")
    sim.feishu.withdraw("im:resource", "im:resource:upload")

    notice = talk.ask("/export", reply_to=answer)

    shown = f"{notice.title} {notice.text}"
    assert [word for word in told if word not in shown] == [], shown


@pytest.mark.parametrize(
    ("language", "told"),
    [
        pytest.param("zh", ("没有读到", "im:message.group_msg"), id="53-zh"),
        pytest.param("en", ("couldn't read", "im:message.group_msg"), id="53-en"),
    ],
)
def test_a_quote_that_can_not_be_read_is_named_under_the_answer(
    sim, talk, start_bot, language, told
) -> None:
    start_bot(LANGUAGE=language)
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    quoted = sim.feishu.say(group, talk.bob, "the figures of May")
    sim.feishu.withdraw("im:message.group_msg", "im:message.group_msg:readonly")

    question = sim.feishu.say(group, talk.alice, "translate", mention_bot=True, reply_to=quoted)
    answer = talk.answer(question)

    assert [word for word in told if word not in answer.text] == [], answer.text


@pytest.mark.parametrize("row", ["52-log"])
def test_a_group_scope_that_is_missing_is_told_where_all_is_to_be_answered(
    sim, start_bot, caplog, row
) -> None:
    start_bot(GROUP_REPLY="all")

    (line,) = eventually(lambda: log_lines(caplog.records))

    says("开通|发布", "release", "GROUP_REPLY=all", "im:message.group_msg").expect_in(line)


@pytest.mark.parametrize("row", ["54-names"])
def test_without_names_a_report_shows_people_all_the_same(sim, talk, start_bot, row) -> None:
    start_bot(ADMINS=talk.alice.open_id)
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    sim.feishu.withdraw("contact:user.base:readonly", "contact:contact.base:readonly")
    talk.ask("hello")

    report = talk.ask("/usage")

    # The client shows the name of a person component by itself.
    assert f"@{talk.alice.name}" in report.text or talk.alice.open_id in report.text


@pytest.mark.parametrize("row", ["61-mention"])
def test_a_wrong_name_hinders_no_mention(sim, talk, start_bot, caplog, row) -> None:
    start_bot(BOT_NAME="Another name")
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    group = sim.feishu.add_group("Team", [talk.alice])

    answer = talk.answer(sim.feishu.say(group, talk.alice, "hello", mention_bot=True))

    assert "the end." in answer.text
    assert log_lines(caplog.records) == []
