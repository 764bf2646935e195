"""What stands between the internet and the bot, by what comes back from its address."""

from __future__ import annotations

from collections.abc import Mapping

from feishu_bot.core.doctor import printable
from feishu_bot.core.languages import Words
from feishu_bot.feishu.unreached import Layer
from feishu_bot.setup.exchange import Answer

UNREACHED_ADDRESS: Mapping[Layer, tuple[Words, Words]] = {
    "dns": (
        Words("域名解析不到地址", "the name has no address (DNS)"),
        Words(
            "检查 PUBLIC_URL 的拼写和域名的解析记录",
            "Check the spelling of PUBLIC_URL and the DNS records of the name",
        ),
    ),
    "refused": (
        Words("端口上没有程序在听", "nothing listens on that port"),
        Words(
            "启动反向代理，检查端口和防火墙、安全组",
            "Start the reverse proxy; check port, firewall and security group",
        ),
    ),
    "timeout": (
        Words("没有响应", "there is no answer"),
        Words(
            "在防火墙和安全组里放行这个端口，检查反向代理；"
            "只有这台服务器自己访问不了时（NAT 回环），用手机流量打开 /ping 确认",
            "Open the port in firewall and security group, and check the reverse proxy. If only "
            "this server can't reach itself (NAT loopback), open /ping with a phone to make sure",
        ),
    ),
    "certificate_name": (
        Words("证书不是这个域名的", "the certificate is for another name"),
        Words("给这个域名签一张证书", "Get a certificate for this name"),
    ),
    "certificate_expired": (
        Words("证书过期了", "the certificate has expired"),
        Words("续签证书，并检查自动续签", "Renew the certificate, and check what renews it"),
    ),
    "certificate_chain": (
        Words("证书不被信任，或缺少中间证书", "the certificate isn't trusted, or its chain is cut"),
        Words(
            "用公认机构（如 Let's Encrypt）的证书，代理里配置完整的证书链（fullchain.pem）",
            "Use one of a public authority such as Let's Encrypt, and give the proxy the full "
            "chain (fullchain.pem)",
        ),
    ),
    "tls": (
        Words("这个端口上没有 HTTPS", "there is no HTTPS on that port"),
        Words(
            "检查 PUBLIC_URL 的 https:// 和端口，以及反向代理的 TLS 设置",
            "Check https:// and the port in PUBLIC_URL, and the TLS settings of the proxy",
        ),
    ),
    "proxy": (
        Words(
            "服务器自己的出站代理（HTTPS_PROXY）不通",
            "this server's own proxy for outgoing calls (HTTPS_PROXY) doesn't let it out",
        ),
        Words(
            "检查 HTTPS_PROXY，或把域名加进 NO_PROXY",
            "Check HTTPS_PROXY, or put the name into NO_PROXY",
        ),
    ),
    "broken": (
        Words("连接中断了", "the connection broke off"),
        Words("检查反向代理和它的日志", "Check the reverse proxy and its log"),
    ),
}


def meaning_of(answer: Answer, host: str) -> tuple[Words, Words]:
    """What an answer that isn't the bot's means, and what to do."""
    status = answer.status
    if 300 <= status < 400:
        to = printable(answer.header("Location"), 120)
        return (
            Words(f"被转到 {to}，飞书不会跟着转", f"it redirects to {to}; Feishu doesn't follow"),
            Words(
                "把 PUBLIC_URL 和后台的地址改成转到的那个，或对 /webhook/ 关掉跳转",
                "Change PUBLIC_URL and the console to where it leads, or switch the redirect off "
                "for /webhook/",
            ),
        )
    if status == 404:
        return (
            Words("没有这个路径（404）", "there is no such path (404)"),
            Words(
                "检查反向代理：/webhook/event 和 /webhook/card 要原样转给机器人，"
                "PUBLIC_URL 不含多余的路径",
                "Check the reverse proxy: /webhook/event and /webhook/card go to the bot as they "
                "are, and PUBLIC_URL has no path too many",
            ),
        )
    if status == 500 and (answer.json() or {}).get("msg") == "error":
        return (
            Words(
                "通到了机器人，但它现在存不下事件（500）",
                "it leads to the bot, which can't store events just now (500)",
            ),
            Words("看数据库一项和机器人的日志", "See what is said of the database, and its log"),
        )
    if status in (502, 503, 504):
        return (
            Words(
                f"反向代理在，它后面的机器人没有响应（{status}）",
                f"the reverse proxy is there, the bot behind it doesn't answer ({status})",
            ),
            Words(
                "启动机器人；检查代理转发到的主机和端口（HTTP_PORT，默认 9000）",
                "Start the bot; check the host and port that the proxy passes on to (HTTP_PORT, "
                "9000 by default)",
            ),
        )
    if status in (403, 405, 413, 429) or answer.is_page:
        return (
            Words(
                f"回答的是网页或防护页（HTTP {status}），不是机器人",
                f"a page of a site, a tunnel or a firewall answers (HTTP {status}), not the bot",
            ),
            Words(
                f"让 {host} 的 /webhook/ 直接通到机器人：放行 WAF、登录页和隧道的提示页",
                f"Let /webhook/ of {host} lead to the bot: past WAF, login and tunnel pages",
            ),
        )
    return (
        Words(
            f"回答的不是这个机器人（HTTP {status}）", f"what answers isn't this bot (HTTP {status})"
        ),
        Words(
            "检查 PUBLIC_URL，以及反向代理转发到哪里",
            "Check PUBLIC_URL, and where the reverse proxy leads",
        ),
    )
