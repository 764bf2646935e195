"""What was seen of the traffic, and what belongs to the installation, over both databases."""

from __future__ import annotations

import pytest

from feishu_bot.core.sightings import Sighting
from feishu_bot.stores.installation import SqlInstallation
from feishu_bot.stores.sightings import SqlSightings


@pytest.fixture
def sightings(database):
    return SqlSightings(database)


@pytest.fixture
def installation(database):
    return SqlInstallation(database)


def test_what_is_seen_by_two_processes_adds_up(sightings, other_database):
    assert sightings.add({"event:a": 2, "refused:b": 1}, 100.0) == {"event:a", "refused:b"}
    other = SqlSightings(other_database)

    assert other.add({"event:a": 3, "path:/x": 1}, 200.0) == {"path:/x"}

    assert sightings.all() == {
        "event:a": Sighting(5, 100.0, 200.0),
        "refused:b": Sighting(1, 100.0, 100.0),
        "path:/x": Sighting(1, 200.0, 200.0),
    }


def test_a_process_that_stores_late_takes_no_time_back(sightings):
    sightings.add({"event:a": 1}, 200.0)

    sightings.add({"event:a": 1}, 150.0)

    assert sightings.all()["event:a"].last_at == 200.0


def test_an_installation_has_one_id_for_all_processes(installation, other_database):
    made = installation.id()

    assert len(made) == 32
    assert SqlInstallation(other_database).id() == made


def test_of_several_processes_one_alone_is_to_examine(installation, other_database):
    other = SqlInstallation(other_database)

    assert installation.claim("examined", "these settings", 1_000.0, age=100.0)
    assert not other.claim("examined", "these settings", 1_001.0, age=100.0)
    # Other settings, and enough time, each make it worth another one.
    assert other.claim("examined", "other settings", 1_002.0, age=100.0)
    assert not installation.claim("examined", "other settings", 1_101.0, age=100.0)
    assert installation.claim("examined", "other settings", 1_102.0, age=100.0)
    # What is claimed under another name is another thing.
    assert installation.claim("start", "other settings", 1_103.0, age=100.0)


def test_a_claim_of_the_future_holds_nobody_up(installation):
    assert installation.claim("examined", "x", 9_000.0, age=100.0)

    assert installation.claim("examined", "x", 1_000.0, age=100.0)


def test_the_latest_report_is_kept(installation):
    assert installation.report() is None
    installation.keep_report("one", 1.0)
    installation.keep_report("two", 2.0)

    assert installation.report() == ("two", 2.0)
