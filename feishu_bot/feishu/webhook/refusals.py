"""What a request that was refused means, and what the administrator has to do about it.

By the reason that `SignatureVerifier` gives. Whoever sent it is told none of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feishu_bot.core.languages import Words


@dataclass(frozen=True, slots=True)
class RefusalCause:
    """`is_certain` where only somebody with one of the app's keys can have sent it."""

    what: Words
    remedy: Words
    is_certain: bool = True

    def line(self) -> str:
        """Both languages on one line, for the log."""
        return f"{self.what.zh}。{self.remedy.zh} / {self.what.en}. {self.remedy.en}"


_COPY_KEY = Words(
    "在「事件与回调 › 加密策略」里把 Encrypt Key 抄到 APP_ENCRYPT_KEY，然后重启机器人",
    "Copy the Encrypt Key from Events & Callbacks > Encryption Strategy (事件与回调 › 加密策略) to "
    "APP_ENCRYPT_KEY, and restart the bot",
)
_PASS_ON = Words(
    "让反向代理、WAF 或隧道原样转发请求头和正文；在 PUBLIC_URL 设好后用 feishu-bot doctor 核对",
    "Let proxy, WAF or tunnel pass headers and body on as they are; with PUBLIC_URL set, "
    "feishu-bot doctor checks it",
)

CAUSES: Mapping[str, RefusalCause] = {
    "address check without encryption": RefusalCause(
        Words(
            "开发者后台的 Encrypt Key 还是空的（校验请求没有加密）",
            "The Encrypt Key in the developer console is empty: the address check came unencrypted",
        ),
        Words(
            "请在「事件与回调 › 加密策略」里填上 APP_ENCRYPT_KEY 的值，再保存请求地址",
            "Set it there (Events & Callbacks > Encryption Strategy) to the value of "
            "APP_ENCRYPT_KEY, and save the address again",
        ),
    ),
    "event without encryption": RefusalCause(
        Words(
            "飞书的事件没有加密：开发者后台的 Encrypt Key 是空的",
            "Feishu's events come unencrypted: the Encrypt Key in the developer console is empty",
        ),
        Words(
            "请在「事件与回调 › 加密策略」里填上 APP_ENCRYPT_KEY 的值，并发布版本",
            "Set it there (Events & Callbacks > Encryption Strategy) to the value of "
            "APP_ENCRYPT_KEY, and release a version",
        ),
    ),
    "encrypted with another key": RefusalCause(
        Words(
            "解不开收到的请求：APP_ENCRYPT_KEY 和开发者后台的 Encrypt Key 可能不一致，"
            "或者这个地址被填到了别的应用里",
            "A request can't be decrypted: APP_ENCRYPT_KEY may differ from the Encrypt Key in the "
            "developer console, or another app has this address",
        ),
        _COPY_KEY,
        is_certain=False,
    ),
    "encrypted with the Verification Token": RefusalCause(
        Words(
            "APP_ENCRYPT_KEY 和 APP_VERIFICATION_TOKEN 填反了：开发者后台用后者加密",
            "APP_ENCRYPT_KEY and APP_VERIFICATION_TOKEN are swapped: the developer console "
            "encrypts with the latter",
        ),
        Words("把两个值对调，然后重启机器人", "Exchange the two values and restart the bot"),
    ),
    "wrong token": RefusalCause(
        Words(
            "事件里的 Verification Token 和 APP_VERIFICATION_TOKEN 不一致",
            "The Verification Token in the events differs from APP_VERIFICATION_TOKEN",
        ),
        Words(
            "在「事件与回调 › 加密策略」里把 Verification Token 抄到 APP_VERIFICATION_TOKEN，"
            "然后重启机器人",
            "Copy it from Events & Callbacks > Encryption Strategy (事件与回调 › 加密策略) to "
            "APP_VERIFICATION_TOKEN, and restart the bot",
        ),
    ),
    "address check with a wrong token": RefusalCause(
        Words(
            "校验请求里的 Verification Token 和 APP_VERIFICATION_TOKEN 不一致",
            "The Verification Token in an address check differs from APP_VERIFICATION_TOKEN",
        ),
        Words(
            "在「事件与回调 › 加密策略」里把 Verification Token 抄到 APP_VERIFICATION_TOKEN，"
            "重启机器人，再保存请求地址",
            "Copy it from Events & Callbacks > Encryption Strategy (事件与回调 › 加密策略) to "
            "APP_VERIFICATION_TOKEN, restart the bot, and save the address again",
        ),
        is_certain=False,
    ),
    "another app's event": RefusalCause(
        Words(
            "收到的是另一个应用的事件：这个地址填到了别的应用里，或者 APP_ID 抄错了",
            "Another app's events arrive: this address was entered there, or APP_ID is wrong",
        ),
        Words(
            "核对 APP_ID；每个应用要有自己的机器人和地址",
            "Compare APP_ID; each app needs a bot and an address of its own",
        ),
    ),
    "altered on the way": RefusalCause(
        Words(
            "飞书的事件到了，但正文在路上被改写，签名对不上",
            "Feishu's events arrive with a body that was changed on the way: the signature doesn't "
            "fit",
        ),
        _PASS_ON,
    ),
    "signature lost on the way": RefusalCause(
        Words(
            "飞书的事件到了，但请求头 X-Lark-Signature 在路上丢了",
            "Feishu's events arrive without the header X-Lark-Signature: it was lost on the way",
        ),
        _PASS_ON,
    ),
    "no valid signature": RefusalCause(
        Words(
            "有请求的签名不对：可能是陌生人，也可能是 APP_ENCRYPT_KEY 和后台的不一致",
            "Requests came with a wrong signature: from strangers, or APP_ENCRYPT_KEY differs from "
            "the console's",
        ),
        _COPY_KEY,
        is_certain=False,
    ),
    "old card callback": RefusalCause(
        Words("收到旧版卡片回调", "An old card callback came"),
        Words(
            "应用还在用旧版「消息卡片请求网址」时，设置 LEGACY_CARD_CALLBACKS=true",
            "If the app still uses the old message card request URL, set "
            "LEGACY_CARD_CALLBACKS=true",
        ),
    ),
    "timestamp ahead of our clock": RefusalCause(
        Words(
            "请求的时间比本机时钟晚五分钟以上",
            "The request's time is more than five minutes ahead of this machine's clock",
        ),
        Words(
            "请校准服务器时钟（timedatectl set-ntp true）",
            "Set the clock (timedatectl set-ntp true)",
        ),
    ),
    "timestamp too old": RefusalCause(
        Words(
            "飞书的请求看起来是很久以前的：本机时钟可能快了，也可能是有人重放旧请求",
            "Feishu's requests look old: this machine's clock may be ahead, or somebody repeats "
            "old ones",
        ),
        Words(
            "请校准服务器时钟（timedatectl set-ntp true）",
            "Set the clock (timedatectl set-ntp true)",
        ),
    ),
}
