"""Which failures of Feishu's API mean that nothing goes any more, and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from urllib3.exceptions import HTTPError

from feishu_bot.core.languages import Words
from feishu_bot.errors import FeishuError, FeishuUnavailable
from feishu_bot.feishu.api.error_codes import CREDENTIALS_REFUSED
from feishu_bot.feishu.unreached import NOT_FEISHU, UNREACHED, host_of, layer_of

# What Feishu says of the app to every call, whatever it asks for ("Common error codes").
_APP_REFUSED: Mapping[int, Words] = {
    99991401: Words(
        "服务器不在应用的 IP 白名单里：在开发者后台「安全设置 › IP 白名单」里加上",
        "this server isn't on the app's IP white list: add it in the developer console under "
        "Security Settings (安全设置)",
    ),
    99991403: Words(
        "本月的 API 调用次数用完了：请升级套餐，或设置 STREAMING=false 减少调用",
        "the month's API calls are used up: get a larger plan, or set STREAMING=false to need "
        "fewer",
    ),
}
APP_REFUSED = frozenset(_APP_REFUSED)
# The app has no bot, or it isn't released: no message comes or goes ("Get bot info", "Send
# message").
BOT_OFF = frozenset({11205, 11240, 230006})
BOT_OFF_ADVICE = Words(
    "应用没有机器人能力，或还没发布：在开发者后台「添加应用能力」里添加机器人，再创建版本并发布",
    "the app has no bot, or it isn't released: in the developer console add the bot under Add "
    "Features (添加应用能力), create a version and release it",
)
# As the transport tells of answers that aren't JSON of Feishu.
_PAGE = re.compile(r"\bHTTP (\d{3}) without a usable body")
# Nobody knows the App ID here.
_APP_UNKNOWN = 10003


def is_outage(exc: FeishuError) -> bool:
    """Whether all calls fail like this one: no answer, no token, or the app itself is refused."""
    if exc.code in APP_REFUSED:
        return True
    # With a code of its own it answered, and was busy with this one message or card.
    return isinstance(exc, FeishuUnavailable) and (
        exc.code == 0 or isinstance(exc.__cause__, FeishuError)
    )


def advice_for(exc: Exception, domain: str) -> Words:
    """The same as `advice`, told by where on its way the call was lost."""
    lost: BaseException | None = exc
    while lost is not None and not isinstance(lost, HTTPError | OSError):
        lost = lost.__cause__
    code, layer = getattr(exc, "code", 0), layer_of(lost, domain) if lost is not None else "broken"
    found = _PAGE.search(str(exc))
    if found and int(found[1]) < 500:
        # A page below 500 is no outage of Feishu, but somebody else.
        what, remedy = NOT_FEISHU
    elif code or layer == "broken":
        return advice(code, domain)
    else:
        what, remedy = UNREACHED[layer]
    host = host_of(domain)
    return Words(
        f"{what.zh.format(host=host)}。{remedy.zh}；恢复后机器人会接着回答",
        f"{what.en.format(host=host)}. {remedy.en}. The bot goes on answering when it is back",
    )


def with_code(words: Words, code: int) -> Words:
    """With Feishu's code after it."""
    return Words(f"{words.zh}（错误码 {code}）", f"{words.en} (code {code})")


def advice(code: int, domain: str) -> Words:
    """A sentence of Chinese and one of English, without a full stop; `code` 0 for no answer."""
    if code == _APP_UNKNOWN:
        return Words(
            f"{domain} 不认识这个 APP_ID，请核对；飞书和 Lark 的应用不通用，"
            f"见 FEISHU_DOMAIN（错误码 {code}）",
            f"{domain} doesn't know this APP_ID: compare it. Apps of Feishu and of Lark are "
            f"separate, see FEISHU_DOMAIN (code {code})",
        )
    if code in CREDENTIALS_REFUSED:
        return Words(
            f"APP_ID 或 APP_SECRET 不对，请与「凭证与基础信息」核对：如果在后台重置过 App Secret，"
            f"换上新的并重启（错误码 {code}）",
            "APP_ID or APP_SECRET is wrong; compare them with Credentials & Basic Info "
            "(凭证与基础信息). If the App Secret was reset in the console, set the new one and "
            f"restart (code {code})",
        )
    if code in BOT_OFF:
        return with_code(BOT_OFF_ADVICE, code)
    if code in _APP_REFUSED:
        return with_code(_APP_REFUSED[code], code)
    if code == 0:
        return Words(
            f"连不上 {domain}，请检查网络和 HTTPS_PROXY；恢复后机器人会接着回答",
            f"{domain} can't be reached; check the network and HTTPS_PROXY. The bot goes on "
            "answering when it is back",
        )
    return with_code(Words("拒绝了请求", "it refused the call"), code)
