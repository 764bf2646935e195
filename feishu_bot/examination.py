"""How the running bot examines itself: on demand, once at a start, and by its traffic."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass

from feishu_bot.core.alerts import AlertSink
from feishu_bot.core.sightings import NotedSightings, SightingKeeper
from feishu_bot.errors import SettingsError
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.webhook.knock import KnockAnswers
from feishu_bot.llm import Gateway
from feishu_bot.settings import Settings, read_environment
from feishu_bot.setup.doctor.at_start import ExaminationAtStart, subject_of
from feishu_bot.setup.doctor.doctor import Records, SystemDoctor
from feishu_bot.setup.doctor.traffic_watch import TrafficWatch
from feishu_bot.stores import Stores


@dataclass(frozen=True, kw_only=True)
class Examination:
    """The parts of it. `sightings` takes what the webhook sees, `knocks` answers what we send."""

    doctor: SystemDoctor
    sightings: NotedSightings
    knocks: KnockAnswers
    keeper: SightingKeeper
    watch: TrafficWatch
    at_start: ExaminationAtStart | None


def build_examination(
    settings: Settings, stores: Stores, gateway: Gateway, alerts: AlertSink
) -> Examination:
    """For a bot with this gateway and these stores; starts nothing."""
    sightings, installation = NotedSightings(), stores.installation
    records = Records.of(stores)
    doctor = SystemDoctor(
        settings=settings, environ=_environment(), records=records, gateway=gateway
    )
    links = ConsoleLinks(settings.feishu_domain, settings.app_id)
    at_start = ExaminationAtStart(
        SystemDoctor(
            settings=settings,
            environ=_environment(),
            records=records,
            gateway=gateway,
            # A start isn't worth what a question costs.
            asks=False,
        ),
        installation,
        start_id=uuid.uuid4().hex,
        subject=subject_of(settings, os.environ),
    )
    return Examination(
        doctor=doctor,
        sightings=sightings,
        knocks=KnockAnswers(settings.app_encrypt_key, installation.id),
        keeper=SightingKeeper(sightings, stores.sightings),
        watch=TrafficWatch(stores.sightings, alerts, links),
        at_start=at_start if settings.doctor_at_start else None,
    )


def _environment() -> dict[str, str]:
    """What the settings were read from; they may come from elsewhere, as in tests."""
    try:
        return read_environment()
    except SettingsError:
        return dict(os.environ)
