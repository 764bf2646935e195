"""What of Feishu's refusals admins are told."""

from __future__ import annotations

import pytest

from feishu_bot.core.alerts import DAY, MONTH
from feishu_bot.errors import FeishuError, PermissionMissing, TargetGone
from feishu_bot.feishu.refusal_alerts import alert_for

FILES = "/im/v1/files"
REFUSED = (
    "Access denied. One of the following scopes is required: [im:resource, im:resource:upload]."
    "应用尚未开通所需的应用身份权限：[im:resource, im:resource:upload]"
)


def test_a_missing_scope_is_told_by_its_names():
    alert = alert_for(FILES, PermissionMissing(REFUSED, code=99991672, log_id="log-1"))

    assert alert
    assert alert.kind == "scope_missing"
    assert alert.cause == "scope_missing:im:resource / im:resource:upload"
    assert alert.params == {"scope": "im:resource / im:resource:upload", "request_id": "log-1"}
    assert alert.every == DAY


def test_the_sensitive_scope_of_groups_is_told_once_a_month():
    alert = alert_for("/im/v1/messages/:message_id", PermissionMissing("Lack of …", code=230027))

    assert alert
    assert alert.about == "im:message.group_msg"
    assert alert.every == MONTH


def test_so_is_the_quota_of_the_month():
    alert = alert_for(FILES, FeishuError("quota", code=99991403))

    assert alert
    assert alert.kind == "feishu_quota"


@pytest.mark.parametrize(
    ("path", "exc"),
    [
        ("/contact/v3/users/:user_id", PermissionMissing(REFUSED, code=99991672)),
        ("/im/v1/messages/:message_id/reactions", PermissionMissing(REFUSED, code=99991672)),
        (FILES, PermissionMissing("Bot ability is not activated.", code=230006)),
        (FILES, TargetGone("recalled", code=230011)),
        (FILES, FeishuError("anything", code=1)),
    ],
)
def test_nobody_is_told_of_the_rest(path, exc):
    assert alert_for(path, exc) is None
