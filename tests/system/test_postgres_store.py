"""PostgreSQL keeps the promises that every store makes."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common import audit, flushing, loops, orm
from libs.common.dberrors import persistent
from libs.common.errors import Conflict, Unavailable
from libs.common.positions import LOCK
from libs.common.relay import MARK_AND_READ
from libs.common.skipping import GLIDE
from libs.common.store import Store
from libs.common.timers import Timers
from libs.common.tx import Tx
from tests.contract.store_suite import StoreSuite
from tests.contract.throwaway import (
    MAKER_TABLES,
    Thing,
    ThingChanged,
    ThingMade,
    make,
    maker,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.statements import hearing
from tests.system.postgres_world import until_one_waits


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    def store(self, new_database: Callable[[str], str]) -> Iterator[Store]:
        database = orm.connect(new_database("maker"), pool_size=10)
        yield maker(database)
        database.dispose()


def test_a_pool_that_is_used_up_is_told_within_seconds_and_heals(new_database: Callable[[str], str]) -> None:
    database = orm.connect(new_database("maker"), pool_size=1)  # and one more at need
    store = maker(database)
    with store.begin() as one, store.begin() as other:
        assert one.connection is not other.connection
        began = time.monotonic()
        with pytest.raises(Unavailable, match="every database connection is busy") as refusal, store.begin() as third:
            assert third.connection
        assert time.monotonic() - began < 3.5
        assert refusal.value.headers["Retry-After"] == "1"
    with store.begin() as again:
        assert again.connection
    database.dispose()


def test_only_to_note_that_a_fact_was_sent_nobody_waits_for_the_disk(new_database: Callable[[str], str]) -> None:
    """Lost with a database that dies, the note has the fact sent once more; an act that was answered must never be."""
    database = orm.connect(new_database("maker"))
    store = maker(database)
    with store.begin() as tx:
        make(tx, "kettle")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SET synchronous_commit = on")  # as it is wherever data are worth anything
        connection.commit()
        with connection.begin():
            sent = connection.exec_driver_sql("SELECT id FROM outbox").scalars().all()
            assert connection.exec_driver_sql(MARK_AND_READ, {"taken": sent, "seen": sent, "most": 1}).all() == []
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "off"
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
        assert connection.exec_driver_sql("SELECT count(published_at) FROM outbox").scalar_one() == len(sent)
    database.dispose()


@pytest.mark.parametrize("reading", [True, False], ids=["reading", "writing"])
def test_the_version_before_works_on_after_a_migration_that_made_a_column_wider(
    new_database: Callable[[str], str], *, reading: bool
) -> None:
    """It had asked so often that the server keeps its question, as it was before the migration."""
    url = new_database("maker")
    database, later = orm.connect(url, pool_size=1), orm.connect(url)
    store = maker(database)

    def names() -> list[str]:
        with store.reading() if reading else store.begin() as tx:
            return list(tx.session.scalars(sa.select(Thing.note)))

    with store.begin() as tx:
        make(tx, "kettle")
    for _ in range(10):
        names()
    with later.engine.begin() as migration:
        migration.exec_driver_sql("ALTER TABLE things ALTER COLUMN note TYPE varchar(300)")

    assert persistent(names) == ["kettle"]
    for one in (database, later):
        one.dispose()


@pytest.mark.parametrize("told", [Conflict("refused"), Unavailable("away"), ValueError("a bug")], ids=repr)
def test_what_undid_an_act_is_told_though_the_server_died_before_it_was_undone(
    new_database: Callable[[str], str], told: Exception
) -> None:
    database = orm.connect(new_database("maker"))
    store = maker(database)
    with pytest.raises(type(told)) as refusal, store.begin() as tx:
        backend = tx.connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
        with database.reader.connect() as killer:
            assert killer.execute(sa.select(sa.func.pg_terminate_backend(backend, 5000))).scalar_one()
        raise told
    assert refusal.value is told
    with store.begin() as again:
        assert again.connection
    database.dispose()


def test_what_an_act_leaves_is_written_by_one_statement(new_database: Callable[[str], str]) -> None:
    database = orm.connect(new_database("maker"))
    store = maker(database)

    def make_one(note: str) -> UUID:
        with store.begin() as tx:
            thing = tx.new(Thing, note=note)
            tx.publish(ThingMade(subject=thing.id, note=note), of=thing)
        return thing.id

    def change(ident: UUID, note: str) -> None:
        with store.begin() as tx:
            thing = tx.get(Thing, ident)
            thing.note = note
            tx.publish(ThingChanged(subject=thing.id, note=note), of=thing)

    make_one("before")  # who asks what time it is
    with hearing(database) as asked:
        ident = make_one("made")
        assert [statement.split()[0] for statement, _ in asked] == ["WITH"], asked
        asked.clear()
        change(ident, "changed")
        assert [statement.split()[0] for statement, _ in asked] == ["SELECT", "WITH"], asked

    with store.reading() as tx:
        thing = tx.session.get_one(Thing, ident)
        assert (thing.note, thing.version, thing.agg_seq) == ("changed", 2, 2)
    database.dispose()


def test_where_a_record_stands_is_asked_of_the_index_as_soon_as_there_are_some(
    new_database: Callable[[str], str],
) -> None:
    database = orm.connect(new_database("maker"))
    maker(database)
    rows = [{"producer": "leads", "agg": UUID(int=n), "last_seq": 1, "last_event": None, "state": "open"}
            for n in range(2000)]  # fmt: skip
    moved = flushing._together(MAKER_TABLES.outbox.metadata, ("moved",), ())
    asked: dict[str, dict[str, object]] = {
        LOCK: {"keys": f'[["leads", "{UUID(int=7)}"]]', "many": 1},
        GLIDE: {"stretches": f'[["leads", "{UUID(int=7)}", 2, 2, "{UUID(int=8)}"]]', "many": 1},
        moved: {"moved": f'[{{"of_producer": "leads", "of_agg": "{UUID(int=7)}"}}]', "moved_many": 1},
    }
    with database.engine.begin() as connection:
        connection.execute(sa.insert(MAKER_TABLES.stream_pos), rows)
        connection.exec_driver_sql("ANALYZE stream_pos")
        for statement, given in asked.items():
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars())
            assert "Index Scan using stream_pos_pkey" in plan, plan
            assert "Seq Scan on stream_pos" not in plan, plan
    database.dispose()


def test_the_newest_link_of_the_audit_is_read_from_the_end_of_its_index(new_database: Callable[[str], str]) -> None:
    database = orm.connect(new_database("maker"))
    store = maker(database)
    audit = MAKER_TABLES.audit
    row = {"at": datetime(2026, 11, 2, tzinfo=UTC), "actor": "csr", "action": "POST", "kind": "thing"}
    rows = [{**row, "subject": "", "changes": {}, "request": "", "client": "", "position": n} for n in range(1, 2001)]
    with database.engine.begin() as connection:
        connection.execute(sa.insert(audit), rows)
        connection.exec_driver_sql("ANALYZE audit")
        asked = store.statements.last_linked.compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {asked}").scalars())
    assert "Index Scan Backward" in plan, plan
    assert "Sort" not in plan, plan
    database.dispose()


def test_who_connects_to_an_engines_own_address_looks_without_a_transaction_as_well(
    new_database: Callable[[str], str],
) -> None:
    """As a rebuild does beside the service: its looks would see what was there when the first of them began."""
    one = orm.connect(new_database("maker"))
    other = orm.connect(one.engine.url.render_as_string(hide_password=False))
    for database in (one, other):
        with database.reader.connect() as look:
            look.execute(sa.select(sa.func.pg_backend_pid()))
            driver: Any = look.connection.driver_connection
            assert driver.info.transaction_status.name == "IDLE"
        database.dispose()


def test_old_answers_are_forgotten_by_their_time_and_not_key_by_key(new_database: Callable[[str], str]) -> None:
    """A thousand keys at once were compared with every answer that is kept."""
    database = orm.connect(new_database("maker"))
    store, table = maker(database), MAKER_TABLES.idempotency
    row = {"caller": "ann", "path": "/things", "fingerprint": "", "status": 201, "headers": {}, "body": b""}
    now = datetime.now(UTC)
    rows = [{**row, "key": str(n), "created_at": now - timedelta(minutes=5 * n)} for n in range(2040)]
    with database.engine.begin() as connection:
        connection.execute(sa.insert(table), rows)
        connection.exec_driver_sql("ANALYZE idempotency")
    with hearing(database) as asked:
        assert 20 < loops.forget_answers(store) < 30

    [(forgetting, given)] = [one for one in asked if one[0].startswith("DELETE")]
    with database.engine.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {forgetting}", given).scalars())
    assert "Index Scan using ix_idempotency_created_at" in plan, plan
    database.dispose()


def test_a_timer_and_an_act_on_its_record_wait_for_each_other_in_one_order(new_database: Callable[[str], str]) -> None:
    """Both take the record first; the act takes the timer back at its end."""
    database = orm.connect(new_database("maker"))
    store, fired = maker(database), list[UUID]()
    with store.begin() as tx:
        thing = make(tx, "made")
        tx.remind("nudge", thing, tx.now)

    def nudge(tx: Tx, subject: UUID, _payload: dict[str, Any]) -> None:
        acting.start()
        assert holds.wait(60)
        tx.get(Thing, subject)
        fired.append(subject)

    def act() -> None:
        try:
            with store.begin() as tx:
                tx.get(Thing, thing)
                holds.set()
                until_one_waits(database.engine)  # that is the timer, for the record
                tx.forget("nudge", thing)
        except Unavailable as trouble:
            said.append(trouble)

    holds, said = threading.Event(), list[Unavailable]()
    acting = threading.Thread(target=act)
    assert Timers(store, {"nudge": nudge}).step() == 1
    acting.join()

    assert said == []
    assert fired == [thing], "it was tried, and taken back with the timer"
    with store.reading() as tx:
        assert tx.execute(sa.select(MAKER_TABLES.timers)).all() == []
    database.dispose()


def test_a_timer_that_an_act_holds_for_long_keeps_no_other_back(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is about to be moved, or taken back; the others' time has come."""
    monkeypatch.setattr(orm, "LOCK_WAIT_S", 1)
    database = orm.connect(new_database("maker"))
    store, fired = maker(database), list[int]()
    with store.begin() as tx:
        for subject in range(3):
            tx.remind("nudge", UUID(int=subject), tx.now)
    table = MAKER_TABLES.timers
    timers = Timers(store, {"nudge": lambda _tx, subject, _payload: fired.append(subject.int)})

    with store.begin() as act:
        act.execute(sa.select(table.c.kind).where(table.c.subject == UUID(int=0)).with_for_update())
        assert timers.step() == 2
    assert sorted(fired) == [1, 2]

    assert timers.step() == 1
    assert fired[2] == 0
    database.dispose()


def test_a_worker_that_links_the_audit_while_another_does_goes_on_behind_it(new_database: Callable[[str], str]) -> None:
    """Else both would begin with the same row, or the second with what came since, as if nothing was before it."""
    one, other = (maker(orm.connect(url)) for url in [new_database("maker")] * 2)
    for store in (one, other):
        with store.begin() as tx:
            make(tx, "made")
    linked: list[int] = []
    second = threading.Thread(target=lambda: linked.append(audit.chain(other)))

    def before(statement: str) -> None:
        if "WHERE audit.position IS NULL" in statement and looks.pop():
            second.start()
            until_one_waits(other.database.engine)
            with other.begin() as tx:
                make(tx, "made meanwhile")

    looks = [True, False]  #: first it looks whether there is anything to do
    with hearing(one.database, before):
        linked.append(audit.chain(one))
    second.join()

    with one.reading() as tx:
        checked = audit.check(tx, 0, 10)
    assert (checked.position, checked.broken_at, sum(linked)) == (3, None, 3)
    for store in (one, other):
        store.database.dispose()
