"""How Feishu's events get in: to a public address, or over a connection that the bot opens."""

from __future__ import annotations

import dataclasses

from feishu_bot.core.languages import Words
from feishu_bot.errors import SetupFailed
from feishu_bot.feishu.console_links import brand_of
from feishu_bot.settings import addresses
from feishu_bot.settings.values import InvalidValue
from feishu_bot.setup.app_configuration import WantedApp
from feishu_bot.setup.app_step import checked
from feishu_bot.setup.dialogue import Choice, Dialogue, NobodyToAsk, Question
from feishu_bot.setup.failure_text import failure_text
from feishu_bot.setup.progress import Options, Progress
from feishu_bot.setup.public_address import is_private

WAY_IN = Question(
    "way_in",
    Words("飞书的消息怎么送到机器人？", "How do messages get from Feishu to the bot?"),
    "choice",
    choices=(
        Choice(
            "long_connection",
            Words(
                "长连接：机器人自己连到飞书，不需要公网地址和证书（推荐）",
                "Long connection: the bot calls Feishu; no public address, no certificate "
                "(recommended)",
            ),
        ),
        Choice(
            "webhook",
            Words(
                "Webhook：飞书访问你的公网地址，适合已有域名、证书和反向代理的人",
                "Webhook: Feishu calls your public address, if you have a domain and a proxy",
            ),
        ),
    ),
    default="long_connection",
    option="--long-connection / --public-url",
)
WAY_IN_AGAIN = dataclasses.replace(
    WAY_IN,
    text=Words(
        "怎么继续？可以换个地址，改好反向代理后再试，或改用长连接",
        "How to go on? With another address, with this one once the proxy is right, or without",
    ),
    default="",
)
ADDRESS = Question(
    "PUBLIC_URL",
    Words("机器人的公网地址", "The bot's public address"),
    help=Words(
        "如 https://bot.example.com，不含 /webhook/…", "https://bot.example.com, without /webhook/…"
    ),
    option="--public-url",
)


class WayInStep:
    """Decides TRANSPORT and PUBLIC_URL, and makes the keys."""

    def __init__(self, progress: Progress, dialogue: Dialogue, options: Options) -> None:
        self._progress = progress
        self._dialogue = dialogue
        self._options = options

    def run(self) -> WantedApp:
        """The app as it is to be. Raises SetupFailed."""
        progress, dialogue, options = self._progress, self._dialogue, self._options
        dialogue.step("way_in", Words("收消息的方式", "How messages arrive"))
        transport, url = progress.get("TRANSPORT"), progress.get("PUBLIC_URL")
        if options.public_url:
            transport, url = "webhook", options.public_url
        elif options.long_connection:
            transport = "long_connection"
        elif options.redo or not (transport == "long_connection" or url):
            is_webhook = bool(url) and transport != "long_connection"
            now = dataclasses.replace(WAY_IN, default="webhook") if is_webhook else WAY_IN
            transport, url = self._ask(url, now)
        return self._keep(transport, url)

    def ask_again(self, refused: SetupFailed) -> WantedApp:
        """Another way, or an address that works by now. Raises `refused` where nobody is there."""
        try:
            # Without a default: nobody but a person can tell that something has changed.
            kept = self._ask(self._progress.get("PUBLIC_URL"), WAY_IN_AGAIN)
        except NobodyToAsk:
            raise refused from None
        return self._keep(*kept)

    def _keep(self, transport: str, url: str) -> WantedApp:
        progress, dialogue = self._progress, self._dialogue
        key, token = progress.keys()
        if transport == "long_connection":
            progress.save(TRANSPORT="long_connection")
            if brand_of(progress.domain()) == "lark":
                # [field] Consoles of Lark are said to lack the mode.
                dialogue.tell(
                    "warning",
                    Words(
                        "有人反映 Lark 后台没有长连接，若不行请改用 Webhook",
                        "Consoles of Lark are said to lack the long connection: if so, use the "
                        "webhook",
                    ),
                )
            dialogue.tell(
                "ok", Words("长连接，不需要公网地址", "Long connection, no public address needed")
            )
            return WantedApp("long_connection", "", key, token)
        url = self._checked(url)
        progress.save(TRANSPORT="webhook", PUBLIC_URL=url)
        dialogue.tell("ok", Words(f"公网地址 {url}", f"Public address {url}"))
        return WantedApp("webhook", url, key, token)

    def _ask(self, url: str, way_in: Question) -> tuple[str, str]:
        """The way, and the address that Feishu can reach; `url` is the present one."""
        address = dataclasses.replace(ADDRESS, default=url)
        while True:
            if self._dialogue.ask(way_in) == "long_connection":
                return "long_connection", ""
            url = checked(self._dialogue, address, addresses.public)
            try:
                return "webhook", self._checked(url)
            except SetupFailed as exc:
                self._dialogue.tell("warning", failure_text(exc))

    def _checked(self, url: str) -> str:
        """The address as it is used. Raises SetupFailed for one that Feishu can't reach."""
        try:
            url = addresses.public.read(url)
        except InvalidValue as exc:
            words = exc.words
            raise SetupFailed(
                "address", f"PUBLIC_URL：{words.zh}", f"PUBLIC_URL: {words.en}"
            ) from exc
        # A simulated Feishu is on this machine itself.
        if is_private(url) and not is_private(self._progress.domain()):
            raise SetupFailed(
                "address",
                f"{url} 只在内网可达，飞书访问不到。请用公网域名，或改用长连接",
                f"{url} is reached from inside alone, not by Feishu: use a public name, or the "
                "long connection",
            )
        return url
