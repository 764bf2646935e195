"""What the latest real use of database, Feishu and model service says of them."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from lark_oapi.core.http import Transport
from urllib3.exceptions import NameResolutionError, ProxyError, SSLError

from feishu_bot import part_checks
from feishu_bot.content.catalog import Catalog
from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.errors import FeishuError, FeishuUnavailable, ModelError, StoreUnavailable
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.transport import PooledTransport
from feishu_bot.feishu.long_connection.endpoint import TOO_MANY
from feishu_bot.outcomes import LatestOutcome
from feishu_bot.part_checks import (
    RECONNECT_SECONDS,
    DatabaseCheck,
    FeishuCheck,
    GatewayCheck,
    LongConnectionCheck,
    note_database,
    note_feishu,
    note_gateway,
)
from feishu_bot.stores import Database
from feishu_bot.stores.queue_state import QueueReader
from feishu_simulator import Simulator
from tests.polling import Clock
from tests.samples import sample

TEXTS = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}


@pytest.fixture
def clock():
    return Clock(10_000.0)


@pytest.fixture
def outcome(clock):
    return LatestOutcome(timer=clock)


def test_what_one_process_notes_all_processes_know():
    script = """
import os, sys
from feishu_bot.outcomes import LatestOutcome
outcome = LatestOutcome()
child = os.fork()
if not child:
    outcome.note_failure(7)
    os._exit(0)
