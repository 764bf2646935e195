"""What the codes of the configuration API mean, and what to do about each."""

from __future__ import annotations

from typing import Final

from feishu_bot.core.languages import Words
from feishu_bot.feishu.console_links import Page

# What happened and what to do, and the page of the console for it.
REMEDIES: Final[dict[int, tuple[Words, Page]]] = {
    10003: (
        Words(
            "App ID 不对，或应用属于另一个品牌（飞书/Lark）",
            "The App ID is wrong, or the app is of the other brand (Feishu or Lark)",
        ),
        "baseinfo",
    ),
    10014: (
        Words(
            "应用被停用，或还没有在企业里启用。请企业管理员在管理后台启用",
            "The app is disabled, or not enabled in the company yet: an administrator enables it",
        ),
        "version",
    ),
    10015: (
        Words(
            "App Secret 不对，可能被重置过。请从后台重新复制",
            "The App Secret is wrong, perhaps it was reset: copy it from the console again",
        ),
        "baseinfo",
    ),
    210031: (
        Words(
            "飞书不接受其中一个参数。请在后台按提示手动配置",
            "Feishu refuses one of the parameters: configure the app by hand as listed",
        ),
        "event",
    ),
    210032: (Words("飞书没有这个应用", "Feishu has no such app"), "baseinfo"),
    210034: (
        Words("这是商店应用，不能用接口配置", "This is a store app, which can't be configured so"),
        "event",
    ),
    210035: (
        Words(
            "这个应用不是在开发者后台创建的，不能用接口配置",
            "This app was not made in the developer console and can't be configured by the API",
        ),
        "event",
    ),
    210036: (
        Words("这不是自己的应用", "This is not the app's own configuration"),
        "baseinfo",
    ),
    210037: (
        Words("应用的所有者已不可用", "The app's owner is not valid any more"),
        "baseinfo",
    ),
    210040: (
        Words(
            "有一个版本正在审核，审核结束前什么都改不了。请管理员审核，然后重新运行",
            "A version is under review, and nothing can be changed until that ends: have it "
            "approved, then run the set-up again",
        ),
        "version",
    ),
    210041: (
        Words("应用还没有机器人能力，请添加", "The app has no bot yet: add the bot feature"),
        "capability",
    ),
    210042: (
        Words(
            "飞书访问不到这个地址，或 1 秒内没有得到正确的回答",
            "Feishu can't reach the request URL, or got no correct answer within a second",
        ),
        "event",
    ),
    210001: (
        Words("飞书不接受版本的内容", "Feishu refuses what the version says"),
        "version",
    ),
    210302: (
        Words(
            "已有一个版本在审核。请管理员审核，然后重新运行",
            "A version is under review already: have it approved, then run the set-up again",
        ),
        "version",
    ),
    210303: (
        Words("版本号没有变大。请重新运行", "The version number didn't rise: run the set-up again"),
        "version",
    ),
    210304: (
        Words("发布版本缺少内容，请在后台手动发布", "Something is missing: publish by hand"),
        "version",
    ),
    99991401: (
        Words(
            "应用限制了 IP，请在「安全设置」里加上本机的 IP 或清空",
            "The app allows other addresses only: add this machine's IP in the security settings",
        ),
        "safe",
    ),
    99991400: (
        Words("调用太频繁，一分钟后重试", "Too many calls: try again in a minute"),
        "baseinfo",
    ),
}
# Same meaning, other number.
REMEDIES[210043] = REMEDIES[210035]
SCOPE_MISSING: Final = frozenset({99991672, 99991640, 99991679})
# No repetition helps: a person has to do it in the console.
BY_HAND: Final = frozenset({210031, 210034, 210035, 210043, 210036, 210304})
UNKNOWN: Final = Words(
    "飞书拒绝了这一步。请稍后重试，或在后台手动配置",
    "Feishu refused this step: try again later, or configure it by hand",
)
