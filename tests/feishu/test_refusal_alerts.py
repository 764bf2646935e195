"""What of Feishu's refusals admins are told."""

from __future__ import annotations

import pytest

from feishu_bot.core.alerts import DAY, MONTH
from feishu_bot.errors import FeishuError, PermissionMissing, TargetGone
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.refusal_alerts import alert_for

FILES = "/im/v1/files"
REPLY = "/im/v1/messages/:message_id/reply"
LINKS = ConsoleLinks("https://open.feishu.cn", "cli_1")
REFUSED = (
    "Access denied. One of the following scopes is required: [im:resource, im:resource:upload]."
    "应用尚未开通所需的应用身份权限：[im:resource, im:resource:upload]"
)


def test_a_missing_scope_is_told_by_its_names():
    alert = alert_for(LINKS, FILES, PermissionMissing(REFUSED, code=99991672, log_id="log-1"))

    assert alert
    assert alert.kind == "scope_missing"
    assert alert.cause == "scope_missing:im:resource / im:resource:upload"
    assert alert.params == {"scope": "im:resource / im:resource:upload", "request_id": "log-1"}
    assert alert.every == DAY


def test_the_sensitive_scope_of_groups_is_told_once_a_month():
    alert = alert_for(
        LINKS, "/im/v1/messages/:message_id", PermissionMissing("Lack of …", code=230027)
    )

    assert alert
    assert alert.about == "im:message.group_msg"
    assert alert.every == MONTH


def test_so_is_the_quota_of_the_month():
    alert = alert_for(LINKS, FILES, FeishuError("quota", code=99991403))

    assert alert
    assert alert.kind == "feishu_quota"


def test_scopes_for_names_are_told_once_a_month():
    names = PermissionMissing(REFUSED.replace("im:resource", "contact:x"), code=99991672)

    alert = alert_for(LINKS, "/contact/v3/users/:user_id", names)

    assert alert
    assert alert.every == MONTH


def test_the_link_asks_for_the_narrowest_of_the_scopes():
    alert = alert_for(LINKS, FILES, PermissionMissing(REFUSED, code=99991672))

    assert alert
    assert alert.link.startswith("https://open.feishu.cn/app/cli_1/auth?q=im%3Aresource%3Aupload&")


@pytest.mark.parametrize(
    ("exc", "kind", "page"),
    [
        (PermissionMissing("Bot ability is not activated.", code=230006), "bot_off", "/bot"),
        (FeishuError("bot off", code=11205), "bot_off", "/bot"),
        (TargetGone("not visible", code=230013), "person_unavailable", "/version"),
        (FeishuError("denied by ip", code=99991401), "feishu_ip_list", "/safe"),
    ],
)
def test_what_else_the_app_lacks_is_told_with_its_page(exc, kind, page):
    alert = alert_for(LINKS, REPLY, exc)

    assert alert
    assert alert.kind == kind
    assert alert.link.endswith(page)


@pytest.mark.parametrize(
    ("path", "exc"),
    [
        ("/im/v1/messages/:message_id/reactions", PermissionMissing(REFUSED, code=99991672)),
        (FILES, TargetGone("recalled", code=230011)),
        ("/im/v1/messages", TargetGone("an admin who doesn't see the bot", code=230013)),
        (FILES, FeishuError("anything", code=1)),
    ],
)
def test_nobody_is_told_of_the_rest(path, exc):
    assert alert_for(LINKS, path, exc) is None
