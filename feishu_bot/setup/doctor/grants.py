"""Which scopes the app lacks, and what doesn't work without each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from feishu_bot.core.doctor import Finding, State
from feishu_bot.core.languages import Words
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.setup.doctor.open_api import Reply, as_names, as_object, as_objects
from feishu_bot.setup.manifest import SCOPES, Feature, Scope

SCOPES_TITLE = Words("权限", "Scopes")
GRANTED = 1

FEATURES: Mapping[Feature, Words] = {
    "answer": Words("发消息，回答任何问题", "sending messages, any answer at all"),
    "private_chats": Words("收到私聊消息", "getting messages of private chats"),
    "groups": Words("在群里收到 @ 它的消息", "getting messages that mention it in groups"),
    "read_messages": Words(
        "读图片、文件、语音和被引用的消息", "reading pictures, files, voice and quoted messages"
    ),
    "cards": Words("流式回答的卡片", "cards that show an answer as it is written"),
    "files": Words("发图片和文件，如 /export", "sending pictures and files, as /export does"),
    "reactions": Words("用表情表示正在排队", "showing with a reaction that a message waits"),
    "greet_groups": Words(
        "知道群名，入群时打招呼", "knowing the names of groups, and greeting them"
    ),
    "names": Words("在用量表和群聊里显示姓名", "names of people in usage tables and groups"),
    "whole_groups": Words(
        "读群里没有 @ 它的消息和引用", "messages of groups that don't mention it, and quotes"
    ),
    "check": Words("体检读应用的配置", "this examination's look at the app's configuration"),
    "configure": Words("自动配置（feishu-bot setup）", "configuring the app (feishu-bot setup)"),
    "command_panel": Words("输入 / 时的指令面板", "the panel of commands behind /"),
}
# What a company may well leave out on purpose, and what only the set-up needs.
_OPTIONAL: frozenset[Feature] = frozenset({"reactions", "greet_groups", "names"})
_UNMISSED: frozenset[Feature] = frozenset({"configure", "command_panel", "whole_groups"})


@dataclass(frozen=True, slots=True)
class Granted:
    """The scopes that the app may use; not `is_known` where nothing tells.

    `waiting` are declared, and not granted by the company (yet).
    """

    is_known: bool
    names: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


def granted_scopes(app: Reply, tenant: Reply) -> Granted:
    """What the two calls tell together.

    The version that is out declares scopes; the tenant's list tells which of them count, and is
    the only one where the app may not read itself.
    """
    declared = frozenset(
        str(scope.get("scope"))
        for scope in as_objects(as_object(app.data.get("app")).get("scopes"))
        # Those that act for a person are no use to a bot.
        if "tenant" in as_names(scope.get("token_types")) or not scope.get("token_types")
    )
    listed = as_objects(tenant.data.get("scopes"))
    names = {str(scope.get("scope_name")): scope.get("grant_status") for scope in listed}
    granted = frozenset(name for name, status in names.items() if status == GRANTED)
    if not app.is_ok:
        return Granted(is_known=tenant.is_ok, names=granted)
    waiting = declared & (names.keys() - granted)
    return Granted(is_known=True, names=(declared - waiting) | granted, waiting=waiting)


def check_scopes(
    granted: Granted, links: ConsoleLinks, *, needs_whole_groups: bool = False
) -> Iterator[Finding]:
    """One finding for what is needed, one for what is used, one for what may be left out."""
    if not granted.is_known:
        yield Finding(
            check="scopes",
            state="unknown",
            title=SCOPES_TITLE,
            what=Words("读不到应用的权限", "The app's scopes can't be read"),
            remedy=Words(
                "开通 application:application:self_manage 后可以核对",
                "With application:application:self_manage they can be compared",
            ),
            link=links.scopes(["application:application:self_manage"]),
        )
        return
    missing = [scope for scope in SCOPES if not scope.is_in(granted.names)]
    needed = [
        scope
        for scope in missing
        if scope.is_required or (needs_whole_groups and scope.feature == "whole_groups")
    ]
    others = [scope for scope in missing if scope not in needed and scope.feature not in _UNMISSED]
    wanted = [scope for scope in others if scope.feature not in _OPTIONAL]
    optional = [scope for scope in others if scope.feature in _OPTIONAL]
    link = links.scopes([scope.name for scope in (*needed, *wanted, *optional)])
    if needed:
        yield _missing("scopes", needed, granted, link, state="fault")
    if wanted:
        yield _missing("useful_scopes", wanted, granted, link, state="warning")
    if optional:
        yield _missing("optional_scopes", optional, granted, link, state="ok")
    if not needed:
        yield Finding(
            check="scopes",
            state="ok",
            title=SCOPES_TITLE,
            what=Words("回答所需的权限都有", "It has all that answers need"),
        )


def _missing(
    check: str, scopes: list[Scope], granted: Granted, link: str, *, state: State
) -> Finding:
    zh = "；".join(f"{scope.name}（{FEATURES[scope.feature].zh}）" for scope in scopes)
    en = "; ".join(f"{scope.name} ({FEATURES[scope.feature].en})" for scope in scopes)
    is_waiting = all(scope.name in granted.waiting for scope in scopes)
    remedy = Words(
        "打开链接，一次开通缺的权限，再创建版本并发布；需要审核的等管理员批准",
        "Open the link, grant what is missing in one go, create a version and release it; some "
        "scopes wait for an administrator's approval",
    )
    if is_waiting:
        remedy = Words(
            "已经申请，还没有生效：发布包含它们的版本，并等企业管理员批准",
            "They are asked for, but not in force: release a version with them, and have an "
            "administrator of the company approve it",
        )
    return Finding(
        check=check,
        state=state,
        title=SCOPES_TITLE,
        what=Words(f"没开通的可选权限：{zh}", f"Optional, and not granted: {en}")
        if state == "ok"
        else Words(f"缺少 {zh}", f"Missing: {en}"),
        remedy=remedy,
        link=link,
    )
