"""gunicorn in forks of a process that has imported the bot.

prometheus_client looks at the environment when it is imported, so a bot with METRICS imports it
again, and with it the bot's own modules, which use it. `tests/test_cli.py` and
`tests/test_package.py` start the bot as it is deployed.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from feishu_bot.unused_modules import EmptyModules
from tests.forks import Fork, Forks, serve

IMPORTED = (
    *("gunicorn.app.wsgiapp", "gunicorn.workers.gthread"),
    *("feishu_bot.app", "feishu_bot.web.worker"),
)
USE_METRICS = ("feishu_bot", "prometheus_client")


class GunicornForks:
    """The process that is forked, seen from the tests."""

    def __init__(self) -> None:
        self._forks = Forks(__name__, warnings="ignore")

    def start(self, environ: dict[str, str], log: Path) -> Fork:
        """Start gunicorn in a process group of its own, with these variables and no others."""
        return Fork(self._forks, self._forks.start(environ=environ, log=str(log)))

    def close(self) -> None:
        self._forks.close()


def _become_gunicorn(environ: dict[str, str], log: str) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environ)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    sys.argv = ["gunicorn", "wsgi:app"]
    if "METRICS" in environ:
        for name in [name for name in sys.modules if name.partition(".")[0] in USE_METRICS]:
            del sys.modules[name]

    from gunicorn.app.wsgiapp import run

    run()


if __name__ == "__main__":
    # As `feishu_bot/wsgi.py` has it.
    EmptyModules("openai.types").install()
    for name in IMPORTED:
        import_module(name)
    serve(_become_gunicorn)
