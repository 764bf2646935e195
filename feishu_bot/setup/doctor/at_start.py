"""What the log says after a start: whether all is well, and what isn't."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

from feishu_bot import __version__
from feishu_bot.background_thread import BackgroundThread
from feishu_bot.core.doctor import Report
from feishu_bot.logs import get_logger
from feishu_bot.settings import SETTINGS, Settings
from feishu_bot.setup.doctor.doctor import SystemDoctor
from feishu_bot.setup.doctor.printed import SIGNS, sentence, summary
from feishu_bot.stores import SqlInstallation

logger = get_logger(__name__)

# Until the processes that receive are there, and can be knocked at.
DELAY_SECONDS = 3.0
# An examination is some six calls of the month's quota. A bot that is started again and again, as
# after a crash, makes them once a day; where something was wrong, and may be put right now, once
# an hour.
WELL_SECONDS = 24 * 3600.0
ILL_SECONDS = 3600.0
JOIN_SECONDS = 1.0
# Nobody who reads a log at a start can do anything about these.
_QUIET = frozenset({"backups", "time_zone"})


class ExaminationAtStart:
    """Examines once after a start, in a thread of its own, and logs what was found.

    Of all processes that start together one does so: `start_id` is the same for them. `subject`
    changes with the settings; an examination of others is worth nothing. `clock` is in seconds
    since the epoch.
    """

    def __init__(
        self,
        doctor: SystemDoctor,
        installation: SqlInstallation,
        *,
        start_id: str,
        subject: str,
        delay: float = DELAY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._doctor = doctor
        self._installation = installation
        self._start_id = start_id
        self._subject = subject
        self._delay = delay
        self._clock = clock
        self._thread = BackgroundThread("examination", self._run, join_seconds=JOIN_SECONDS)

    def start(self) -> None:
        """Begin to wait for the rest of the bot."""
        self._thread.start()

    def stop(self) -> None:
        """End; an examination that goes on is left behind."""
        self._thread.stop()

    def tell(self) -> None:
        """Examine, unless it was done lately, and log what was found."""
        now = self._clock()
        if not self._installation.claim("start", self._start_id, now, age=WELL_SECONDS):
            return
        latest = self._doctor.latest()
        age = WELL_SECONDS if latest and latest.is_well else ILL_SECONDS
        if self._installation.claim("examined", self._subject, now, age=age):
            log_report(self._doctor.examine())
        elif latest:
            log_report(latest, age=now - latest.at)

    def _run(self) -> None:
        if self._thread.wait(self._delay):
            return
        try:
            self.tell()
        except Exception as exc:  # noqa: BLE001 (the bot works without it)
            logger.failure("no examination at this start", exc)


def log_report(report: Report, *, age: float = 0.0) -> None:
    """One line for the whole, then one for each finding that somebody has to see to.

    `age` is how many seconds ago it was made, 0 for just now.
    """
    open_ones = [*report.of("fault"), *report.of("warning"), *report.of("unknown")]
    told = [one for one in open_ones if one.state == "fault" or one.check not in _QUIET]
    ago = f"（{int(age / 60)} 分钟前 / {int(age / 60)} min ago）" if age else ""
    say = logger.info if report.is_well else logger.warning
    say(f"机器人体检 / examination{ago}: {summary(report)}")
    for finding in told:
        words = sentence(finding)
        line = f"{SIGNS[finding.state]} {words.zh} / {words.en}"
        # That no message has come yet is a sign beside other faults, and natural without them.
        is_sign = finding.check == "event_flow" and not report.is_well
        is_news = finding.state != "unknown" or is_sign
        say = logger.warning if is_news else logger.info
        say(line, check=finding.check, evidence=finding.evidence or "-", link=finding.link or "-")
    if told:
        logger.info("重新检查 / to examine again: feishu-bot doctor")


def subject_of(settings: Settings, process: Mapping[str, str]) -> str:
    """What tells settings apart, without telling them."""
    names = (*(setting.name for setting in SETTINGS), "HTTPS_PROXY", "https_proxy", "TZ")
    said = repr((__version__, settings_values(settings), [process.get(name) for name in names]))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def settings_values(settings: Settings) -> list[object]:
    """Every value, secrets as well; for a digest only."""
    return [getattr(settings, name) for name in settings.__slots__]
