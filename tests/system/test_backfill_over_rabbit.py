"""Over a broker, a version that begins to read a stream asks for what was told before, and its publisher tells that
again: also what the history has no more."""

import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from libs.common import backfill, outbox, relay, restored
from libs.common.bus import Delivery, Outgoing
from libs.common.consumer import Consumer
from libs.common.contracts.base import Event
from libs.common.contracts.leads import LeadCaptured
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit import RabbitReader, bindings
from libs.common.rabbit.backfill import SINCE_FIRST
from libs.common.rabbit.publisher import EVENTS
from libs.common.rabbit.topology import HISTORY_AGE, queue_of
from libs.common.service import Subscriptions
from tests.contract.throwaway import TAKER_TABLES, throwaway_facts  # noqa: F401 - the last one is an autouse fixture
from tests.system.distributed_world import until
from tests.system.faulty_world import NAMES, ROOT, STARTS_S, FaultyWorld
from tests.system.rabbit_world import RabbitWorld, Watch, unbind, wipe


def listen_as_before(world: RabbitWorld, *kinds: type[Event]) -> None:
    """The version before runs for a while, and finds in its queue what topology bound for the next one."""
    hears, same = Subscriptions(), world.services
    for kind in kinds:
        hears.on(kind)(lambda _tx, _fact: None)
    world.services = [one if one.name != "taker" else replace(one, subscriptions=hears) for one in same]
    world.provision()
    Watch(world).look()
    RabbitReader(world.url("taker"), queue_of("taker"), Consumer(world.taker.store, hears).deliver).read_through()
    world.services = same
    world.provision()


def told_long_ago(world: RabbitWorld, *notes: str) -> UUID:
    """Sent, and older than anything that the broker keeps."""
    subject = world.make(*notes)
    world.withhold()
    return subject


def bind_later(world: RabbitWorld) -> None:
    """The service came when the broker had been there for long."""
    unbind(world, queue_of("taker"))
    world.provision()


def look(*watches: Watch) -> None:
    for watch in watches:
        watch.look()


@pytest.mark.parametrize("before", [(), (LeadCaptured,)], ids=["to nothing", "to something else"])
def test_what_was_told_before_a_service_listened_takes_effect_once_when_it_does(
    world: RabbitWorld, before: tuple[type[Event], ...]
) -> None:
    maker = Watch(world, "maker")
    old, dropped = told_long_ago(world, "old"), world.make("dropped")
    world.step()
    listen_as_before(world, *before)

    taker = Watch(world)
    look(taker, maker, taker)
    world.change(old, "new")
    world.read()

    world.until_heard(old, "old", "new", by=[world.taker])
    world.until_heard(dropped, "dropped", by=[world.taker])
    assert world.taker.held() == []
    again = world.rows()
    look(maker, taker, Watch(world), Watch(world, "maker"))
    world.step()
    assert [len(world.taker.heard(one)) for one in (old, dropped)] == [2, 1]
    assert world.rows() == again
    assert any("telling plumbline.taker what they ask for" in detail for _, detail in maker.said)


def test_who_begins_with_a_new_system_is_told_nothing_twice_whoever_told_something_first(world: RabbitWorld) -> None:
    maker = Watch(world, "maker")
    world.make("first")
    world.step()
    look(Watch(world), maker)

    assert not [detail for _, detail in maker.said if detail.startswith("telling")]


def test_another_system_cannot_have_everything_told_again(world: RabbitWorld) -> None:
    maker, crm = Watch(world, "maker"), "subscriber.crm.inbox"
    world.make("told")
    world.step()
    world.management.call("PUT", f"queues/{world.management.here}/{crm}", {"durable": True})
    world.management.bind(EVENTS, crm, "plumbline.thing.#", f"{SINCE_FIRST}9999999999999")

    look(maker)

    assert maker.said == [(True, "")]


def test_a_service_that_is_new_to_a_running_system_gets_all_that_there_was(world: RabbitWorld) -> None:
    old = told_long_ago(world, "old", "older")
    last = world.make("last")
    world.step()
    bind_later(world)

    maker, taker = Watch(world, "maker"), Watch(world)
    look(taker, maker)
    world.read()

    world.until_heard(old, "old", "older", by=[world.taker])
    world.until_heard(last, "last", by=[world.taker])


def test_much_is_told_piece_by_piece_and_what_died_with_its_worker_is_begun_anew(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox.send_again, "__defaults__", (0, None, 3))
    old = [told_long_ago(world, str(number)) for number in range(8)]
    world.make("last")
    world.step()
    bind_later(world)
    taker = Watch(world)
    taker.look()

    Watch(world, "maker").look()  # one piece; then its process ends
    maker = Watch(world, "maker")
    pieces = 0
    while maker.said[-1:] != [(True, "")]:
        maker.look()
        world.step()
        pieces += 1
        assert pieces < 20, "it comes to an end"
    world.read()

    for number, one in enumerate(old):
        world.until_heard(one, str(number), by=[world.taker])
    assert pieces >= 3


