"""The set-up from beginning to end; every step knows what is done already."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from feishu_bot.core.languages import Words
from feishu_bot.errors import SettingsError, SetupFailed
from feishu_bot.settings import read_some
from feishu_bot.setup.app_configuration import WantedApp
from feishu_bot.setup.app_step import AppStep
from feishu_bot.setup.checks import check_bot
from feishu_bot.setup.dialogue import Dialogue
from feishu_bot.setup.doorway import Doorway, PortTaken
from feishu_bot.setup.failure_text import failure_text
from feishu_bot.setup.http_calls import HttpCalls
from feishu_bot.setup.model_step import ModelStep
from feishu_bot.setup.progress import Options, Progress
from feishu_bot.setup.release_step import Outcome, ReleaseStep
from feishu_bot.setup.way_in_step import WayInStep

# Feishu's own code for a request URL that doesn't answer its check.
ADDRESS_REFUSED = "210042"
# Listens on this host and port while events are let in.
Listen = Callable[[str, int], AbstractContextManager[Any]]


class Setup:
    """One run. `listen` opens the bot's port, where nothing else has."""

    def __init__(
        self,
        progress: Progress,
        dialogue: Dialogue,
        options: Options,
        doorway: Doorway,
        listen: Listen = lambda host, port: contextlib.nullcontext(),
    ) -> None:
        self._progress = progress
        self._dialogue = dialogue
        self._options = options
        self._doorway = doorway
        self._listen = listen

    def run(self) -> Outcome:
        """From an app to a published version. Raises SetupFailed, and what dialogues raise."""
        calls = HttpCalls()
        try:
            with self._progress.alone():
                return self._run(calls)
        except SettingsError as exc:
            lines = "\n".join(exc.faults).splitlines()
            raise SetupFailed(
                "settings",
                "；".join(line for line in lines if not line.startswith("  ")),
                "; ".join(line.strip() for line in lines if line.startswith("  ")),
            ) from exc
        finally:
            calls.close()

    def _run(self, calls: HttpCalls) -> Outcome:
        progress, dialogue, options = self._progress, self._dialogue, self._options
        app = AppStep(progress, dialogue, calls, options)
        app.run()
        way_in = WayInStep(progress, dialogue, options)
        wanted = way_in.run()
        ModelStep(progress, dialogue, options).run()
        release = ReleaseStep(
            progress,
            dialogue,
            calls=calls,
            options=options,
            doorway=self._doorway,
            adds_scopes=app.scan,
        )
        outcome = self._release(release, way_in, wanted)
        self._check()
        progress.mark_done()
        return outcome

    def _release(self, release: ReleaseStep, way_in: WayInStep, wanted: WantedApp) -> Outcome:
        """Release it; for an address that Feishu can't reach there is another try."""
        found = read_some(self._progress.merged(), "bind", "http_port")
        while True:
            try:
                with contextlib.ExitStack() as stack:
                    if wanted.mode == "webhook":
                        self._serve(stack, found["bind"], found["http_port"])
                    return release.run(wanted)
            except SetupFailed as exc:
                if exc.code != ADDRESS_REFUSED:
                    raise
                self._dialogue.tell("fault", failure_text(exc), exc.link)
                wanted = way_in.ask_again(exc)

    def _serve(self, stack: contextlib.ExitStack, host: str, port: int) -> None:
        """Answer Feishu's check, unless a bot that is running already does."""
        try:
            stack.enter_context(self._listen(host, port))
        except PortTaken:
            self._doorway.is_served = False
            self._dialogue.tell(
                "info",
                Words(
                    f"端口 {port} 上已有机器人在运行，由它回答飞书的检查",
                    f"A bot is running on port {port}: it answers Feishu's check",
                ),
            )

    def _check(self) -> None:
        """What the bot itself would find; nothing of it ends the set-up."""
        self._dialogue.step("check", Words("检查", "Check"))
        for state, text in check_bot(self._progress.settings()):
            self._dialogue.tell(state, text)
