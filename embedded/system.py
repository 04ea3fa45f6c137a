"""The whole system on one page: each service's store, consumer, relay and timers, and the bus between them.

Nothing here runs by itself: threads (run.py) or a test decide when facts move.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask

from embedded.gateway import Gateway
from libs.common import migrate, orm
from libs.common.bus import Delivery, Outgoing
from libs.common.consumer import Consumer
from libs.common.deployment import HERE, Deployment
from libs.common.inprocess import InProcessBus
from libs.common.relay import Relay, begun
from libs.common.service import Service
from libs.common.store import Store, utc_now
from libs.common.timers import Timers
from libs.common.tokens import Signer, Verifier
from libs.common.web import create_app

BATCH = 100  #: a subscriber applies a batch in one transaction, and its requests wait for that


@dataclass(frozen=True)
class Part:
    """One service as it runs here."""

    service: Service
    store: Store
    consumer: Consumer
    relay: Relay
    timers: Timers
    app: Flask


@dataclass
class System:
    """Services side by side in one process; they still share nothing but the bus."""

    parts: dict[str, Part] = field(default_factory=dict)
    signer: Signer = field(default_factory=Signer.new)

    @classmethod
    def on_files(
        cls,
        directory: Path,
        services: Iterable[Service],
        *,
        signer: Signer | None = None,
        clock: Callable[[], datetime] = utc_now,
        deployment: Deployment = HERE,
        durable: bool = True,
    ) -> "System":
        """Opens, or makes, one SQLite file a service in ``directory`` and brings each up to date."""
        directory.mkdir(parents=True, exist_ok=True)
        databases = {
            one.name: (one, orm.connect(f"sqlite:///{directory / one.name}.db", pool_size=8, durable=durable))
            for one in services
        }
        for service, database in databases.values():
            migrate.upgrade(service, database)
        return cls.over(databases, signer=signer, clock=clock, deployment=deployment)

    @classmethod
    def over(
        cls,
        databases: Mapping[str, tuple[Service, orm.Database]],
        *,
        signer: Signer | None = None,
        clock: Callable[[], datetime] = utc_now,
        deployment: Deployment = HERE,
    ) -> "System":
        """The same over databases that are there and up to date."""
        system = cls(signer=signer or Signer.new())
        consumers: dict[str, Consumer] = {}
        verifier = Verifier(system.signer.jwks())
        for name, (service, database) in databases.items():
            store = Store(name, database, service.tables, clock=clock, deployment=deployment)
            consumers[name] = Consumer(store, service.subscriptions)
            app = create_app(service, store, verifier, config={"signer": system.signer})
            relay = Relay(store, InProcessBus(consumers, begun(store, BATCH)), batch=BATCH)
            timers = Timers(store, service.timers)
            system.parts[name] = Part(service, store, consumers[name], relay, timers, app)
        gateway = Gateway(system)
        for part in system.parts.values():
            part.app.config["gateway"] = gateway  # a service that shows others' records asks at their public doors
        return system

    def settle(self) -> int:
        """Carries facts until every outbox is empty. Returns how many went over the bus."""
        total = 0
        while moved := sum(part.relay.step() for part in self.parts.values()):
            total += moved
        return total

    def deliver_again(self) -> None:
        """Every fact ever published comes once more, as after a crash before the acknowledgement."""
        import sqlalchemy as sa

        for part in self.parts.values():
            outbox = part.store.tables.outbox
            with part.store.reading() as tx:
                rows = tx.session.execute(sa.select(outbox).order_by(outbox.c.id))
                again = [Outgoing(row.id, row.event_id, row.type, bytes(row.body)) for row in rows]
            for other in self.parts.values():
                streams = other.service.subscriptions.streams
                mine = [Delivery(one.body, redelivered=True) for one in again if one.type.split(".")[1] in streams]
                other.consumer.deliver(mine)

    def due(self) -> int:
        """Fires what is due in every service. Returns how much there was."""
        return sum(part.timers.step() + part.consumer.retry_due() for part in self.parts.values())

    def close(self) -> None:
        for part in self.parts.values():
            part.store.database.dispose()