@pytest.mark.parametrize("looks", [1, 2], ids=["some of it", "all of it"])
def test_what_was_told_for_the_asking_is_told_again_where_the_broker_was_wiped_before_it_was_read(
    world: RabbitWorld, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox.send_again, "__defaults__", (0, None, 1))
    maker, taker, outbox_ = Watch(world, "maker"), Watch(world), world.maker.tables.outbox
    old, older = told_long_ago(world, "old"), told_long_ago(world, "older")
    with world.maker.begin() as tx:
        tx.execute(outbox_.update().values(created_at=tx.now - HISTORY_AGE - timedelta(days=1)))
    bind_later(world)
    look(taker, *([maker] * looks))
    world.step()

    wipe(world)
    look(taker, maker, maker, maker)
    world.read()

    world.until_heard(old, "old", by=[world.taker])
    world.until_heard(older, "older", by=[world.taker])
    assert any("telling plumbline.taker" in detail for _, detail in maker.said)
    look(maker)
    assert maker.said[-1] == (True, "")


def test_who_comes_new_to_a_broker_that_lost_everything_gets_what_was_told_on_it_before_and_as_no_news(
    world: RabbitWorld,
) -> None:
    """After a restore with a new version, say: what was older than the history was never told, the rest as news."""
    maker, taker, outbox_ = Watch(world, "maker"), Watch(world), world.maker.tables.outbox
    maker.look()
    old, lately = told_long_ago(world, "old"), world.make("lately")
    with world.maker.begin() as tx:
        long_ago = tx.now - HISTORY_AGE - timedelta(days=1)
        tx.execute(outbox_.update().where(outbox_.c.id == 1).values(created_at=long_ago))
    world.step()
    [fact] = [Delivery(row.body).read() for row in world.rows()[:1]]

    wipe(world)
    look(taker, maker, taker, maker)
    world.read()

    world.until_heard(lately, "lately", by=[world.taker])
    world.until_heard(old, "old", by=[world.taker])
    with world.taker.store.reading() as tx:
        assert backfill.happened_before(tx, msgspec.structs.replace(fact, time=long_ago))


def test_an_empty_database_of_a_service_that_was_here_is_said_and_nothing_is_asked_for(world: RabbitWorld) -> None:
    look(Watch(world))
    asked = {one for one in world.management.bindings(EVENTS) if one.mark.startswith(SINCE_FIRST)}
    world.make("told")
    world.step()
    with world.taker.store.begin() as tx:
        for table in vars(TAKER_TABLES).values():
            tx.session.execute(table.delete())

    look(Watch(world), Watch(world))

    status = world.taker.store.tables.worker_status
    with world.taker.store.reading() as tx:
        said = {row.part: row for row in tx.session.execute(status.select())}
    assert (said["new database"].ok, "restore its backup" in said["new database"].detail) == (False, True)
    assert {one for one in world.management.bindings(EVENTS) if one.mark.startswith(SINCE_FIRST)} == asked


def test_a_publisher_of_an_earlier_time_than_its_readers_is_said_and_one_that_only_rested_is_not(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PUBLISHERS, "thing", "maker")
    monkeypatch.setattr(bindings, "OLD", timedelta(0))
    monkeypatch.setattr(restored, "MANY", 3)
    look(Watch(world, "maker"))
    world.make("kept", "and told twice")
    world.step()
    relay.refill(world.maker)
    world.make("kept", "too")
    world.step()
    world.send([Outgoing(0, UUID(int=7), "plumbline.thing.made.v1", b"no fact of anybody's")])
    look(Watch(world, "maker"))
    status, outbox_ = world.maker.tables.worker_status, world.maker.tables.outbox
    with world.maker.reading() as tx:
        assert tx.session.scalar(status.select().where(status.c.part == "restored")) is None

    world.make("forgotten", "too")
    world.step()
    with world.maker.begin() as tx:
        tx.session.execute(outbox_.delete().where(outbox_.c.id > 4))
    look(Watch(world, "maker"))

    with world.maker.reading() as tx:
        said = tx.session.execute(status.select().where(status.c.part == "restored")).one()
    assert (said.ok, "others know 2 facts" in said.detail) == (False, True)


def yesterday(folder: Path) -> Path:
    """This code, but for opportunities, who did not listen to what becomes of enquiries."""
    for part in ("libs", "services"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    handlers = folder / "services" / "opportunities" / "handlers.py"
    lines = handlers.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("@subscriptions.on(Lead")]
    assert kept != lines
    handlers.write_text("\n".join(kept) + "\n")
    return folder


@pytest.mark.long
@pytest.mark.timeout(300)
def test_after_an_upgrade_enquiries_of_before_become_one_opportunity_each(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="plumbline-test-") as made:
        Path(made).chmod(0o755)
        world = FaultyWorld(Path(made))
        world.code = yesterday(tmp_path / "yesterday")
        try:
            world.start()
            leads = world.valid_leads(20)
            until(lambda: not world.parts("leads")["outbox"].get("detail"), "leads has told everything", STARTS_S)
            for name in NAMES:
                world.processes[f"{name}-worker"].stop()
            world.code = ROOT
            for name in NAMES:
                world.work(name)
            world.until_arrived(*leads, world.valid_lead(), seconds=STARTS_S)
            world.until_well()
        finally:
            world.stop()
