"""The types of values that are addresses."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from feishu_bot.settings.values import InvalidValue, unquoted, value_type, word

# The ends of addresses that are pasted from a document.
_CALLS = r"(/chat/completions|/completions|/responses|/messages|/models)+$"
DOMAINS = {"feishu": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}


@value_type(
    "sqlite:////目录/文件 或 postgresql://用户:密码@主机/库名",
    "sqlite:////FOLDER/FILE or postgresql://USER:PASSWORD@HOST/NAME",
)
def database(value: str) -> str:
    unquoted(value)
    scheme, separator, rest = value.partition("://")
    match scheme.lower():
        case "sqlite" if separator and rest.startswith("/") and rest not in {"/", "/:memory:"}:
            return f"sqlite://{rest}"
        case "postgres" | "postgresql" | "postgresql+psycopg" if rest:
            return f"postgresql+psycopg://{word.read(rest)}"
    if re.fullmatch(r"[\w./-]{1,60}\.(db|sqlite3?)", value):
        raise InvalidValue(f"文件要写成 sqlite:///{value}", f"a file is written sqlite:///{value}")
    raise InvalidValue("两者都不是", "neither")


@value_type(
    "feishu、lark，或 https://open.feishu.cn 这样的地址（http 只限本机）",
    "feishu, lark, or an origin such as https://open.feishu.cn (http on loopback only)",
)
def origin(value: str) -> str:
    value = DOMAINS.get(value.lower(), value)
    if re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}(:[0-9]+)?/?", value.lower()):
        value = f"https://{value}"
    parts = _split(value)
    if parts.path.strip("/"):
        raise InvalidValue("域名后面还有路径", "a path after the host")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise InvalidValue("http 只能用于本机", "plain http is for this machine only")
    host = (parts.hostname or "").lower()
    for name, address in DOMAINS.items():
        # Web pages, such as those of the company, are at other names of these domains.
        domain = address.removeprefix("https://open.")
        if f".{host}".endswith(f".{domain}") and not host.startswith("open."):
            raise InvalidValue(
                f"这是网页的地址，接口在 {address}，填 {name} 即可",
                f"an address of web pages: the API is at {address}, so write {name}",
            )
    return f"{parts.scheme}://{parts.netloc}"


@value_type(
    "https://bot.example.com 这样的地址，不含 /webhook/…",
    "an address such as https://bot.example.com, without /webhook/…",
)
def public(value: str) -> str:
    if not value:
        return value
    parts = _split(re.sub(r"/webhook/(event|card)/?$", "", value))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


@value_type(
    "https://oapi.czl.net 这样的地址，不含用户名和密码",
    "an address such as https://oapi.czl.net, without name and password",
)
def api(value: str) -> str:
    # What hangs on a pasted address doesn't matter, but for the version that Azure needs.
    address, _, query = value.partition("#")[0].partition("?")
    parts = _split(address)
    path = re.sub(_CALLS, "", parts.path.rstrip("/"))
    # A bare host means the same.
    path = "" if path.rstrip("/") == "/v1" else path
    version = re.search(r"(?:^|&)(api-version=[\w.-]+)", query)
    url = f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"
    return f"{url}?{version[1]}" if version else url


@value_type(
    "本机的一个 IP 地址，如 127.0.0.1、0.0.0.0 或 ::",
    "an IP address of this machine, as in 127.0.0.1, 0.0.0.0 or ::",
)
def listening(value: str) -> str:
    try:
        return str(ip_address(value.removeprefix("[").removesuffix("]")))
    except ValueError as exc:
        raise InvalidValue("不是 IP 地址", "no IP address") from exc


@value_type("http://host:3128 这样的地址", "an address such as http://host:3128")
def proxy(value: str) -> str:
    if value:
        _split(value, "http", "https", allow_credentials=True)
    return value


def _split(
    value: str, first: str = "https", second: str = "http", *, allow_credentials: bool = False
) -> SplitResult:
    """The parts of an address with one of two schemes; the `first` is the usual one."""
    try:
        parts = urlsplit(word.read(value))
        host, _ = parts.hostname, parts.port
    except InvalidValue:
        raise
    except ValueError as exc:
        # The library's own words may hold a part of the value, such as a password.
        raise InvalidValue("不是一个地址", "not an address") from exc
    if parts.scheme not in (first, second):
        raise InvalidValue(
            f"没有以 {first}:// 或 {second}:// 开头",
            f"it does not begin with {first}:// or {second}://",
        )
    if not host:
        raise InvalidValue("里面没有主机名", "no host in it")
    if parts.query or parts.fragment:
        raise InvalidValue("含有 ? 或 #", "a ? or # in it")
    if "@" in parts.netloc and not allow_credentials:
        raise InvalidValue("含有用户名或密码", "a name or password in it")
    return parts


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None
