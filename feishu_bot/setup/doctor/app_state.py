"""Whether the app has a bot that is on, a version that is out, and people who see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.core.doctor import Finding, State, printable
from feishu_bot.core.languages import Words
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.outages import BOT_OFF
from feishu_bot.setup.doctor.open_api import Reply, as_object, as_objects

BOT = Words("机器人能力", "Bot")
VERSION = Words("版本发布", "Version")
VISIBILITY = Words("可用范围", "Availability")

ENABLED = 2
# "Get bot info"; anything else means that the bot can't be talked to.
_NOT_ENABLED: Mapping[int, tuple[Words, Words]] = {
    0: (
        Words("机器人还从未启用", "The bot was never enabled"),
        Words("创建并发布一个版本", "Create a version and release it"),
    ),
    1: (
        Words("企业停用了这个应用", "The company has disabled the app"),
        Words(
            "请企业管理员在管理后台「应用管理」里重新启用",
            "Have an administrator of the company enable it again",
        ),
    ),
    3: (
        Words("应用已安装，还没有启用", "The app is installed, but not enabled"),
        Words("请企业管理员启用它", "Have an administrator of the company enable it"),
    ),
    4: (
        Words("应用有升级，还没有启用", "The app was upgraded, but not enabled since"),
        Words("请企业管理员启用新版本", "Have an administrator of the company enable the version"),
    ),
    5: (
        Words("应用的许可过期了", "The app's licence has expired"),
        Words("请企业管理员续期", "Have an administrator of the company renew it"),
    ),
    6: (
        Words("飞书套餐过期了", "The plan with Feishu has expired"),
        Words("请企业管理员续费", "Have an administrator of the company renew it"),
    ),
}
IN_REVIEW, APPROVED, REJECTED = 3, 1, 2


@dataclass(frozen=True, slots=True)
class Versions:
    """The app's versions, newest first; not `is_known` where they may not be read."""

    is_known: bool
    items: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, reply: Reply) -> Versions:
        """Those in the answer to a call of theirs."""
        return cls(reply.is_ok, tuple(as_objects(reply.data.get("items"))))

    @property
    def online(self) -> Mapping[str, Any] | None:
        """The newest that is out: approved, with a time of its release."""
        out = (
            one for one in self.items if one.get("status") == APPROVED and one.get("publish_time")
        )
        return max(out, key=_published_at, default=None)

    @property
    def newest(self) -> Mapping[str, Any]:
        """What was done last, in whatever state."""
        return self.items[0] if self.items else {}


def check_bot(reply: Reply, bot_name: str, links: ConsoleLinks) -> Iterator[Finding]:
    """Whether the app has a bot, and it is on."""
    bot = as_object(reply.whole.get("bot"))
    status = bot.get("activate_status")
    name = printable(str(bot.get("app_name") or ""), 60)
    what, remedy, state = _of_bot(reply, bot, status, name, bot_name)
    yield Finding(
        check="bot",
        state=state,
        title=BOT,
        what=what,
        remedy=remedy,
        evidence="" if state == "ok" else f"activate_status {status}, {reply.evidence}",
        link="" if state == "ok" else links.page("bot" if not bot else "version"),
    )


def _of_bot(
    reply: Reply, bot: Mapping[str, Any], status: object, name: str, bot_name: str
) -> tuple[Words, Words, State]:
    if reply.code in BOT_OFF or (reply.is_ok and not bot.get("open_id")):
        return (
            Words("应用没有机器人能力，或还没发布", "The app has no bot, or it isn't released"),
            Words(
                "在「添加应用能力」里添加机器人，然后创建版本并发布",
                "Add the bot under Add Features (添加应用能力), then create a version and "
                "release it",
            ),
            "fault",
        )
    if not reply.is_ok:
        return (
            Words("读不到机器人的状态", "The state of the bot can't be read"),
            Words("稍后再试一次", "Try again later"),
            "unknown",
        )
    if isinstance(status, int) and status in _NOT_ENABLED:
        return (*_NOT_ENABLED[status], "fault")
    if bot_name and name and bot_name != name:
        return (
            Words(
                f"机器人在飞书里叫“{name}”，而 BOT_NAME 是“{bot_name}”",
                f'The bot is called "{name}" in Feishu, while BOT_NAME is "{bot_name}"',
            ),
            Words(
                "把 BOT_NAME 改成一样的，或删掉它：飞书一时读不到时，群里靠这个名字认出 @",
                "Make them the same, or remove BOT_NAME: while Feishu can't be asked, mentions in "
                "groups are told by this name",
            ),
            "warning",
        )
    return (
        Words(f"已启用，名称是“{name}”", f'It is enabled and called "{name}"'),
        Words("", ""),
        "ok",
    )