os.waitpid(child, 0)
print(outcome.is_failing, outcome.reason)
outcome.note_success()
print(outcome.is_failing)
"""
    environ = {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "7", "False"]


def test_before_anything_was_used_nothing_fails(outcome):
    assert not outcome.is_failing


# The database


@pytest.fixture
def file(tmp_path):
    return tmp_path / "bot.db"


@pytest.fixture
def database(file, migrated_file, outcome):
    shutil.copy(migrated_file, file)
    database = Database(f"sqlite:///{file}", on_outcome=partial(note_database, outcome))
    yield database
    database.close()


@pytest.fixture
def check(database, outcome, file):
    return DatabaseCheck(database, outcome, f"sqlite:///{file}", None)


def write(database):
    with database.write() as connection:
        connection.execute(sa.text("INSERT INTO threads VALUES ('c', hex(randomblob(9)), 'r', 1)"))


def fill(database):
    """From now on no page of this database finds room on its disk."""
    engine = database._of_this_process().engine
    engine.dispose()

    @sa.event.listens_for(engine, "connect")
    def limit(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")


def fails_with(check, clock):
    """The kind of failure, and what the administrator reads, in English."""
    clock.tick(part_checks.QUIET_SECONDS + 1)
    with pytest.raises(StoreUnavailable) as caught:
        check.run()
    words = check.explain(caught.value)
    assert words.zh != words.en
    return caught.value.kind, words.en


def test_a_full_disk_is_known_from_the_write_that_failed(
    database, check, outcome, clock, monkeypatch
):
    write(database)
    check.run()
    fill(database)

    with pytest.raises(StoreUnavailable, match="full") as caught, database.write() as connection:
        connection.execute(
            sa.text("INSERT INTO threads VALUES ('c', hex(zeroblob(90000)), 'r', 1)")
        )

    assert caught.value.kind == "full"
    assert outcome.is_failing
    # What is left of it may hold a few bytes all the same.
    free = os.statvfs_result((4096, 4096, 10**6, 100, 100, 9, 9, 9, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda path: free)
    assert "make room" in fails_with(check, clock)[1]
    monkeypatch.undo()
    check.run()
    assert not outcome.is_failing


def test_a_file_that_was_deleted_is_used_no_more(database, check, clock, file):
    write(database)
    file.unlink()

    kind, advice = fails_with(check, clock)
    assert kind == "gone"
    assert "deleted or replaced" in advice
    for use in (database.read, database.write):
        with pytest.raises(StoreUnavailable, match="was deleted"), use():
            pass
    assert not file.exists()


def test_a_file_that_was_replaced_is_not_written_to(
    database, migrated_file, check, clock, file, tmp_path
):
    write(database)
    other = tmp_path / "backup.db"
    shutil.copy(migrated_file, other)
    before = other.read_bytes()
    other.rename(file)

    assert fails_with(check, clock)[0] == "gone"
    assert file.read_bytes() == before


def test_a_damaged_file_is_not_blamed_on_its_owner(database, check, clock, file):
    write(database)
    database.close()
    file.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 400)

    kind, advice = fails_with(check, clock)

    assert kind == "damaged"
    assert "restore a backup" in advice
    assert "chown" not in advice


def test_a_file_damaged_at_the_start_is_told_with_its_remedy(file):
    file.write_bytes(b"nothing that SQLite knows" * 100)

    with pytest.raises(StoreUnavailable, match="damaged: stop the bot") as caught:
        Database(f"sqlite:///{file}").migrate()

    assert "chown" not in str(caught.value)


def test_an_older_version_says_that_the_data_are_newer(database, file):
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreUnavailable, match=r"revision 9999.*a newer version has used it"):
        Database(f"sqlite:///{file}").migrate()


def test_a_process_that_is_overtaken_by_a_newer_version_warns_once(database, check, caplog):
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    check.run()
    check.run()

    (record,) = caplog.records
    assert "bring all replicas to the new version" in record.message


def test_a_database_that_is_written_to_is_not_written_to_for_the_check(
    database, check, outcome, clock
):
    write(database)
    written = outcome._values[0]
    clock.tick(1)
    check.run()
    assert outcome._values[0] == written

    clock.tick(part_checks.QUIET_SECONDS)
    check.run()

    assert outcome._values[0] == clock.now


def test_where_the_database_is_away_nobody_knows_what_waits(database, file, outcome, clock):
    check = DatabaseCheck(database, outcome, f"sqlite:///{file}", QueueReader(database))
    check.run()
    assert sample("feishu_bot_queue_tasks", state="waiting") == 0
    file.unlink()

    fails_with(check, clock)

    assert sample("feishu_bot_queue_tasks", state="waiting") != 0


# Feishu


@pytest.fixture
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def feishu(sim, outcome, monkeypatch):
    """A client at work, and the check that goes by its calls."""
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    transport = PooledTransport()
    transport.start()
    client = FeishuClient(
        app_id=sim.credentials.app_id,
        app_secret=sim.credentials.app_secret,
        domain=sim.feishu.url,
        on_outcome=partial(note_feishu, outcome),
    )
    yield client, FeishuCheck(client, outcome, sim.feishu.url)
    transport.stop()


def test_while_calls_are_answered_nothing_is_asked_for_the_check(sim, feishu):
    client, check = feishu
    client.identity()
    before = len(sim.feishu.calls)

    for _ in range(5):
        check.run()

    assert len(sim.feishu.calls) == before


def test_feishu_lost_is_known_from_the_call_that_failed_and_until_it_is_back(sim, feishu, outcome):
    client, check = feishu
    client.identity()
    sim.feishu.faults.disconnect("*", times=4)

    with pytest.raises(FeishuUnavailable):
        client.identity()
    with pytest.raises(FeishuUnavailable) as caught:
        check.run()
    assert "can't be reached; check the network" in check.explain(caught.value).en

    sim.feishu.faults.clear()
    check.run()
    assert not outcome.is_failing


def test_a_secret_that_was_reset_is_told_with_what_to_do(sim, feishu, outcome):
    client, check = feishu
    client.identity()
    sim.feishu.access.reset_secret("another")

    with pytest.raises(FeishuError):
        client.identity()
    with pytest.raises(FeishuError) as caught:
        check.run()

    words = check.explain(caught.value)
    assert "重置过 App Secret" in words.zh
    assert "If the App Secret was reset" in words.en
    sim.feishu.access.reset_secret(sim.credentials.app_secret)
    check.run()
    assert not outcome.is_failing


def test_a_refusal_of_one_message_is_no_outage(outcome):
    note_feishu(outcome, FeishuUnavailable("no answer"))

    note_feishu(outcome, FeishuError("recalled", code=230011))
    assert not outcome.is_failing
    note_feishu(outcome, FeishuUnavailable("busy", code=200810))
    assert not outcome.is_failing


@pytest.mark.parametrize(
    ("code", "words"), [(99991403, "month's API calls"), (99991401, "IP white list")]
)
def test_an_app_that_is_refused_is_believed_for_ten_minutes(feishu, outcome, clock, code, words):
    _, check = feishu
    note_feishu(outcome, FeishuError("no", code=code))

    with pytest.raises(FeishuError) as caught:
        check.run()

    assert words in check.explain(caught.value).en
    clock.tick(part_checks.REFUSAL_SECONDS + 1)
    check.run()


def test_another_brands_app_is_told_where_to_look():
    check = FeishuCheck(None, None, "https://open.feishu.cn")

    assert "FEISHU_DOMAIN" in check.explain(FeishuError("invalid param", code=10003)).en


# The model service


class ListedGateway:
    """A gateway whose list of models can always be had."""

    def __init__(self):
        self.asked = 0
        self.models = self

    def check(self):
        self.asked += 1

    def default(self):
        return "gpt"


def test_an_account_that_is_empty_shows_in_an_answer_only(outcome, clock):
    gateway = ListedGateway()
    check = GatewayCheck(gateway, outcome, TEXTS, timer=clock)
    check.run()

    note_gateway(outcome, ModelError("account_empty"))
    with pytest.raises(ModelError) as caught:
        check.run()

    words = check.explain(caught.value)
    assert "充值" in words.zh
    assert "top" in words.en.lower()
    note_gateway(outcome, None)
    check.run()
    assert gateway.asked == 1


def test_a_failure_of_one_question_says_nothing_of_the_service(outcome, clock):
    for kind in ("content_filtered", "context_too_long", "bad_request", "stream_broken"):
        note_gateway(outcome, ModelError(kind))

    assert not outcome.is_failing


def test_the_list_is_asked_for_once_in_a_minute(outcome, clock):
    gateway = ListedGateway()
    check = GatewayCheck(gateway, outcome, TEXTS, timer=clock)

    for _ in range(25):
        check.run()
        clock.tick(5)

    assert gateway.asked == 3


@pytest.mark.parametrize("kind", part_checks.SERVICE_DOWN)
def test_every_failure_of_the_service_is_explained(kind, outcome):
    words = GatewayCheck(ListedGateway(), outcome, TEXTS).explain(ModelError(kind))

    assert words.zh and not words.zh.endswith("。")  # noqa: PT018
    assert words.en and not words.en.endswith(".")  # noqa: PT018


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (NameResolutionError("x", None, OSError()), "has no address (DNS)"),
        (ProxyError("no", OSError()), "The proxy of HTTPS_PROXY is out of reach"),
        (SSLError(ssl.SSLCertVerificationError()), "isn't trusted"),
        (None, "can't be reached"),
    ],
)
def test_where_on_its_way_a_call_was_lost_is_told(cause, words):
    lost = FeishuUnavailable("no answer")
    lost.__cause__ = cause
    no_token = FeishuUnavailable("no token")
    no_token.__cause__ = lost

    told = FeishuCheck(None, None, "https://open.feishu.cn").explain(no_token)

    assert words in told.en
    assert told.zh


def test_a_page_in_place_of_feishu_is_told_as_such():
    check = FeishuCheck(None, None, "https://feishu.cn")

    page = FeishuUnavailable("HTTP 200 without a usable body")
    assert "isn't Feishu's API" in check.explain(page).en
    down = FeishuUnavailable("HTTP 502 without a usable body")
    assert "can't be reached" in check.explain(down).en


class WatchedConnection:
    """A long connection that is as the test says."""

    def __init__(self) -> None:
        self.now = ConnectionState(connected=True)

    def state(self) -> ConnectionState:
        return self.now


@pytest.fixture
def connection():
    return WatchedConnection()


@pytest.fixture
def of_connection(connection, clock):
    return LongConnectionCheck(connection, "https://open.feishu.cn", timer=clock)


def test_a_connection_may_be_gone_for_as_long_as_a_reconnection_takes(
    connection, of_connection, clock
):
    of_connection.run()
    connection.now = ConnectionState()
    clock.tick(RECONNECT_SECONDS)
    of_connection.run()
    connection.now = ConnectionState(connected=True)
    of_connection.run()
    connection.now = ConnectionState()
    clock.tick(RECONNECT_SECONDS)
    of_connection.run()


def test_without_a_connection_for_longer_the_reason_is_told(connection, of_connection, clock):
    connection.now = ConnectionState(refusal=TOO_MANY)
    of_connection.run()
    clock.tick(RECONNECT_SECONDS + 1)

    with pytest.raises(FeishuError) as caught:
        of_connection.run()

    words = of_connection.explain(caught.value)
    assert "最多 50 条" in words.zh
    assert "50 at the most" in words.en


def test_what_a_newer_version_tells_of_the_connection_is_read():
    state = ConnectionState(connected=True, frame_seconds=2.0)

    assert ConnectionState.from_json({**state.to_json(), "weather": "fine"}) == state
