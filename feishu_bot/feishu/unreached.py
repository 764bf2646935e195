"""At which layer a request failed, and what to do where it was one to Feishu."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from feishu_bot.core.languages import Words
from feishu_bot.feishu.api.network import proxy_for

Layer = Literal[
    "dns",  # the name has no address
    "refused",  # nobody listens there
    "timeout",  # nothing comes back
    "certificate_name",  # the certificate is for other names
    "certificate_expired",
    "certificate_chain",  # nobody we trust has signed it, or a certificate between is missing
    "tls",  # no TLS at all, or none that both sides speak
    "proxy",  # the proxy of our environment can't be reached, or doesn't let us through
    "broken",  # the connection was cut, or what came is no HTTP
]

# What OpenSSL says of a certificate ("X509_V_ERR_…").
_CERTIFICATE: Mapping[int, Layer] = {
    10: "certificate_expired",
    9: "certificate_expired",
    62: "certificate_name",
    64: "certificate_name",
}


# The words for Feishu itself; `{host}` is its address.
UNREACHED: Mapping[Layer, tuple[Words, Words]] = {
    "dns": (
        Words("{host} 解析不到地址", "{host} has no address (DNS)"),
        Words(
            "检查 FEISHU_DOMAIN 有没有写错，服务器的 DNS 和网络是否正常",
            "Check the spelling of FEISHU_DOMAIN, and this server's DNS and network",
        ),
    ),
    "refused": (
        Words("{host} 拒绝连接", "{host} refuses connections"),
        Words(
            "检查 FEISHU_DOMAIN（含端口）和出站防火墙",
            "Check FEISHU_DOMAIN with its port, and the firewall for outgoing connections",
        ),
    ),
    "timeout": (
        Words("{host} 没有响应", "{host} doesn't answer"),
        Words(
            "检查服务器能否访问外网；需要代理时设置 HTTPS_PROXY",
            "Check that this server reaches the internet; where it takes a proxy, set HTTPS_PROXY",
        ),
    ),
    "certificate_name": (
        Words("{host} 的证书不是它的名字", "The certificate of {host} is for another name"),
        Words(
            "检查 FEISHU_DOMAIN；可能有代理在中间拦截 HTTPS",
            "Check FEISHU_DOMAIN; a proxy may be intercepting HTTPS",
        ),
    ),
    "certificate_expired": (
        Words("{host} 的证书过期了", "The certificate of {host} has expired"),
        Words(
            "先检查服务器时钟；私有化平台请更新它的证书",
            "Check this server's clock first; on a private platform renew its certificate",
        ),
    ),
    "certificate_chain": (
        Words(
            "不信任 {host} 的证书",
            "The certificate of {host} isn't trusted",
        ),
        Words(
            "私有化平台或公司代理用自己的根证书时，把根证书装进系统，"
            "或用 SSL_CERT_FILE 指向含它的 PEM 文件",
            "Where a private platform or the company's proxy has a root certificate of its own, "
            "install it in the system, or let SSL_CERT_FILE name a PEM file that holds it",
        ),
    ),
    "tls": (
        Words("和 {host} 建立不了 HTTPS 连接", "No HTTPS connection to {host} comes about"),
        Words(
            "检查 FEISHU_DOMAIN 的端口，以及中间的代理",
            "Check the port in FEISHU_DOMAIN, and proxies in between",
        ),
    ),
    "proxy": (
        Words("HTTPS_PROXY 的代理连不上，或不放行", "The proxy of HTTPS_PROXY is out of reach"),
        Words(
            "检查代理的地址、端口和密码；不需要代理就删掉 HTTPS_PROXY",
            "Check its address, port and password; without a need for it remove HTTPS_PROXY",
        ),
    ),
    "broken": (
        Words("和 {host} 的连接中断了", "The connection to {host} broke off"),
        Words(
            "稍后再试；反复出现时检查中间的代理和防火墙",
            "Try again; if it stays, check proxies and firewalls in between",
        ),
    ),
}


NOT_FEISHU = (
    Words(
        "{host} 的回答不是飞书的接口，可能是中间的代理或网页",
        "What {host} answers isn't Feishu's API, but maybe a proxy's page",
    ),
    Words(
        "FEISHU_DOMAIN 应为 feishu、lark 或 https://open.feishu.cn 这样的地址；检查中间的代理",
        "FEISHU_DOMAIN is feishu, lark or an address such as https://open.feishu.cn; check proxies "
        "in between",
    ),
)


def layer_of(exc: BaseException, url: str = "") -> Layer:
    """Where a request failed, by what the library raised."""
    match exc:
        case ProxyError():
            return "proxy"
        case NameResolutionError() | socket.gaierror() | LocationParseError():
            return "dns"
        # A kind of timeout to urllib3, and none to us.
        case NewConnectionError():
            return "proxy" if url and proxy_for(url) else "refused"
        case ConnectTimeoutError() | ReadTimeoutError() | TimeoutError():
            return "timeout"
        case ssl.SSLCertVerificationError():
            code = getattr(exc, "verify_code", 0)
            return _CERTIFICATE.get(code, "certificate_chain")
        case SSLError():
            inner = next((arg for arg in exc.args if isinstance(arg, ssl.SSLError)), None)
            return layer_of(inner) if inner else "tls"
        case ssl.SSLError():
            return "tls"
        case ConnectionRefusedError():
            return "refused"
    return "broken"


def host_of(url: str) -> str:
    """Host and port of an address, as they are shown."""
    return urlsplit(url).netloc.rpartition("@")[2]
