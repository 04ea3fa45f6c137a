"""Builds a read model anew from history while the live one serves, then puts it in its place in one transaction.

The same consumer and handlers run over tables of their own beside the live ones. What is put in place are the rows that
are other ones, and the positions that belong to them: what was told meanwhile is then read again, and applied by the
live consumer.
"""

import fcntl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from libs.common import orm, people
from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.errors import Conflict, Unavailable
from libs.common.locks import REBUILDING
from libs.common.service import ReadModel, Service, Subscriptions
from libs.common.store import Store

BESIDE = "rebuilding"  #: the schema, or the attached file, that it is built in
MARGIN = timedelta(minutes=2)  #: clocks differ, and facts travel

#: all facts from a time on (None: from the first), in batches, to where nothing more comes
History = Callable[[datetime | None], Iterable[Sequence[Delivery]]]


def people_of(tables: orm.Tables) -> ReadModel:
    """Every service's copy of people, teams and branches."""
    subscriptions = Subscriptions()
    people.subscribe(subscriptions)
    return ReadModel(("staff",), (tables.people, tables.teams, tables.branches), subscriptions)


def models_of(service: Service) -> tuple[ReadModel, ...]:
    """What can be built anew: what the service says, or else its copy of people, where it has one."""
    people_ = people_of(service.tables)
    hears_of_people = set(people_.subscriptions.facts) <= set(service.subscriptions.facts)
    return service.read_models or ((people_,) if hears_of_people else ())


def rebuild(live: Store, consumer: Consumer, model: ReadModel, history: History) -> int:
    """Returns how many records' positions went with it. Raises Conflict, and leaves all as it was, when it fails.

    Also where another one of this service is running: both would be built in the same place.
    ``consumer`` is the live one; it and the live tables go on meanwhile.
    """
    streams = set(model.subscriptions.streams)
    with _alone(live), _beside(live) as (beside, both):
        anew = Consumer(beside, model.subscriptions)
        began = _now(live)
        for since in (None, began - MARGIN):  # the second time only what was told during the first
            for batch in history(since):
                _deliver(anew, batch, streams)
        _demand_whole(beside)
        until = _now(live) - MARGIN
        with live.database.writing(), _at_once(both) as connection:
            count = _put_in_place(connection, live, model)
        live.known.clear()
    for batch in history(until):
        _deliver(consumer, batch, streams)
    return count


def _deliver(consumer: Consumer, batch: Sequence[Delivery], streams: set[str]) -> None:
    wanted = [one for one in batch if any(f'"plumbline.{stream}.'.encode() in one.body for stream in streams)]
    if wanted:
        consumer.deliver([replace(one, reread=True) for one in wanted])


def _now(store: Store) -> datetime:
    with store.reading() as tx:
        return tx.now


@contextmanager
def _alone(live: Store) -> Iterator[None]:
    """Until the end of the block, or of the process, no other rebuild of this service begins."""
    with (_file_taken if live.database.sqlite else _lock_taken)(live.database.engine.url) as taken:
        if not taken:
            raise Conflict(f"a rebuild of {live.producer} is running; wait until it is over")
        yield


@contextmanager
def _lock_taken(url: sa.URL) -> Iterator[bool]:
    """On a connection of its own, whose end gives the lock back, but a little later: so it is given back first."""
    database = orm.connect(url.render_as_string(hide_password=False), pool_size=1)
    try:
        with database.reader.connect() as connection:
            taken = connection.execute(sa.select(sa.func.pg_try_advisory_lock(REBUILDING))).scalar_one()
            try:
                yield taken
            finally:
                with suppress(sa.exc.DBAPIError, Unavailable):
                    connection.execute(sa.select(sa.func.pg_advisory_unlock_all()))
    finally:
        database.dispose()


@contextmanager
def _file_taken(url: sa.URL) -> Iterator[bool]:
    """The file stays where it is: of two who each made one anew, each would have its own lock."""
    taken = True
    with Path(f"{url.database}.{BESIDE}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            taken = False
        yield taken


@contextmanager
def _beside(live: Store) -> Iterator[tuple[Store, sa.Engine]]:
    """The same service over empty tables beside its own, and an engine that sees both, until the end of the block."""
    url = live.database.engine.url
    address = url.render_as_string(hide_password=False)
    workshop = orm.connect(address)
    file = Path(f"{url.database}.{BESIDE}")
    if workshop.sqlite:
        attach = f"ATTACH '{str(file).replace(chr(39), chr(39) * 2)}' AS {BESIDE}"
        sa.event.listen(workshop.engine, "connect", lambda raw, _record: raw.execute(attach))
        elsewhere: dict[str, Any] = {"schema_translate_map": {None: BESIDE}}
        engine = workshop.engine.execution_options(**elsewhere)
        database = replace(workshop, engine=engine, reader=workshop.reader.execution_options(**elsewhere))
    else:
        database = orm.connect(address, schema=BESIDE)
    _clear(workshop, file)  # a killed process may have left one half built
    try:
        with database.engine.begin() as connection:
            if not workshop.sqlite:
                connection.execute(sa.schema.CreateSchema(BESIDE))
            live.tables.outbox.metadata.create_all(connection)
        yield replace(live, database=database, known={}, woken=lambda: None), workshop.engine
    finally:
        database.dispose()
        _clear(workshop, file)
        workshop.dispose()


def _clear(workshop: orm.Database, file: Path) -> None:
    if workshop.sqlite:
        workshop.dispose()
        for part in ("", "-wal", "-shm", "-journal"):
            Path(f"{file}{part}").unlink(missing_ok=True)
        return
    with workshop.engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(BESIDE, cascade=True, if_exists=True))


