"""The examination as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from feishu_bot import __version__
from feishu_bot.core.doctor import Finding, Report
from feishu_bot.core.exclusive_lease import LeaseStore
from feishu_bot.core.languages import Words
from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.core.sightings import Sightings
from feishu_bot.errors import StoreUnavailable
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.webhook.knock import Keys
from feishu_bot.gateway_factory import build_gateway
from feishu_bot.llm import Gateway
from feishu_bot.logs import SecretMask, get_logger
from feishu_bot.settings import Settings
from feishu_bot.settings.secrets import secrets_of
from feishu_bot.setup.doctor.addresses import CARD_ADDRESS, EVENT_ADDRESS, Knocker
from feishu_bot.setup.doctor.feishu_app import examine_app
from feishu_bot.setup.doctor.held_connection import check_connection
from feishu_bot.setup.doctor.machine import check_proxies, check_settings, check_time_zone
from feishu_bot.setup.doctor.model_service import check_model_service
from feishu_bot.setup.doctor.printed import as_json, from_json
from feishu_bot.setup.doctor.process import check_process
from feishu_bot.setup.doctor.storage import check_storage
from feishu_bot.setup.doctor.traffic import LATELY, check_traffic, last_event
from feishu_bot.stores import SqlInstallation, SqlSightings, Stores

logger = get_logger(__name__)

T = TypeVar("T")

ADDRESS = Words("公网地址", "Public address")


@dataclass(frozen=True, slots=True)
class Records:
    """What the bot has noted in its database."""

    sightings: SqlSightings
    installation: SqlInstallation
    connection: LeaseStore

    @classmethod
    def of(cls, stores: Stores) -> Records:
        """Those of an installation's stores."""
        return cls(stores.sightings, stores.installation, stores.connection_lease)


def _connection_state(records: Records) -> ConnectionState | None:
    """What the holder of the long connection tells; None where nobody holds it."""
    note = records.connection.read_note()
    return ConnectionState.from_json(note) if note else None


@dataclass(frozen=True, kw_only=True)
class SystemDoctor:
    """Implements `core.doctor.Doctor` for a bot with these settings.

    `environ` are the variables they were read from, with those of `.env`. Without `records` nothing
    is known of the traffic. With `asks` the model is put one short question, with `knocks` the
    bot's addresses are tried. `gateway` is the bot's own, where it runs in this process; else
    `is_outside`, and it is looked for on its port.
    """

    settings: Settings
    environ: Mapping[str, str]
    records: Records | None = None
    gateway: Gateway | None = None
    asks: bool = True
    knocks: bool = True
    is_outside: bool = False
    clock: Callable[[], float] = time.time

    def examine(self) -> Report:
        """Look at everything once."""
        with ThreadPoolExecutor(3) as pool:
            # Neither waits for the other two, which are far away.
            stored = pool.submit(self._part, "database", self._storage)
            answered = pool.submit(self._part, "model_service", self._model_service)
            here = self._part("settings", self._machine)
            feishu = self._part("feishu", self._feishu)
            findings = (*here, *stored.result(), *feishu, *answered.result())
        mask = SecretMask(secrets_of(self.settings))
        now = self.clock()
        report = Report(
            version=__version__, at=now, findings=tuple(one.mapped(mask) for one in findings)
        )
        self._keep(report)
        return report

    def latest(self) -> Report | None:
        """What any process has found last, without looking again; None for nothing yet."""
        kept = self._known(lambda records: records.installation.report(), None)
        return from_json(kept.value, kept.at) if kept else None

    def _machine(self) -> Iterable[Finding]:
        yield from check_settings(self.environ)
        yield from check_time_zone(self.settings.feishu_domain)
        yield from check_proxies(self.settings)
        if self.is_outside and self.settings.transport == "webhook":
            yield check_process(self._keys, self.settings.bind, self.settings.http_port)

    def _storage(self) -> Iterable[Finding]:
        yield from check_storage(self.settings.database_url, now=self.clock())

    def _model_service(self) -> Iterable[Finding]:
        gateway = self.gateway or build_gateway(self.settings)
        try:
            yield from check_model_service(gateway, self.settings, asks=self.asks)
        finally:
            if gateway is not self.gateway:
                gateway.close()

    def _feishu(self) -> Iterable[Finding]:
        app = examine_app(self.settings)
        yield from app.findings
        seen: Sightings = self._known(lambda records: records.sightings.all(), {})
        if self.knocks and self.settings.transport == "webhook":
            yield from self._addresses(app.address, seen)
        if self.records is not None:
            links = ConsoleLinks(self.settings.feishu_domain, self.settings.app_id)
            transport = self.settings.transport
            if transport == "long_connection":
                yield check_connection(
                    self._known(_connection_state, None), self.settings.feishu_domain, links
                )
            yield from check_traffic(seen, self.clock(), links, transport=transport)

    def _addresses(self, told: str, seen: Sightings) -> Iterable[Finding]:
        public_url = self.settings.public_url or told
        if not public_url:
            yield Finding(
                check="public_url",
                state="unknown",
                title=ADDRESS,
                what=Words(
                    "没有设置 PUBLIC_URL，没法从外面试一试机器人的地址",
                    "PUBLIC_URL isn't set, so the bot's address can't be tried from outside",
                ),
                remedy=Words(
                    "把填在开发者后台的地址（/webhook/event 之前的部分）设为 PUBLIC_URL",
                    "Set PUBLIC_URL to the address in the developer console, up to /webhook/event",
                ),
            )
            return
        knocker = Knocker(
            keys=self._keys,
            public_url=public_url,
            domain=self.settings.feishu_domain,
            installation=self._known(lambda records: records.installation.id(), ""),
            hears_events=last_event(seen) > self.clock() - LATELY,
        )
        yield knocker.examine(EVENT_ADDRESS)
        yield knocker.examine(CARD_ADDRESS)

    @property
    def _keys(self) -> Keys:
        settings = self.settings
        return Keys(settings.app_id, settings.app_encrypt_key, settings.app_verification_token)

    def _known(self, read: Callable[[Records], T], otherwise: T) -> T:
        """What the database knows; `otherwise` while it is away, which is told elsewhere."""
        try:
            return read(self.records) if self.records else otherwise
        except StoreUnavailable:
            return otherwise

    def _keep(self, report: Report) -> None:
        kept = as_json(report)
        self._known(lambda records: records.installation.keep_report(kept, report.at), None)

    def _part(self, check: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
        """What a part of the examination finds. A fault of ours there must not hide the others."""
        found: list[Finding] = []
        try:
            found.extend(look())
        except Exception as exc:
            logger.exception("examination failed", part=check)
            found.append(
                Finding(
                    check=check,
                    state="unknown",
                    title=Words("体检本身", "The examination itself"),
                    what=Words(
                        f"检查 {check} 时出错，请把日志报告给开发者",
                        f"It failed at {check}; please report the log to the developers",
                    ),
                    evidence=type(exc).__name__,
                )
            )
        return found
