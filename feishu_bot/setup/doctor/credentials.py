"""Whether Feishu is there, knows the app, and lets this server in; and whose clock is right."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from feishu_bot.core.doctor import NOTHING, Finding
from feishu_bot.core.languages import Words
from feishu_bot.feishu.console_links import ConsoleLinks, brand_of
from feishu_bot.feishu.unreached import NOT_FEISHU, UNREACHED, host_of
from feishu_bot.setup.doctor.open_api import OpenApi, Reply

# Beyond this the signatures of requests and the times on cards begin to disagree.
SKEW_SECONDS = 60.0
APP_UNKNOWN = 10003
IP_REFUSED = 99991401
QUOTA_USED_UP = 99991403
# "Common error codes".
_APP_OFF: Mapping[int | None, Words] = {
    99991662: Words("应用被停用了", "The app is disabled"),
    99991673: Words("应用在这个企业不可用", "The app isn't available in this company"),
}
OTHER_BRAND = {
    "feishu": ("https://open.larksuite.com", "lark", "Lark"),
    "lark": ("https://open.feishu.cn", "feishu", "Feishu"),
}

FEISHU = Words("飞书", "Feishu")
CREDENTIALS = Words("应用凭证", "Credentials")
CLOCK = Words("服务器时钟", "Clock")
ACCESS = Words("飞书的准入", "Access to Feishu")

_COPY = Words(
    "打开「凭证与基础信息」，把 App ID 和 App Secret 抄到 APP_ID、APP_SECRET，然后重启机器人",
    "Open Credentials & Basic Info (凭证与基础信息), copy App ID and App Secret to APP_ID and "
    "APP_SECRET, and restart the bot",
)
_REFUSED: Mapping[int, tuple[Words, Words]] = {
    10014: (
        Words(
            "应用被停用、没有安装，或没有在这个企业获得授权",
            "The app is disabled, not installed, or not authorised in this company",
        ),
        Words(
            "请企业管理员在管理后台「应用管理」里启用它；没发布过的应用先发布版本。也核对 APP_ID",
            "Have an administrator of the company enable it; an app that was never released needs "
            "a version first. Compare APP_ID, too",
        ),
    ),
    10015: (
        Words(
            "APP_SECRET 不对：抄错了，或者在后台重置过",
            "APP_SECRET is wrong: mistyped, or reset in the console since",
        ),
        _COPY,
    ),
}
_OTHERWISE_REFUSED = (
    Words("飞书不认可 APP_ID 和 APP_SECRET", "Feishu doesn't accept APP_ID and APP_SECRET"),
    _COPY,
)


def check_credentials(
    api: OpenApi,
    domain: str,
    links: ConsoleLinks,
    at_other_brand: Callable[[str], OpenApi],
    *,
    clock: Callable[[], float] = time.time,
) -> tuple[bool, list[Finding]]:
    """Log in; whether that went well, and what it has shown.

    `at_other_brand` gives the same app's calls to another address, which is asked once where this
    one doesn't know the app.
    """
    reply = api.log_in()
    found = [*check_clock(reply, clock())]
    if reply.code is None:
        return False, [not_reached(reply, domain), *found]
    if reply.is_ok:
        return True, [_good_credentials(), *found]
    if reply.code == APP_UNKNOWN:
        return False, [_unknown_app(reply, domain, links, at_other_brand), *found]
    what, remedy = _REFUSED.get(reply.code, _OTHERWISE_REFUSED)
    return False, [_refused(reply, what, remedy, links), *found]


def check_clock(reply: Reply, now: float) -> Iterator[Finding]:
    """Compare our clock with Feishu's; nothing where it didn't tell its own."""
    theirs = reply.answer.date() if reply.answer else None
    if theirs is None:
        return
    seconds = round(now - theirs)
    ahead = seconds > 0
    if abs(seconds) <= SKEW_SECONDS:
        yield Finding(
            check="clock",
            state="ok",
            title=CLOCK,
            what=Words("和飞书一致", "It agrees with Feishu's"),
        )
        return
    yield Finding(
        check="clock",
        # From five minutes on requests of Feishu are refused.
        state="fault" if abs(seconds) >= 300 else "warning",
        title=CLOCK,
        what=Words(
            f"比飞书{'快' if ahead else '慢'} {abs(seconds)} 秒：飞书的请求可能被当成过期或伪造的",
            f"It is {abs(seconds)} s {'ahead of' if ahead else 'behind'} Feishu's: its requests "
            "may be taken for old or forged ones",
        ),
        remedy=Words(
            "打开自动对时（timedatectl set-ntp true），容器则校准宿主机",
            "Switch time synchronisation on (timedatectl set-ntp true), for a container on its "
            "host",
        ),
    )


def check_admission(reply: Reply, links: ConsoleLinks) -> Iterator[Finding]:
    """Whether calls are let in at all, by the answer to any of them."""
    if reply.code == IP_REFUSED:
        yield Finding(
            check="ip_list",
            state="fault",
            title=ACCESS,
            what=Words(
                "这台服务器不在应用的 IP 白名单里，飞书拒绝它的所有请求",
                "This server isn't on the app's IP white list: Feishu refuses all its calls",
            ),
            remedy=Words(
                "在「安全设置 › IP 白名单」里加上服务器的出口公网 IP，或清空名单；立即生效",
                "Add this server's public IP under Security Settings (安全设置), or empty the "
                "list; it counts at once",
            ),
            evidence=reply.evidence,
            link=links.page("safe"),
        )
    elif reply.code == QUOTA_USED_UP:
        yield Finding(
            check="quota",
            state="fault",
            title=ACCESS,
            what=Words(
                "企业这个月的开放平台 API 调用次数用完了",
                "The company's API calls of this month are used up",
            ),
            remedy=Words(
                "请企业管理员升级套餐或加购，或等到下个月；设置 STREAMING=false 可以少用很多",
                "Have the company's plan upgraded, or wait for next month; STREAMING=false needs "
                "far fewer",
            ),
            evidence=reply.evidence,
        )

    elif reply.code in _APP_OFF:
        yield Finding(
            check="admission",
            state="fault",
            title=ACCESS,
            what=_APP_OFF[reply.code],
            remedy=Words(
                "请企业管理员在管理后台「应用管理」里启用应用，并让它对这个企业可用",
                "Have an administrator of the company enable the app and make it available there",
            ),
            evidence=reply.evidence,
        )


def not_reached(reply: Reply, domain: str) -> Finding:
    """Why there is no answer of Feishu."""
    what, remedy = UNREACHED[reply.failure.layer] if reply.failure else NOT_FEISHU
    host = host_of(domain)
    return Finding(
        check="feishu",
        state="fault",
        title=FEISHU,
        what=Words(what.zh.format(host=host), what.en.format(host=host)),
        remedy=remedy,
        evidence=reply.evidence,
    )


def _good_credentials() -> Finding:
    return Finding(
        check="credentials",
        state="ok",
        title=CREDENTIALS,
        what=Words("飞书认可 APP_ID 和 APP_SECRET", "Feishu accepts APP_ID and APP_SECRET"),
        remedy=NOTHING,
    )


def _unknown_app(
    reply: Reply, domain: str, links: ConsoleLinks, at_other_brand: Callable[[str], OpenApi]
) -> Finding:
    what = Words(
        f"{host_of(domain)} 不认识这个 APP_ID", f"{host_of(domain)} doesn't know this APP_ID"
    )
    remedy = Words(
        f"{_COPY.zh}。飞书和 Lark 的应用不通用，应用在 Lark 时设置 FEISHU_DOMAIN=lark",
        f"{_COPY.en}. Apps of Feishu and of Lark are separate: for one of Lark set "
        "FEISHU_DOMAIN=lark",
    )
    other = OTHER_BRAND.get(brand_of(domain))
    if other:
        address, setting, name = other
        if at_other_brand(address).log_in().code not in (None, APP_UNKNOWN):
            zh_name = "Lark" if name == "Lark" else "飞书"
            what = Words(
                f"这个应用在 {zh_name}，而 FEISHU_DOMAIN 指向 {host_of(domain)}",
                f"This app belongs to {name}, while FEISHU_DOMAIN names {host_of(domain)}",
            )
            remedy = Words(
                f"设置 FEISHU_DOMAIN={setting}，然后重启机器人",
                f"Set FEISHU_DOMAIN={setting} and restart the bot",
            )
    return _refused(reply, what, remedy, links)


def _refused(reply: Reply, what: Words, remedy: Words, links: ConsoleLinks) -> Finding:
    return Finding(
        check="credentials",
        state="fault",
        title=CREDENTIALS,
        what=what,
        remedy=remedy,
        evidence=reply.evidence,
        link=links.page("baseinfo"),
    )