def _demand_whole(beside: Store) -> None:
    """Refuses a model that lacks something: then the one that serves stays. Bytes that are no fact are no loss."""
    parked, held = beside.tables.parked, beside.tables.held
    with beside.reading() as tx:
        for table, lacking, why in (
            (parked, parked.c.blocks, "could not be applied"),
            (held, sa.true(), "wait for earlier ones that are not there"),
        ):
            first = tx.execute(sa.select(table).where(lacking).limit(1)).first()
            if first is not None:
                count = tx.execute(sa.select(sa.func.count()).select_from(table).where(lacking)).scalar_one()
                raise Conflict(f"the read model stays as it is: of its history {count} facts {why} ({first.reason})")


@contextmanager
def _at_once(both: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction; what the database ends it with before its commit is told as one line and not as a bug."""
    with both.begin() as connection, orm.unhurried(connection):
        try:
            yield connection
        except (sa.exc.OperationalError, Unavailable) as trouble:
            why = str(getattr(trouble, "orig", trouble)).partition("\n")[0]
            raise Conflict(f"the read model stays as it is: {why}; run it again") from trouble


def _put_in_place(connection: sa.Connection, live: Store, model: ReadModel) -> int:
    """Rows and positions, as one; nobody sees anything in between."""
    positions, held, parked = live.tables.stream_pos, live.tables.held, live.tables.parked
    built, mine = _twin(positions), positions.c.producer.in_(model.producers)
    if connection.dialect.name == "postgresql":
        # Whoever applies facts now is waited for, and whoever comes waits: also with a record that has no position yet.
        # No weaker lock will do: a worker could hold positions that this waits for, and wait for this to write them.
        connection.execute(sa.text(f"LOCK TABLE {positions.name} IN EXCLUSIVE MODE"))
    for table in model.tables:
        _made_equal(connection, table)
    for table in (held, parked):  # what the rebuilt model has applied waits no longer
        applied = sa.select(built.c.agg).where(
            built.c.producer == table.c.producer, built.c.agg == table.c.agg, built.c.last_seq >= table.c.agg_seq
        )
        connection.execute(sa.delete(table).where(applied.exists()))
    # What only the live model knew of begins anew, as its rows are gone: it is read again.
    connection.execute(sa.delete(parked).where(parked.c.producer.in_(model.producers), parked.c.blocks))
    _made_equal(connection, positions, mine)
    return int(connection.execute(sa.select(sa.func.count()).select_from(built)).scalar_one())


def _made_equal(connection: sa.Connection, table: sa.Table, mine: sa.ColumnElement[bool] | None = None) -> None:
    """The rows of ``table`` (that are ``mine``) become those of its twin. What is right already, mostly nearly all, is
    not written anew: whoever has facts to apply waits meanwhile.
    """
    columns = [column for column in table.columns if column.computed is None]
    keys, twin = list(table.primary_key), _twin(table).alias("built")  # both have one name
    of_twin = sa.and_(*(twin.c[key.name] == key for key in keys))
    alike = (twin.c[one.name].is_not_distinct_from(one) for one in columns if one not in keys)
    other = ~sa.exists().where(of_twin, *alike)
    connection.execute(sa.delete(table).where(other if mine is None else sa.and_(mine, other)))
    lacking = sa.select(*(twin.c[one.name] for one in columns)).where(~sa.exists().where(of_twin))
    connection.execute(sa.insert(table).from_select([one.name for one in columns], lacking))


def _twin(table: sa.Table) -> sa.Table:
    """The table of the same name that is beside."""
    return sa.Table(table.name, sa.MetaData(), *(sa.Column(one.name, one.type) for one in table.columns), schema=BESIDE)


__all__ = ["History", "ReadModel", "models_of", "people_of", "rebuild"]
