"""A set-up on the page: its thread, and the server with doorway and page on one port."""

from __future__ import annotations

import threading
from collections.abc import Callable

from feishu_bot.core.languages import Words
from feishu_bot.errors import BotError, SetupFailed
from feishu_bot.logs import get_logger
from feishu_bot.setup.dialogue import GivenUp
from feishu_bot.setup.doorway import Doorway, SetupServer, add_doorway
from feishu_bot.setup.failure_text import failure_text
from feishu_bot.setup.flow import Setup
from feishu_bot.setup.one_time_code import OneTimeCode
from feishu_bot.setup.page import SetupPage
from feishu_bot.setup.page_dialogue import PageDialogue
from feishu_bot.setup.progress import Options, Progress

logger = get_logger(__name__)

# A call that is under way ends first.
JOIN_SECONDS = 12.0


class PageRun:
    """`announce` prints the code; `done` is set once the bot can start."""

    def __init__(
        self,
        progress: Progress,
        announce: Callable[[str], None],
        options: Options = Options(),  # noqa: B008 – a frozen value
    ) -> None:
        self.done = threading.Event()
        self._thread: threading.Thread | None = None
        self._progress = progress
        self._options = options
        self._dialogue = PageDialogue()
        self._doorway = Doorway()
        self._code = OneTimeCode(announce)
        self._app = SetupPage(self._code, self._dialogue, self.start).app()
        add_doorway(self._app, self._doorway)

    def serve(self, host: str, port: int) -> SetupServer:
        """A server for the page, to be entered. Raises SetupFailed where the port is taken."""
        server = SetupServer(self._app, host, port)
        self._code.begin()
        return server

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._dialogue.begin():
            self._thread = threading.Thread(target=self._run, name="setup", daemon=True)
            self._thread.start()

    def wait_until_seen(self, seconds: float) -> None:
        """Let the page read the end; so long, for nobody may be looking."""
        self._dialogue.end_seen.wait(seconds)

    def stop(self) -> None:
        """End what is waiting, and let it close its connections."""
        self._dialogue.give_up()
        if self._thread:
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        flow = Setup(self._progress, self._dialogue, self._options, self._doorway)
        try:
            flow.run()
        except SetupFailed as exc:
            self._dialogue.tell("fault", failure_text(exc), exc.link)
            self._dialogue.end("failed")
        except GivenUp:
            self._dialogue.end("failed")
        except BotError as exc:
            self._dialogue.tell("fault", Words(str(exc), str(exc)))
            self._dialogue.end("failed")
        except Exception:
            # The page would wait for ever; whoever runs the bot finds the rest in the log.
            logger.exception("the set-up failed")
            text = Words("出现意外错误，详见日志", "Something unexpected happened: see the log")
            self._dialogue.tell("fault", text)
            self._dialogue.end("failed")
        else:
            self._dialogue.end("done")
            self.done.set()
