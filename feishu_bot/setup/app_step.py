"""The first step: an app, by a scan or by hand."""

from __future__ import annotations

from typing import Any

from feishu_bot.core.languages import Words
from feishu_bot.errors import SetupFailed
from feishu_bot.feishu.console_links import brand_of
from feishu_bot.settings import credentials, values
from feishu_bot.settings.values import InvalidValue
from feishu_bot.setup import by_hand, links
from feishu_bot.setup.dialogue import Choice, Dialogue, GivenUp, NobodyToAsk, Question
from feishu_bot.setup.failure_text import failure_text
from feishu_bot.setup.http_calls import HttpCalls
from feishu_bot.setup.progress import Options, Progress
from feishu_bot.setup.registration import RegisteredApp, Registration

# Short: the code has to fit into a terminal. The page of the link lets it be changed.
DEFAULT_NAME = "AI"
AGAIN = Question(
    "register_again",
    Words("怎么继续？", "How to go on?"),
    "choice",
    choices=(
        Choice("again", Words("换一个新的二维码", "Show a new code")),
        Choice(
            "by_hand",
            Words("在开发者后台手动创建应用", "Make the app by hand in the developer console"),
        ),
        Choice("stop", Words("先停在这里，以后再运行", "Stop here, and run it again later")),
    ),
)


class AppStep:
    """Makes an app, or updates the one that there is."""

    def __init__(
        self, progress: Progress, dialogue: Dialogue, calls: HttpCalls, options: Options
    ) -> None:
        self._progress = progress
        self._dialogue = dialogue
        self._calls = calls
        self._options = options

    def run(self) -> None:
        """After it APP_ID and APP_SECRET are set. Raises SetupFailed."""
        progress, dialogue = self._progress, self._dialogue
        dialogue.step("app", Words("应用", "The app"))
        app_id = progress.get("APP_ID")
        if app_id and progress.get("APP_SECRET"):
            dialogue.tell("ok", Words(f"已有应用 {app_id}", f"There is an app already: {app_id}"))
            return
        while True:
            try:
                self.scan(app_id)
            except SetupFailed as exc:
                if exc.code == "cancelled":
                    raise
                if self._goes_on_by_hand(exc):
                    self._by_hand()
                    return
            else:
                return

    def scan(self, app_id: str = "") -> None:
        """Show the link and wait; with an `app_id` it adds what that app lacks."""
        progress, dialogue = self._progress, self._dialogue
        registration = Registration(
            self._calls,
            domain=progress.domain(),
            lark_domain=self._options.lark_domain,
            wait=dialogue.wait,
        )
        name = progress.get("BOT_NAME") or DEFAULT_NAME
        link = registration.begin(name=name, app_id=app_id)
        minutes = round(link.seconds / 60)
        dialogue.tell(
            "info",
            Words(
                f"用飞书扫码，或打开链接，然后确认（{minutes} 分钟内有效；谁扫码，应用就归谁）",
                f"Scan it with Feishu or open the link, then confirm (good for {minutes} minutes; "
                "the app belongs to whoever scans)",
            ),
        )
        dialogue.show_link(link.url)
        try:
            app = registration.finish(link)
        finally:
            dialogue.hide_link()
        self._keep(app)

    def _keep(self, app: RegisteredApp) -> None:
        progress = self._progress
        progress.save(APP_ID=app.app_id, APP_SECRET=app.app_secret)
        domain = progress.domain()
        if app.brand == "lark" and domain != self._options.lark_domain:
            is_usual = self._options.lark_domain == links.LARK
            progress.save(FEISHU_DOMAIN="lark" if is_usual else self._options.lark_domain)
        elif app.brand == "feishu" and brand_of(domain) == "lark":
            progress.save(FEISHU_DOMAIN="feishu")
        admins = [one for one in progress.get("ADMINS").replace("，", ",").split(",") if one]
        if app.open_id and app.open_id not in admins:
            progress.save(ADMINS=",".join([*admins, app.open_id]))
        zh, en = ("Lark", "Lark") if app.brand == "lark" else ("飞书", "Feishu")
        self._dialogue.tell(
            "ok",
            Words(
                f"应用 {app.app_id}（{zh}），扫码的人是机器人的管理员，"
                f"凭证保存在 {progress.file.path}",
                f"App {app.app_id} ({en}); whoever scanned is the bot's administrator; the "
                f"credentials are in {progress.file.path}",
            ),
        )

    def _goes_on_by_hand(self, exc: SetupFailed) -> bool:
        """Whether the person makes the app by hand. Raises the failure where there is nobody."""
        self._dialogue.tell("warning", failure_text(exc), exc.link)
        try:
            answer = self._dialogue.ask(AGAIN)
        except NobodyToAsk:
            raise exc from None
        if answer == "stop":
            raise GivenUp("stopped")
        return answer == "by_hand"

    def _by_hand(self) -> None:
        domain = self._progress.domain()
        for number, (text, link) in enumerate(by_hand.make_app(domain), 1):
            numbered = Words(f"{number}. {text.zh}", f"{number}. {text.en}")
            self._dialogue.tell("info", numbered, link)
        app_id = checked(
            self._dialogue, Question("APP_ID", Words("App ID", "App ID")), credentials.app_id
        )
        question = Question("APP_SECRET", Words("App Secret", "App Secret"), "secret")
        secret = checked(self._dialogue, question, credentials.app_secret)
        self._progress.save(APP_ID=app_id, APP_SECRET=secret)


def checked(dialogue: Dialogue, question: Question, kind: values.ValueType[Any]) -> str:
    """An answer of this type; asks until it is one."""
    while True:
        answer = values.trimmed(dialogue.ask(question))
        try:
            kind.read(answer)
        except InvalidValue as exc:
            zh = f"{exc.words.zh}，应为：{kind.zh}"
            dialogue.tell("warning", Words(zh, f"{exc.words.en}; expected {kind.en}"))
        else:
            return answer
