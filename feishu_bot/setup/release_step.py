"""Configures the app in Feishu, publishes a version, and follows it until it is approved."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Literal

from feishu_bot.core.languages import Words
from feishu_bot.errors import SetupFailed
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.webhook.knock import Keys
from feishu_bot.settings.credentials import credential
from feishu_bot.setup import by_hand
from feishu_bot.setup.app_configuration import (
    AppConfiguration,
    NoConfigurationApi,
    WantedApp,
    wanted_version,
)
from feishu_bot.setup.app_step import checked
from feishu_bot.setup.configuration_errors import BY_HAND, SCOPE_MISSING
from feishu_bot.setup.dialogue import Choice, Dialogue, NobodyToAsk, Question
from feishu_bot.setup.doorway import Doorway
from feishu_bot.setup.failure_text import failure_text
from feishu_bot.setup.http_calls import HttpCalls
from feishu_bot.setup.progress import Options, Progress
from feishu_bot.setup.public_address import check_address

Outcome = Literal["live", "in_review", "by_hand"]
DONE = Question(
    "done_by_hand",
    Words("都做完了吗？", "Is all of it done?"),
    "choice",
    choices=(
        Choice("done", Words("做完了", "Done")),
        Choice("later", Words("以后再做", "Later")),
    ),
)


class ReleaseStep:
    """Brings the app in Feishu to what is wanted; `adds_scopes` lets a person add scopes to it."""

    def __init__(
        self,
        progress: Progress,
        dialogue: Dialogue,
        *,
        calls: HttpCalls,
        options: Options,
        doorway: Doorway,
        adds_scopes: Callable[[str], None],
    ) -> None:
        self._progress = progress
        self._dialogue = dialogue
        self._calls = calls
        self._options = options
        self._doorway = doorway
        self._adds_scopes = adds_scopes

    def run(self, wanted: WantedApp) -> Outcome:
        """What has become of it. Raises SetupFailed."""
        self._dialogue.step("release", Words("配置并发布应用", "Configure and publish the app"))
        app = self._app()
        app.check()
        self._doorway.accepts((wanted.encrypt_key, wanted.verification_token))
        if wanted.mode == "webhook" and self._doorway.is_served:
            self._knock(wanted)
        try:
            try:
                return self._release(app, wanted)
            except SetupFailed as exc:
                if not self._is_scope_missing(exc):
                    raise
            self._add_scopes()
            return self._release(self._app(), wanted)
        except NoConfigurationApi:
            reason = Words(
                "这个平台不能用接口配置应用，请按下面的步骤手动完成",
                "This platform has no API for the configuration: please do these steps by hand",
            )
            return self._by_hand(wanted, reason)
        except SetupFailed as exc:
            if not exc.code.isdecimal() or int(exc.code) not in BY_HAND:
                raise
            return self._by_hand(wanted, failure_text(exc))

    def _app(self) -> AppConfiguration:
        progress = self._progress
        return AppConfiguration(
            self._calls,
            domain=progress.domain(),
            app_id=progress.get("APP_ID"),
            app_secret=progress.get("APP_SECRET"),
        )

    def _knock(self, wanted: WantedApp) -> None:
        """Our own check of the public address: a machine may not reach itself by that name."""
        try:
            keys = Keys(self._progress.get("APP_ID"), wanted.encrypt_key, wanted.verification_token)
            check_address(self._calls, wanted.public_url, keys)
        except SetupFailed as exc:
            self._dialogue.tell("warning", failure_text(exc))
        else:
            self._dialogue.tell("ok", Words("公网地址通到这里", "The public address leads here"))

    def _release(self, app: AppConfiguration, wanted: WantedApp) -> Outcome:
        versions = app.versions()
        waiting = wanted_version(versions, wanted, lambda status: status == "in_review")
        if waiting is not None:
            return self._follow(app, waiting.number)
        if not self._options.redo and wanted_version(
            versions, wanted, lambda status: status == "approved"
        ):
            number = versions[0].number
            self._dialogue.tell(
                "ok", Words(f"版本 {number} 已经生效", f"Version {number} is live already")
            )
            return "live"
        app.enable_bot()
        with self._doorway.open():
            app.configure(wanted, wanted.scopes)
        self._dialogue.tell(
            "ok",
            Words(
                "事件、回调、权限、机器人和菜单已配置",
                "Events, callbacks, scopes, bot and menu are configured",
            ),
        )
        number = app.publish(wanted, versions)
        self._dialogue.tell("info", Words(f"已提交版本 {number}", f"Version {number} is submitted"))
        self._make_panel(app)
        return self._follow(app, number)

    def _make_panel(self, app: AppConfiguration) -> None:
        """A convenience: without it all works, so nothing ends for it."""
        with contextlib.suppress(NoConfigurationApi):
            try:
                app.make_panel()
            except SetupFailed as exc:
                text = failure_text(exc)
                self._dialogue.tell(
                    "warning",
                    Words(f"斜杠指令面板没有建好：{text.zh}", f"No command panel: {text.en}"),
                    exc.link,
                )

    def _follow(self, app: AppConfiguration, number: str) -> Outcome:
        """Ask for the version's state until it is decided, or long enough."""
        page = self._console().page("version")
        ends_at, has_told = time.monotonic() + self._options.follow_seconds, False
        while True:
            found = next((one for one in app.versions() if one.number == number), None)
            match found.status if found else "":
                case "approved":
                    self._dialogue.tell(
                        "ok", Words(f"版本 {number} 已生效", f"Version {number} is live")
                    )
                    return "live"
                case "rejected":
                    raise SetupFailed(
                        "publish",
                        f"版本 {number} 被管理员驳回。和管理员沟通后重新运行",
                        f"The administrator rejected version {number}: talk to them, then run the "
                        "set-up again",
                        link=page,
                    )
            if not has_told:
                self._tell_who_approves(number)
                has_told = True
            if time.monotonic() >= ends_at:
                return "in_review"
            if self._dialogue.wait(self._options.poll_seconds):
                return "in_review"

    def _tell_who_approves(self, number: str) -> None:
        self._dialogue.tell(
            "warning",
            Words(
                f"版本 {number} 等待企业管理员审核：管理后台 › 工作台 › 应用审核。"
                "通过之后机器人才会收到消息，不用再做别的",
                f"Version {number} waits for an administrator of the company: admin console › "
                "Workplace › App review. Until then no message arrives; nothing else is to be done",
            ),
            self._console().review(),
        )

    def _console(self) -> ConsoleLinks:
        return ConsoleLinks(self._progress.domain(), self._progress.get("APP_ID"))

    @staticmethod
    def _is_scope_missing(exc: SetupFailed) -> bool:
        return exc.code.isdecimal() and int(exc.code) in SCOPE_MISSING

    def _add_scopes(self) -> None:
        """An app that was made otherwise may not configure itself: a scan lets it."""
        self._dialogue.tell(
            "info",
            Words(
                "这个应用还不能配置自己，请扫码为它补上权限和事件",
                "The app may not configure itself yet: scan to add scopes and events to it",
            ),
        )
        self._adds_scopes(self._progress.get("APP_ID"))

    def _by_hand(self, wanted: WantedApp, reason: Words) -> Outcome:
        domain, app_id = self._progress.domain(), self._progress.get("APP_ID")
        self._dialogue.tell("warning", reason)
        self._number(by_hand.configure(domain, app_id, wanted))
        if wanted.mode == "long_connection":
            # The console saves that mode only while the bot is connected.
            return "by_hand"
        try:
            self._take_keys()
            answer = self._dialogue.ask(DONE)
        except NobodyToAsk:
            return "by_hand"
        return "live" if answer == "done" else "by_hand"

    def _take_keys(self) -> None:
        """The keys as the console has them: it makes the token itself."""
        names = ("APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
        for name, label in zip(names, ("Encrypt Key", "Verification Token"), strict=True):
            question = Question(name, Words(label, label), "secret")
            self._progress.save(**{name: checked(self._dialogue, question, credential(label))})
        self._doorway.accepts(self._progress.keys())
        self._dialogue.tell(
            "info",
            Words("机器人已准备好，现在可以保存请求地址", "Now the request URLs can be saved"),
        )

    def _number(self, instructions: Iterable[by_hand.Instruction]) -> None:
        for number, (text, link) in enumerate(instructions, 1):
            numbered = Words(f"{number}. {text.zh}", f"{number}. {text.en}")
            self._dialogue.tell("info", numbered, link)