def check_version(app: Reply, versions: Versions, links: ConsoleLinks) -> Iterator[Finding]:
    """Whether a version is out, and whether a newer one waits for somebody."""
    newest = versions.newest
    number = printable(str(newest.get("version") or ""), 20)
    data = as_object(app.data.get("app"))
    if not versions.is_known and not data:
        # The finding about scopes says what is missing.
        return
    is_out = bool(versions.online) or bool(data.get("online_version_id"))
    is_waiting = newest.get("status") == IN_REVIEW or bool(data.get("unaudit_version_id"))
    if is_waiting:
        yield Finding(
            check="version",
            state="warning" if is_out else "fault",
            title=VERSION,
            what=Words(
                f"版本 {number} 在等企业管理员审核，改动还没有生效".replace("  ", " "),
                f"Version {number} waits for an administrator of the company; what was changed "
                "doesn't count yet".replace("  ", " "),
            ),
            remedy=Words(
                "请企业管理员（或有应用审核权限的人）打开链接批准",
                "Have an administrator of the company, or whoever reviews apps, approve it at the "
                "link",
            ),
            evidence=_applicant(app),
            link=links.review(),
        )
    elif newest.get("status") == REJECTED:
        yield Finding(
            check="version",
            state="warning" if is_out else "fault",
            title=VERSION,
            what=Words(f"版本 {number} 被驳回了", f"Version {number} was rejected"),
            remedy=Words(
                "在版本页看驳回原因，改好后重新提交",
                "See the reason on the page of versions, and submit it again",
            ),
            link=links.page("version"),
        )
    elif not is_out:
        yield Finding(
            check="version",
            state="fault",
            title=VERSION,
            what=Words(
                "应用还没有发布过：权限、事件和机器人都没有生效",
                "No version was ever released: scopes, events and the bot don't count yet",
            ),
            remedy=Words("创建版本并发布", "Create a version and release it"),
            link=links.page("version"),
        )
    else:
        shown = printable(str((versions.online or {}).get("version") or ""), 20)
        yield Finding(
            check="version",
            state="ok",
            title=VERSION,
            what=Words(f"已发布 {shown}".strip(), f"Released: {shown}".strip(": ")),
        )


def check_visibility(versions: Versions, links: ConsoleLinks) -> Iterator[Finding]:
    """Who may use the bot, as far as the version that is out tells."""
    remark = as_object((versions.online or {}).get("remark"))
    visibility = as_object(remark.get("visibility"))
    if not visibility:
        return
    listed = as_object(visibility.get("visible_list"))
    people = _count(listed.get("open_ids"))
    others = _count(listed.get("department_ids")) + _count(listed.get("group_ids"))
    if visibility.get("is_all"):
        state: State = "ok"
        what = Words("全体成员可用", "Everybody in the company can use it")
    elif not people and not others:
        state = "fault"
        what = Words("没有人能用：可用范围是空的", "Nobody can use it: the availability is empty")
    elif people == 1 and not others:
        state = "warning"
        what = Words(
            "只有一个人能用；其他人搜不到它，也收不到它的回答",
            "Only one person can use it; others don't find it and get no answers",
        )
    else:
        state = "ok"
        what = Words(
            f"只对选定的人可用：{people} 人，{others} 个部门或用户组",
            f"For some only: {people} people, {others} departments or groups",
        )
    yield Finding(
        check="visibility",
        state=state,
        title=VISIBILITY,
        what=what,
        remedy=Words(
            "在创建版本时修改「可用范围」，再发布一次",
            "Change the availability (可用范围) while you create a version, and release it",
        )
        if state != "ok"
        else Words("", ""),
        link=links.page("version") if state != "ok" else "",
    )


def _count(listed: object) -> int:
    """How many are listed, in whatever form."""
    return len(listed) if isinstance(listed, list) else 0


def _published_at(version: Mapping[str, Any]) -> float:
    try:
        return float(version.get("publish_time") or 0)
    except (TypeError, ValueError):
        return 0.0


def _applicant(app: Reply) -> str:
    owner = as_object(as_object(app.data.get("app")).get("owner"))
    return f"owner {printable(str(owner['owner_id']), 60)}" if owner.get("owner_id") else ""
