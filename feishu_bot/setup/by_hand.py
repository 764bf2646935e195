"""What is left to a person: a numbered list of pages, and what to press on each."""

from __future__ import annotations

from collections.abc import Iterator

from feishu_bot.core.languages import Words
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.setup import links
from feishu_bot.setup.app_configuration import WantedApp
from feishu_bot.setup.manifest import CARD_PATH, EVENT_PATH, EVENTS

Instruction = tuple[Words, str]


def make_app(domain: str) -> Iterator[Instruction]:
    """How an app is made where no link may make it."""
    yield (
        Words(
            "点「创建企业自建应用」，填名称和描述；在「添加应用能力」里添加「机器人」",
            'Press "Create custom app", give it a name; add the "Bot" under "Add features"',
        ),
        links.apps_page(domain),
    )
    yield (
        Words(
            "在「凭证与基础信息」里复制 App ID 和 App Secret，下面会问",
            'Copy App ID and App Secret under "Credentials & Basic Info": they are asked for next',
        ),
        links.apps_page(domain),
    )


def configure(domain: str, app_id: str, wanted: WantedApp) -> Iterator[Instruction]:
    """What the configuration API would have done, before the version is released."""

    console = ConsoleLinks(domain, app_id)
    page = console.page
    yield (
        Words("开通全部权限：打开后点「确认」", "Ask for all scopes: open it and confirm"),
        console.all_scopes(wanted.scopes),
    )
    yield Words("确认已添加「机器人」能力", 'Make sure that the "Bot" is added'), page("capability")
    events = "、".join(EVENTS)
    if wanted.mode == "long_connection":
        yield (
            Words(
                "事件配置：订阅方式选「使用长连接接收事件」（机器人要在运行），保存；"
                "回调配置同样选长连接",
                "Event configuration: choose the long connection (the bot has to be running) and "
                "save; the same for callbacks",
            ),
            page("event"),
        )
    else:
        yield (
            Words(
                "加密策略：点「重置」生成 Encrypt Key，复制它和 Verification Token，下面会问",
                "Encryption strategy: generate the Encrypt Key, copy it and the Verification "
                "Token; both are asked for below",
            ),
            page("event"),
        )
        yield (
            Words(
                f"事件配置：请求地址填 {wanted.public_url}{EVENT_PATH}，保存",
                f"Event configuration: the request URL is {wanted.public_url}{EVENT_PATH}; save",
            ),
            page("event"),
        )
        yield (
            Words(
                f"回调配置：请求地址填 {wanted.public_url}{CARD_PATH}，保存",
                f"Callback configuration: the request URL is {wanted.public_url}{CARD_PATH}; save",
            ),
            page("event"),
        )
    yield (
        Words(
            f"添加事件：{events}；添加回调：card.action.trigger",
            f"Add the events {', '.join(EVENTS)}, and the callback card.action.trigger",
        ),
        page("event"),
    )
    yield (
        Words(
            "创建版本，可用范围选全部成员，点「申请发布」",
            "Create a version, available to all staff, and publish it",
        ),
        page("version"),
    )
