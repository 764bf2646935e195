"""The fixed words of the set-up's page."""

from __future__ import annotations

from typing import Final

from feishu_bot.core.languages import Language

WORDS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "title": "设置机器人",
        "code": "一次性代码",
        "where": "代码印在机器人的日志里，如 docker logs <容器名>。",
        "enter": "进入",
        "wrong": "代码不对、已用过或已过期。有效的代码是日志里最后的那一个。",
        "plain": "这个页面没有加密（http）。要输入的密钥会以明文传送："
        "请在服务器本机打开，或用 ssh -L 转发端口。",
        "scan": "用飞书或 Lark 扫码",
        "open": "在这台设备上打开链接",
        "next": "继续",
        "failed": "没有完成。改正之后再试：已完成的步骤会保留。",
        "again": "再试一次",
        "done": "设置完成，机器人正在启动…",
        "live": "机器人已在运行。现在去飞书里给它发一条消息吧。这个页面不再需要了。",
        "lost": "连接中断，正在重试…",
        "out": "登录已失效，请重新输入日志里的新代码。",
        "working": "请稍候…",
        "unfit": "这个回答不能用。",
    },
    "en": {
        "title": "Set up the bot",
        "code": "One-time code",
        "where": "The code is in the bot's log, as in docker logs <container>.",
        "enter": "Enter",
        "wrong": "Wrong, used or expired. The one that counts is the last in the log.",
        "plain": "This page is not encrypted (http), so the keys you type travel in plain text: "
        "open it on the server itself, or forward the port with ssh -L.",
        "scan": "Scan with Feishu or Lark",
        "open": "Open the link on this device",
        "next": "Go on",
        "failed": "Not complete. Put it right and try again: what is done stays done.",
        "again": "Try again",
        "done": "All is set up; the bot is starting…",
        "live": "The bot is running: send it a message in Feishu. This page isn't needed any more.",
        "lost": "The connection broke off; trying again…",
        "out": "You are logged out: enter the new code from the log.",
        "working": "One moment…",
        "unfit": "This answer can't be used.",
    },
}
